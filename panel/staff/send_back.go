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

// formSendBack is the form with which a reviewer sends a dossier back (初审退回).
const formSendBack = "send_back"

// notePrefix before a reason's key is the name of the reason's note.
const notePrefix = "note_"

// maxNote bounds one reason's note, in characters.
const maxNote = 200

// sendBackData is the form: the listed reasons that fit the dossier, each with a note, and the
// reviewer's own words with the fields that they are about.
type sendBackData struct {
	web.Form
	Groups []reasonGroup
}

// reasonGroup is the reasons about one form.
type reasonGroup struct {
	// Title is a key of the locale files.
	Title   string
	Reasons []reasonChoice
}

// id is the group's place on the page.
func (g reasonGroup) id() string { return "reasons-" + strings.TrimSuffix(g.Title, ".title") }

type reasonChoice struct {
	web.Option
	// Field is the name of the field in question.
	Field, Note string
}

// sendBackForm asks why a dossier is sent back.
func (p *Pages) sendBackForm(c *gin.Context, d filing.Dossier, back filledForm) (*sendBackData, error) {
	groups, err := p.sendable(c, d)
	if err != nil {
		return nil, err
	}
	fields := []web.Field{{Name: "text", Type: "textarea"}}
	for _, group := range groups {
		fields = append(fields, web.Field{Name: group.form, Type: "checkboxes", Options: group.options})
	}
	data := &sendBackData{Form: p.Form(c, formSendBack, fields, back.values, back.problems)}
	for _, r := range fittingReasons(groups) {
		choice := reasonChoice{
			web.Option{Value: r.Key, Label: r.In(p.T(c).Lang()), Selected: slices.Contains(back.values["reasons"], r.Key)},
			fieldName(groups, r), back.values.Get(notePrefix + r.Key),
		}
		title := "send_back.whole"
		if r.Form != "" {
			title = r.Form + ".title"
		}
		if n := len(data.Groups); n == 0 || data.Groups[n-1].Title != title {
			data.Groups = append(data.Groups, reasonGroup{Title: title})
		}
		last := &data.Groups[len(data.Groups)-1]
		last.Reasons = append(last.Reasons, choice)
	}
	return data, nil
}

// fieldName is the name of the field that a reason is about; empty for the whole dossier.
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

// sendable are the fields that a dossier can be sent back for: those of a refusal, and the papers.
func (p *Pages) sendable(c *gin.Context, d filing.Dossier) ([]refusableFields, error) {
	groups, err := p.refusable(c, d)
	if err != nil {
		return nil, err
	}
	papers := refusableFields{form: web.FormPapers}
	for _, n := range p.NeededPapers(d) {
		papers.options = append(papers.options, web.Option{Value: n.Field(), Label: p.PaperLabel(c, n)})
	}
	if len(papers.options) == 0 {
		return groups, nil
	}
	return append(groups, papers), nil
}

// fittingReasons are the listed reasons that are about one of the fields, or the whole dossier.
func fittingReasons(groups []refusableFields) (list []filing.SendBackReason) {
	for _, r := range filing.SendBackReasons() {
		if r.Form == "" || fieldName(groups, r) != "" {
			list = append(list, r)
		}
	}
	return list
}

// readSendBack reads the form and ignores what it doesn't offer.
func (p *Pages) readSendBack(
	c *gin.Context, d filing.Dossier, values url.Values,
) (b store.SendBack, problems filing.Problems, err error) {
	groups, err := p.sendable(c, d)
	if err != nil {
		return b, nil, err
	}
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
	return b, problems, nil
}

// sendBack returns a dossier to the customer. The reason stays in the database: the filing's
// workflow hears only that there is one.
func (p *Pages) sendBack(c *gin.Context, f store.Filing) error {
	v, err := p.postedDecision(c, f, store.VettingSentBack)
	if err != nil {
		return p.verdictGiven(c, f, err, "")
	}
	values := web.PostForm(c)
	b, problems, err := p.readSendBack(c, v.dossier, values)
	if err != nil {
		return err
	}
	current := f.Stage == filing.Vetting && f.Revision == v.decision.Revision
	if len(problems) > 0 && current {
		return p.showSupportDossier(c, http.StatusUnprocessableEntity, f, filledForm{values, problems})
	}
	b.Revision, b.Actor = v.decision.Revision, p.Actor(c)
	v.decision.Why = &b
	entry := p.AuditEntry(c, "filing.send_back", "filing", f.Ref(), reasonForLog(b))
	err = p.Asked(c, entry, func() error { return p.decide(c, v) })
	if errors.Is(err, store.ErrHeld) && current { // the page says who has it, and keeps what was typed
		return p.showSupportDossier(c, http.StatusConflict, f, filledForm{values: values})
	}
	return p.nextAfter(c, f, err, "flash.done")
}

// reasonForLog is why a dossier was sent back, for the audit log.
func reasonForLog(b store.SendBack) string {
	var said []string
	for _, key := range b.Reasons {
		said = append(said, strings.TrimSpace(key+" "+b.Notes[key]))
	}
	return strings.TrimSpace(strings.Join(append(said, b.Text), " "))
}
