package account

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// launchForm is the page that a launch's link opens: it posts itself. It asks nobody about the token, so that neither a
// preview of the link nor a reader of it learns anything.
func (p *Pages) launchForm(c *gin.Context) error {
	p.ProbeCookies(c)
	return p.showLaunch(c, http.StatusOK, launchOpening)
}

// What a launch's page says; a part of keys of the locale files below "launch.".
const (
	launchOpening = "opening"
	// launchBlocked: the browser keeps no cookies here, as in frames of other sites.
	launchBlocked = "blocked"
	launchOver    = "over"
)

type launchData struct {
	// State is one of the above, and Path that of the page.
	State, Path string
	// Provider is the address of the provider's panel; empty: nobody said.
	Provider string
	// SignedIn: somebody is, in this browser.
	SignedIn bool
}

func (p *Pages) showLaunch(c *gin.Context, status int, state string) error {
	c.Header("Referrer-Policy", "no-referrer") // the address has the token
	data := launchData{State: state, Path: c.Request.URL.Path, Provider: p.Provider.PanelURL}
	if state == launchOver {
		var err error
		if data.SignedIn, err = p.alive(c); err != nil {
			return err
		}
	}
	return p.Render(c, status, web.Page{Title: "launch." + state + "_title"}, web.With(launchPage, data))
}

// launch uses a launch up: a new session begins, and the browser's former one ends.
func (p *Pages) launch(c *gin.Context) error {
	ctx := c.Request.Context()
	if !p.CookiesStick(c) { // the launch stays good, for a tab of its own
		return p.showLaunch(c, http.StatusOK, launchBlocked)
	}
	if err := p.Store.Spend(ctx, store.QuotaLaunchUse,
		map[store.QuotaScope]string{store.ByNetwork: web.Network(c)}); err != nil {
		return err
	}
	l, device, err := p.Store.UseLaunch(ctx, c.Param("token"), deviceOf(c.Request.UserAgent()), web.SessionLifetime)
	if errors.Is(err, store.ErrLaunchOver) {
		return p.showLaunch(c, http.StatusGone, launchOver)
	} else if err != nil {
		return err
	}
	if p.Sessions.Exists(ctx, web.KeyUser) {
		if err := p.Store.EndSession(ctx, p.UserID(c), p.device(c)); err != nil {
			return err
		}
	}
	if err := p.Sessions.Clear(ctx); err != nil {
		return err
	}
	if err := p.Sessions.RenewToken(ctx); err != nil { // against fixation
		return err
	}
	p.putUser(c, l.UserID, store.RoleCustomer, l.Login, device)
	if l.Language != "" {
		p.ChooseLanguage(c, l.Language)
	}
	if err := p.RememberAccount(c, l.UserID); err != nil {
		return err
	}
	c.Header("Referrer-Policy", "no-referrer")
	return web.Redirect(c, web.LaunchTarget(l.Target, l.OrderNumber))
}
