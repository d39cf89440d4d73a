package help

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/panel/web"
)

// privacyNotice shows what the provider does with personal data (个人信息保护法, article 17).
func (p *Pages) privacyNotice(c *gin.Context) error {
	t, keep := p.T(c), p.Keep
	html, err := help.PrivacyNotice(p.Lang(c), help.PrivacyData{
		Provider: p.Provider.Name, Contact: p.Provider.PrivacyContact, Drafts: period(t, keep.Drafts),
		Papers: period(t, keep.Papers), Filings: period(t, keep.Filings), Tickets: period(t, keep.Tickets),
		Files: period(t, keep.Files), Audit: period(t, keep.Audit),
	})
	if err != nil {
		return err
	}
	version, err := help.PrivacyVersion()
	if err != nil {
		return err
	}
	data := privacyData{p.helpHead(c), version, html}
	return p.Render(c, http.StatusOK, web.Page{Title: "privacy.title"}, web.With(privacyPage, data))
}

type privacyData struct {
	helpHead
	Version, HTML string
}

// period is a time in words: in days, so that nobody has to ask how long a month is.
func period(t *locale.Localizer, d time.Duration) string {
	const day = 24 * time.Hour
	if d == 0 {
		return t.T("privacy.for_good", nil)
	}
	return t.T("privacy.days", map[string]any{"n": int64((d + day - 1) / day)})
}
