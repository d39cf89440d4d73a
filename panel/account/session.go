package account

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

func (p *Pages) signOut(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := p.Store.EndSession(ctx, p.UserID(c), p.Sessions.GetInt64(ctx, web.KeyDevice)); err != nil {
		return err
	}
	if err := p.Sessions.Destroy(ctx); err != nil {
		return err
	}
	return web.Redirect(c, "/sign-in")
}

func (p *Pages) home(c *gin.Context) error {
	if p.Role(c) == store.RoleSupport {
		return web.Redirect(c, "/support")
	}
	return web.Redirect(c, "/orders")
}
