package dossierview

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// problemOutdated is the key of the problem that a signed paper states something else than the forms do now.
const problemOutdated = "paper_outdated"

// Outdated tells whether a paper's problem is that it states something else than the forms do now.
func Outdated(p filing.Problem) bool { return p.Key == problemOutdated }

// PrintedLine is what a form to be printed and signed states about one thing. The text is in Chinese, for the bureau.
type PrintedLine struct {
	// Key is the line's name, a key below "letter.line_".
	Key, Text string
	// fact is what it states, however it is written: codes instead of names that the bureau may change; empty: nothing.
	fact string
	// about are the fields that it states ("form.field").
	about []string
}

// PrintedLines are what the letter of commitment (承诺书) and the verification sheet (真实性核验单) of a dossier state.
// What the kind of filing doesn't ask for is empty, to be filled in by hand. The lines of the site's manager have the
// names that they had while every manager was the site's.
func (v *View) PrintedLines(ctx context.Context, cur Current, d filing.Dossier) []PrintedLine {
	zh, codes, h := v.Texts.For("zh"), v.Tables(ctx), d.Holder
	document := func(kind int, number string) (text, stated string) {
		code, _ := filing.CodeByID(codes.DocumentTypes, kind)
		return strings.TrimSpace(code.Name + " " + number), fact(number, strconv.Itoa(kind))
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
	kind := d.Kind.OrNew()
	holderText, holderFact := document(h.DocumentType, h.DocumentNumber)
	manager := func(prefix, form string, m filing.Manager) []PrintedLine {
		text, stated := document(m.DocumentType, m.DocumentNumber)
		field := func(name string) string { return form + ".manager_" + name }
		return []PrintedLine{
			line(prefix+"manager", m.Name, field("name")),
			{prefix + "manager_document", text, stated, []string{field("document_type"), field("document_number")}},
			line(prefix+"mobile", m.Mobile, field("mobile")),
		}
	}
	managers := manager("", web.FormHolder, h.Manager)
	if d.TwoManagers() {
		managers = append(manager("holder_", web.FormHolder, h.Manager), manager("", web.FormSite, d.Site.Manager)...)
	}
	return slices.Concat([]PrintedLine{
		line("order", cur.Order.Number),
		{"kind", zh.T("kind."+string(kind), nil), string(kind), nil},
		line("number", d.KnownNumber(), "ownership.number"),
		line("holder", h.Name, "holder.name"),
		{"nature", nature.Name, natureFact(h.Nature), []string{"holder.nature"}},
		{"document", holderText, holderFact, []string{"holder.document_type", "holder.document_number"}},
		{"address", filing.RegionName(h.Province) + city + filing.RegionName(h.County) + h.Address,
			fact(h.Address, h.Province, h.City, h.County),
			[]string{"holder.province", "holder.city", "holder.county", "holder.address"}},
	}, managers, []PrintedLine{
		line("site", d.Site.Name, "site.name"),
		{"home_page", d.Site.HomePage, fact(strings.TrimSuffix(d.Site.HomePage, "/")), []string{"site.home_page"}},
		{"domains", zh.List(domains), fact(slices.Sorted(slices.Values(d.Site.Domains))...), []string{"site.domains"}},
		{"ips", zh.List(d.Site.IPs), fact(slices.Sorted(slices.Values(d.Site.IPs))...), []string{"site.ips"}},
	})
}

// natureFact is what the line of the holder's nature states.
func natureFact(nature int) string {
	if nature == 0 {
		return ""
	}
	return strconv.Itoa(nature)
}

// line is a line that states a text as it is.
func line(key, text string, about ...string) PrintedLine {
	return PrintedLine{key, text, fact(text), about}
}

// fact joins what a line states, without white space, which makes no difference on paper. Without its first part it
// states nothing.
func fact(parts ...string) string {
	if len(parts) == 0 || parts[0] == "" {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.Join(parts, "\x00"))
}

// States is what a printed form of a dossier states.
func (v *View) States(ctx context.Context, cur Current, d filing.Dossier, form string) (store.Statement, error) {
	facts := map[string]string{}
	for _, l := range v.PrintedLines(ctx, cur, d) {
		if l.fact != "" { // a blank is filled in by hand
			facts[l.Key] = l.fact
		}
	}
	return v.Store.Statement(cur.Filing.ID, form, facts)
}

// StatedFindings are the findings about what a dossier's printed forms state: those that would have the paper signed in
// vain, and what isn't filled in yet.
func (v *View) StatedFindings(c *gin.Context, cur Current, d filing.Dossier) (wrong, lacking []FoundLine, err error) {
	found, err := v.Findings(c, cur, d, false)
	if err != nil {
		return nil, nil, err
	}
	stated := map[string]bool{}
	for _, l := range v.PrintedLines(c.Request.Context(), cur, d) {
		for _, about := range l.about {
			stated[about] = true
		}
	}
	for _, l := range found {
		whole := l.Name == "" && l.Form != web.FormPapers // a form that isn't filled in at all
		switch {
		case !l.Blocking || !whole && !stated[l.Form+"."+l.Name]:
		case l.Lacking:
			lacking = append(lacking, l)
		default:
			wrong = append(wrong, l)
		}
	}
	return wrong, lacking, nil
}

// outdatedPapers are the papers of a list that state something else than the dossier's forms do now.
func (v *View) outdatedPapers(
	c *gin.Context, cur Current, d filing.Dossier, list []store.Paper,
) (problems filing.Problems, err error) {
	ctx, t := c.Request.Context(), v.Texts.For(v.Lang(c))
	printed := slices.DeleteFunc(v.NeededPapers(d), func(n filing.NeededPaper) bool {
		return n.Print == "" || !HasPicture(list)(n)
	})
	if len(printed) == 0 {
		return nil, nil
	}
	onPaper, err := v.Store.PaperStatements(ctx, cur.Filing.ID)
	if err != nil {
		return nil, err
	}
	for _, n := range printed {
		now, err := v.States(ctx, cur, d, n.Print)
		if err != nil {
			return nil, err
		}
		var names []string
		for _, paper := range list {
			if IsPaperOf(paper, n) {
				names = append(names, onPaper[paper.ID].Differs(now)...)
			}
		}
		if len(names) > 0 {
			slices.Sort(names)
			for i, name := range names {
				names[i] = t.T("letter.line_"+name, nil)
			}
			problems = append(problems, filing.Problem{Field: n.Field(), Key: problemOutdated,
				Args: map[string]any{"facts": t.List(slices.Compact(names))}})
		}
	}
	return problems, nil
}
