package customer

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// consents are a filing's consents, the version of the texts, and the topics that lack consent to it.
type consents struct {
	Given   []store.Consent
	Version string
	Lacking []store.ConsentTopic
}

func (p *Pages) consents(c *gin.Context, cur Current) (s consents, err error) {
	if s.Version, err = help.PrivacyVersion(); err != nil {
		return s, err
	}
	s.Given, err = p.Store.Consents(c.Request.Context(), cur.Filing.ID)
	s.Lacking = store.LackingConsents(s.Given, s.Version)
	return s, err
}

// consented asks for consent before a handler takes personal data: at first, after the texts have changed, and after
// consent was withdrawn.
func (p *Pages) consented(h handler) handler {
	return func(c *gin.Context, cur Current) error {
		s, err := p.consents(c, cur)
		if err == nil && len(s.Lacking) > 0 {
			return web.Redirect(c, web.FilingPath(c)+"/consent")
		}
		if err != nil {
			return err
		}
		return h(c, cur)
	}
}

// mayDraft reports whether a form may be saved while it is typed: new texts don't throw away what is being typed, a
// withdrawn consent does.
func (p *Pages) mayDraft(c *gin.Context, cur Current) (bool, error) {
	s, err := p.consents(c, cur)
	return slices.ContainsFunc(s.Given, func(g store.Consent) bool { return !g.WithdrawnAt.Valid }), err
}

// consentForm shows what the customer consented to and asks for what is lacking.
func (p *Pages) consentForm(c *gin.Context, cur Current) error {
	s, err := p.consents(c, cur)
	if err != nil {
		return err
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "consent.title"}, web.With(consentPage, s))
}

// giveConsent records consents, each by its own box, or withdraws them.
func (p *Pages) giveConsent(c *gin.Context, cur Current) error {
	ctx, path := c.Request.Context(), web.FilingPath(c)
	if c.PostForm("action") == "withdraw" {
		if err := p.Store.WithdrawConsent(ctx, cur.Filing.ID); err != nil {
			return err
		}
		return p.RedirectWith(c, path+"/consent", "flash.consent_withdrawn")
	}
	s, err := p.consents(c, cur)
	if err != nil {
		return err
	}
	if c.PostForm("version") != s.Version { // the text that was read isn't the current one
		return web.Redirect(c, path+"/consent")
	}
	given := slices.DeleteFunc(slices.Clone(s.Lacking),
		func(topic store.ConsentTopic) bool { return c.PostForm(string(topic)) != "yes" })
	if err := p.Store.GiveConsent(ctx, cur.Filing.ID, s.Version, p.Lang(c), given...); err != nil {
		return err
	}
	switch {
	case len(given) < len(s.Lacking):
		return p.RedirectWith(c, path+"/consent", "flash.consent_lacking")
	case cur.Filing.Stage == filing.Contact:
		return web.Redirect(c, path+"/contact")
	}
	return web.Redirect(c, path)
}
