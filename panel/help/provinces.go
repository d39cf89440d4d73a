package help

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/rules"
	"github.com/beian/beian/panel/web"
)

// provincesData is the page of the rules by province.
type provincesData struct {
	helpHead
	// Province and Subject are what is chosen; empty: nothing yet.
	Province, Subject string
	Provinces         []web.Option
	Subjects          []web.Option
	Groups            []ruleGroup
	Words             []wordRow
	Suffixes          int
	Sources           []rules.Source
}

// ruleGroup are the rules about one thing.
type ruleGroup struct {
	Name string
	Rows []ruleRow
}

// ruleRow is a rule as people read it. Kinds are the kinds of filing that it is about; empty: each.
type ruleRow struct {
	Name, Text, Kinds, Source string
	National                  bool
}

// wordRow are the words that names avoid for one reason, with one source.
type wordRow struct{ Words, Why, Source string }

// helpProvinces is 各省要求: the rules that hold for a province and a subject, as the pre-check applies them.
func (p *Pages) helpProvinces(c *gin.Context) error {
	t := p.T(c)
	data := provincesData{helpHead: p.helpHead(c), Province: c.Query("province"), Subject: c.Query("subject"),
		Suffixes: len(p.Rules.Suffixes), Sources: p.Rules.Sources}
	known := data.Province == ""
	data.Provinces = []web.Option{{}}
	for _, r := range filing.Provinces() {
		label := r.Name
		if names := filing.PlaceNames(r.Code); t.Lang() == "en" && len(names) > 0 {
			label = names[0] + " " + r.Name
		}
		known = known || r.Code == data.Province
		data.Provinces = append(data.Provinces, web.Option{Value: r.Code, Label: label, Selected: r.Code == data.Province})
	}
	if data.Subject == "" {
		data.Subject = string(rules.Person)
	}
	for _, s := range []rules.Subject{rules.Person, rules.Unit} {
		data.Subjects = append(data.Subjects,
			web.Option{Value: string(s), Label: t.T("rules.subject."+string(s), nil), Selected: string(s) == data.Subject})
	}
	if !known || !slices.Contains([]string{string(rules.Person), string(rules.Unit)}, data.Subject) {
		return web.ErrBadRequest
	}
	if data.Province != "" {
		subject := rules.Subject(data.Subject)
		data.Groups = p.ruleGroups(t, data.Province, subject)
		data.Words = p.wordRows(t, rules.Case{Province: data.Province, Subject: subject})
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "rules.title"}, web.With(provincesPage, data))
}

// ruleGroups are the rules for each kind of filing; one that holds for all kinds is one row.
func (p *Pages) ruleGroups(t *locale.Localizer, province string, subject rules.Subject) []ruleGroup {
	rows := map[string][]ruleRow{}
	for _, kind := range []filing.Kind{filing.KindNew, filing.KindNewSite, filing.KindNewAccess, filing.KindChange} {
		for _, r := range p.Rules.All(rules.Case{Province: province, Subject: subject, Kind: kind}) {
			row := ruleRow{Name: string(r.Name), Text: r.Sentence(t.Lang()), Source: p.OriginText(t, r.Origin),
				National: r.National()}
			if r.Kind != "*" {
				row.Kinds = r.Kind.Spec().Name.In(t.Lang())
			}
			if !slices.Contains(rows[r.Group()], row) {
				rows[r.Group()] = append(rows[r.Group()], row)
			}
		}
	}
	var groups []ruleGroup
	for _, name := range rules.Groups {
		if len(rows[name]) > 0 {
			groups = append(groups, ruleGroup{name, rows[name]})
		}
	}
	return groups
}

func (p *Pages) wordRows(t *locale.Localizer, of rules.Case) (rows []wordRow) {
	for _, w := range p.Rules.WordsFor(of) {
		if w.Word[0] == '<' { // a form, whose reason says it all
			w.Word = ""
		}
		row := wordRow{w.Word, rules.WordReasons()[w.Reason].In(t.Lang()), p.OriginText(t, w.Origin)}
		i := slices.IndexFunc(rows, func(r wordRow) bool { return r.Why == row.Why && r.Source == row.Source })
		if i < 0 {
			rows = append(rows, row)
			continue
		}
		rows[i].Words = t.List([]string{rows[i].Words, row.Words})
	}
	return rows
}
