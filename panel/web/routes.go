package web

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

//go:embed assets/*
var assetFiles embed.FS

// Engine makes the router with the global middleware and the routes that belong to no part of the panel.
func (k *Kit) Engine() (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	g := gin.New()
	if err := g.SetTrustedProxies(k.TrustedProxies); err != nil {
		return nil, fmt.Errorf("BEIAN_TRUSTED_PROXIES: %w", err)
	}
	g.Use(k.Process.HTTP, k.accessLog, k.recover, secure(policy(k.FrameOrigins), policy(nil)), limitBody)
	assets, err := fs.Sub(assetFiles, "assets")
	if err != nil {
		return nil, err
	}
	g.StaticFS("/assets", http.FS(assets))
	root := k.Root(g)
	root.GET("/captcha", k.captcha)
	root.GET("/captcha/sound", k.captchaSound)
	root.POST("/language", k.setLanguage)
	g.NoRoute(func(c *gin.Context) { k.Fail(c, store.ErrNotFound) })
	return g, nil
}

// Handler serves the router, which must be complete, with sessions.
func (k *Kit) Handler(g *gin.Engine) http.Handler {
	k.forms, k.pages = formRoutes(g.Routes()), pageRoutes(g.Routes())
	// Forms are accepted only from this site's pages (Sec-Fetch-Site, Origin).
	return http.NewCrossOriginProtection().Handler(k.withSession(g))
}
