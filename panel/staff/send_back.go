package staff

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// formSendBack is staff's form for what they send back (初审退回).
const formSendBack = "send_back"

// notePrefix and a reason's key name the field of what is added to the reason.
const notePrefix = "note_"

// maxNote bounds what is added to one reason, in characters.
const maxNote = 200

// sendBackData is staff's form for what they send back: reasons of the list that are
// about what the dossier has, each with what can be added, and staff's own words with the
// fields that those are about.
type sendBackData struct {
	web.Form
	Groups []reasonGroup
	// MaxNote is how much can be added to a reason.
	MaxNote int
}

// reasonGroup are the reasons that are about a form.
type reasonGroup struct {
	// Title is a key of the locale files.
	Title   string
	Reasons []reasonChoice
}

type reasonChoice struct {
	web.Option
	// Field is the field's name, Note what was added.
	Field, Note string
}

// sendBackForm asks why a dossier is sent back.
func (p *Pages) sendBackForm(c *gin.Context, d filing.Dossier, values url.Values, problems filing.Problems) sendBackData {
	t := p.Texts.For(p.Lang(c))
	groups := p.sendable(c, d)
	fields := []web.Field{{Name: "text", Type: "textarea"}}
	for _, group := range groups {
		fields = append(fields, web.Field{Name: group.form, Type: "checkboxes", Options: group.options})
	}
	data := sendBackData{Form: web.Build(t, formSendBack, fields, values, problems), MaxNote: maxNote}
	for _, r := range fittingReasons(groups) {
		choice := reasonChoice{web.Option{Value: r.Key, Label: r.In(t.Lang()), Selected: slices.Contains(values["reasons"], r.Key)}, fieldName(groups, r), values.Get(notePrefix + r.Key)}
		title := "sendback.whole"
		if r.Form != "" {
			title = r.Form + ".title"
		}
		if n := len(data.Groups); n == 0 || data.Groups[n-1].Title != title {
			data.Groups = append(data.Groups, reasonGroup{Title: title})
		}
		last := &data.Groups[len(data.Groups)-1]
		last.Reasons = append(last.Reasons, choice)
	}
	return data
}

// fieldName is what the field is called that a reason is about; empty for the whole dossier.
func fieldName(groups []refusableFields, r filing.SendBackReason) string {
	for _, g := range groups {
		for _, o := range g.options {
			if g.form == r.Form && o.Value == r.Field {
				return o.Label
			}
		}
	}
	return ""
}

// sendable are the fields that sending back can be about: as for a refusal, and
// the papers.
func (p *Pages) sendable(c *gin.Context, d filing.Dossier) []refusableFields {
	groups := p.refusable(c, d)
	papers := refusableFields{form: web.FormPapers}
	for _, n := range p.NeededPapers(d) {
		papers.options = append(papers.options, web.Option{Value: n.Field(), Label: p.PaperLabel(c, n)})
	}
	if len(papers.options) == 0 {
		return groups
	}
	return append(groups, papers)
}

// fittingReasons are the reasons of the list that are about one of the fields.
func fittingReasons(groups []refusableFields) (list []filing.SendBackReason) {
	for _, r := range filing.SendBackReasons() {
		if r.Form == "" || fieldName(groups, r) != "" {
			list = append(list, r)
		}
	}
	return list
}

// readSendBack reads the form; only what it offers is taken.
func (p *Pages) readSendBack(c *gin.Context, d filing.Dossier, values url.Values) (b store.SendBack, problems filing.Problems) {
	groups := p.sendable(c, d)
	b.Text = web.Trimmed(values, "text")
	about := func(name string) {
		if name != "" && !slices.Contains(b.Fields, name) {
			b.Fields = append(b.Fields, name)
		}
	}
	said := utf8.RuneCountInString(b.Text)
	for _, r := range fittingReasons(groups) {
		if !slices.Contains(values["reasons"], r.Key) {
			continue
		}
		b.Reasons = append(b.Reasons, r.Key)
		about(r.About())
		if note := web.Trimmed(values, notePrefix+r.Key); note != "" {
			if b.Notes == nil {
				b.Notes = map[string]string{}
			}
			b.Notes[r.Key] = note
			said += utf8.RuneCountInString(note)
		}
	}
	for _, group := range groups {
		for _, o := range group.options {
			if slices.Contains(values[group.form], o.Value) {
				about(group.form + "." + o.Value)
			}
		}
	}
	switch {
	case b.Text == "" && len(b.Reasons) == 0:
		problems = filing.Problems{{Field: "text", Key: "reason_required"}}
	case said > maxOpinion:
		problems = filing.Problems{{Field: "text", Key: "too_long", Args: map[string]any{"max": maxOpinion}}}
	}
	return b, problems
}

// sendBack returns a dossier to the customer, with the reason: written first, then
// told. Only its place in the database goes to the filing.
func (p *Pages) sendBack(c *gin.Context) error {
	ctx := c.Request.Context()
	f, decision, d, ok := p.postedDecision(c, store.VettingSentBack)
	if !ok {
		return nil
	}
	values := web.PostForm(c)
	b, problems := p.readSendBack(c, d, values)
	checked := f.Stage == filing.Vetting && f.Revision == decision.Revision
	if len(problems) > 0 && checked {
		return p.showSupportDossier(c, http.StatusUnprocessableEntity, f, values, problems)
	}
	b.Revision, b.Actor = decision.Revision, p.Actor(c)
	decision.Why = &b
	err := p.Asked(c, p.AuditEntry(c, "filing.send_back", "filing", f.Ref(), saidWhy(b)), func() error { return p.decide(ctx, f, decision, b.Actor) })
	if errors.Is(err, store.ErrHeld) && checked { // the page says who has it, and nothing typed is lost
		return p.showSupportDossier(c, http.StatusConflict, f, values, nil)
	}
	return p.verdictGiven(c, f, err, "flash.done")
}

// saidWhy is what the log keeps of why a dossier was sent back.
func saidWhy(b store.SendBack) string {
	var said []string
	for _, key := range b.Reasons {
		said = append(said, strings.TrimSpace(key+" "+b.Notes[key]))
	}
	return strings.TrimSpace(strings.Join(append(said, b.Text), " "))
}
