package help

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
	"github.com/beian/beian/panel/web"
)

// reasonsData is the page of common reasons for which filings are returned.
type reasonsData struct {
	helpHead
	Groups []reasonsOfForm
}

// reasonsOfForm are the reasons about one form, by its title's key.
type reasonsOfForm struct {
	Title string
	Rows  []reasonRow
}

type reasonRow struct{ Key, Reason, Fix, Source string }

// helpReasons lists why filings are returned, and what to do.
func (p *Pages) helpReasons(c *gin.Context) error {
	t := p.T(c)
	data := reasonsData{helpHead: p.helpHead(c)}
	for _, r := range filing.SendBackReasons() {
		if r.Stage == "" {
			continue
		}
		title := r.Form + ".title"
		if n := len(data.Groups); n == 0 || data.Groups[n-1].Title != title {
			data.Groups = append(data.Groups, reasonsOfForm{Title: title})
		}
		last := &data.Groups[len(data.Groups)-1]
		// Several of our sources name each reason, so their certainty isn't told apart.
		last.Rows = append(last.Rows, reasonRow{r.Key, r.Reason.In(t.Lang()), r.Fix.In(t.Lang()),
			p.CreditText(t, rules.Origin{Source: r.Source, Date: r.Date})})
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "rules.reasons.title"}, web.With(reasonsPage, data))
}
