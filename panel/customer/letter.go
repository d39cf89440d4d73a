package customer

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// letterData is a sheet to be printed and signed.
type letterData struct {
	// Which is filing.PrintLetter or filing.PrintSheet.
	Which    string
	Province string
	Lines    []dossierview.PrintedLine
	// Code is the fingerprint of the lines.
	Code string
	// Wrong is why there is no sheet: what it would state can't be filed. Lacking isn't filled in yet.
	Wrong, Lacking []dossierview.FoundLine
	// Person: the holder is a person, not a unit.
	Person bool
	// Two: holder and site have different managers, who both sign.
	Two      bool
	Date     string
	Provider string
}

// ofHolder is the key of a text for a person, or for a unit.
func (d letterData) ofHolder(key string) string {
	if d.Person {
		return key + "_person"
	}
	return key + "_unit"
}

// printed is the page of a letter of commitment (承诺书) or a verification sheet (真实性核验单), filled in from the
// drafts. Nobody prints and signs what can't be filed: then the page says what to correct first.
func (p *Pages) printed(which string) web.Handler {
	return p.withForm(web.FormPapers, func(c *gin.Context, cur Current, _ filing.Dossier) error {
		ctx := c.Request.Context()
		d, err := p.Dossier(ctx, cur)
		if err != nil {
			return err
		}
		data := letterData{
			Which: which, Province: filing.RegionName(d.Province()), Person: d.Holder.Nature == filing.NaturePerson,
			Two:   d.TwoManagers(),
			Lines: p.PrintedLines(ctx, cur, d), Date: web.Date(p.Store.Now()), Provider: p.Provider.Name,
		}
		if d.KnownNumber() == "" {
			data.Lines = slices.DeleteFunc(data.Lines, func(l dossierview.PrintedLine) bool { return l.Key == "number" })
		}
		if data.Wrong, data.Lacking, err = p.StatedFindings(c, cur, d); err != nil {
			return err
		}
		if len(data.Wrong) == 0 {
			states, err := p.States(ctx, cur, d, which)
			if err == nil {
				err = p.Store.StatementShown(ctx, states)
			}
			if err != nil {
				return err
			}
			data.Code = states.Code()
		}
		return p.Render(c, http.StatusOK, web.Page{Title: "letter.title_" + which}, func(page *web.Page) templ.Component {
			zh := *page
			zh.T = p.Texts.For("zh")
			return letterPage(page, &zh, data)
		})
	})
}
