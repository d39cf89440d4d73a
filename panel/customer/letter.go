package customer

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/panel/web"
)

type letterLine struct{ Key, Text string }

// letterData is a sheet to be printed and signed.
type letterData struct {
	// Which is filing.PrintLetter or filing.PrintSheet.
	Which    string
	Province string
	Lines    []letterLine
	// Person: the holder is a person, not a unit.
	Person   bool
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

// printed is the page of a letter of commitment (承诺书) or a verification sheet (真实性核验单), filled in from the drafts.
func (p *Pages) printed(which string) web.Handler {
	return p.withForm(web.FormPapers, func(c *gin.Context, cur Current, _ filing.Kind) error {
		d, err := p.Dossier(c.Request.Context(), cur)
		if err != nil {
			return err
		}
		chinese := p.Texts.For("zh")
		data := letterData{
			Which: which, Province: filing.RegionName(d.Province()), Person: d.Holder.Nature == filing.NaturePerson,
			Lines: letterLines(chinese, p.Tables(c.Request.Context()), cur, d),
			Date:  web.Date(p.Store.Now()), Provider: p.Provider.Name,
		}
		return p.Render(c, http.StatusOK, web.Page{Title: "letter.title_" + which}, func(page *web.Page) templ.Component {
			zh := *page
			zh.T = chinese
			return letterPage(page, &zh, data)
		})
	})
}

// letterLines are what the sheet is about. What the kind of filing doesn't ask for stays blank, to be
// filled in by hand.
func letterLines(zh *locale.Localizer, codes filing.Tables, cur Current, d filing.Dossier) []letterLine {
	h, m := d.Holder, d.Holder.Manager
	document := func(kind int, number string) string {
		code, _ := filing.CodeByID(codes.DocumentTypes, kind)
		return strings.TrimSpace(code.Name + " " + number)
	}
	nature, _ := filing.CodeByID(codes.Natures, h.Nature)
	var domains []string
	for _, name := range d.Site.Domains {
		domains = append(domains, filing.DisplayDomain(name))
	}
	city := filing.RegionName(h.City)
	if city == "市辖区" { // a municipality's counties stand right below it
		city = ""
	}
	lines := []letterLine{
		{"order", cur.Order.Number}, {"kind", zh.T("kind."+string(d.Kind.OrNew()), nil)}, {"number", d.KnownNumber()},
		{"holder", h.Name}, {"nature", nature.Name}, {"document", document(h.DocumentType, h.DocumentNumber)},
		{"address", filing.RegionName(h.Province) + city + filing.RegionName(h.County) + h.Address},
		{"manager", m.Name}, {"manager_document", document(m.DocumentType, m.DocumentNumber)}, {"mobile", m.Mobile},
		{"site", d.Site.Name}, {"home_page", d.Site.HomePage}, {"domains", zh.List(domains)}, {"ips", zh.List(d.Site.IPs)},
	}
	if d.KnownNumber() == "" {
		lines = append(lines[:2], lines[3:]...)
	}
	return lines
}
