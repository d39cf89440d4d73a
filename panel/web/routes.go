package web

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// Engine makes the router with the global middleware and the routes that belong to no part of the panel.
func (k *Kit) Engine() (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	g := gin.New()
	if err := g.SetTrustedProxies(k.TrustedProxies); err != nil {
		return nil, fmt.Errorf("BEIAN_TRUSTED_PROXIES: %w", err)
	}
	g.Use(k.Process.HTTP, k.accessLog, k.recover, secure(policy(k.FrameOrigins), policy(nil), k.hsts()), limitBody,
		limitTime, k.needSession)
	g.GET(assetsPath+"*filepath", k.serveAsset)
	root := k.Root(g)
	root.GET("/captcha", k.captcha)
	root.GET("/captcha/sound", k.captchaSound)
	root.POST("/language", k.setLanguage)
	g.NoRoute(func(c *gin.Context) { k.Fail(c, store.ErrNotFound) })
	return g, nil
}

// BareEngine makes a router for what isn't pages: without sessions, so that nobody's cookies count.
func (k *Kit) BareEngine() (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	g := gin.New()
	if err := g.SetTrustedProxies(k.TrustedProxies); err != nil {
		return nil, fmt.Errorf("BEIAN_TRUSTED_PROXIES: %w", err)
	}
	g.Use(k.Process.HTTP, k.accessLog, secure(noPage, noPage, k.hsts()))
	return g, nil
}

// Handler serves the router, which must be complete, with sessions.
func (k *Kit) Handler(g *gin.Engine) http.Handler {
	k.forms, k.pages = formRoutes(g.Routes()), pageRoutes(g.Routes())
	// Forms are accepted only from this site's pages (Sec-Fetch-Site, Origin).
	own := http.NewCrossOriginProtection()
	// A launch's page has no referrer, so that older browsers name no origin either. Its token is the proof.
	own.AddInsecureBypassPattern("POST " + LaunchPath + "{token}")
	return headAsGet(own.Handler(k.withSession(g)))
}

// headAsGet answers HEAD as GET; net/http leaves out the body. A stream would never end.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(r.Context()) // a copy: the server's own must stay HEAD
			if r.Method = http.MethodGet; IsEventStream(r) {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
