package customer

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

type letterLine struct{ Key, Text string }

// letterData is a sheet to be printed and signed. It is for the bureau and so in Chinese,
// whatever the page around it speaks.
type letterData struct {
	// Which is letter or sheet.
	Which   string
	Chinese *locale.Localizer
	Bureau  string
	Lines   []letterLine
	Person  bool
	Order   string
	Date    string
	// Provider is who files.
	Provider string
}

// printed is the page of a letter of commitment (承诺书) or a verification sheet (真实性核验单),
// filled in from the forms as they stand.
func (p *Pages) printed(which string) func(*gin.Context, dossierview.Current) error {
	return func(c *gin.Context, cur dossierview.Current) error {
		if _, ok := p.formOf(c, cur, web.FormPapers); !ok {
			return nil
		}
		d, err := p.Dossier(c.Request.Context(), cur)
		if err != nil {
			return err
		}
		zh := p.Texts.For("zh")
		data := letterData{
			Which: which, Chinese: zh, Bureau: zh.T("letter.bureau", map[string]any{"province": filing.RegionName(d.Province())}),
			Lines: p.letterLines(zh, p.Tables(c.Request.Context()), cur, d), Person: d.Holder.Nature == filing.NaturePerson,
			Order: cur.Order.Number, Date: p.Store.Now().In(web.China).Format("2006-01-02"), Provider: p.Provider.Name,
		}
		title := "letter.title_" + which
		return p.RenderTemplate(c, http.StatusOK, "letter", web.Page{Title: title, Data: data})
	}
}

// letterLines are what the sheet is about; what the kind of filing doesn't ask for is
// left to be written by hand.
func (p *Pages) letterLines(zh *locale.Localizer, codes filing.Tables, cur dossierview.Current, d filing.Dossier) []letterLine {
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
