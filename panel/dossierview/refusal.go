package dossierview

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// pageRefusals is the help centre's page of the common reasons (必读).
const pageRefusals = "refusals"

// Refusal is why a dossier came back, in the reader's language.
type Refusal struct {
	// Note is the whole of it; empty: nothing is known.
	Note string
	// Help is the address of what explains it; empty: nothing does.
	Help string
	// AnySite: it may be about any of the sites that the bureau returned together.
	AnySite bool
	// fields are the fields that it is about ("form.field"), with what is said at each.
	fields map[string]string
}

// RefusalOf is why the bureau, or our own staff, sent back a filing that is being corrected; empty for others.
func (v *View) RefusalOf(c *gin.Context, cur Current) (Refusal, error) {
	if cur.Filing.Stage != filing.Correcting {
		return Refusal{}, nil
	}
	t := v.Texts.For(v.Lang(c))
	if cur.Filing.Attention == filing.AttentionSentBack {
		all, err := v.Store.SendBacks(c.Request.Context(), cur.Filing.ID)
		if err != nil {
			return Refusal{}, err
		}
		if b, people := all[cur.Filing.Revision]; people {
			return v.sentBack(c, t, b), nil
		}
	}
	decision, err := v.Store.LatestDecision(c.Request.Context(), cur.Filing.ID)
	if errors.Is(err, store.ErrNotFound) || cur.Filing.Attention == filing.AttentionSentBack && !decision.Ours() {
		return Refusal{}, nil
	} else if err != nil {
		return Refusal{}, err
	}
	if decision.Returned && decision.Opinion == "" {
		return Refusal{}, nil // nothing is wrong with it
	}
	r := Refusal{Note: DecisionText(t, decision), Help: v.ReasonHelp(c, decision.Code), AnySite: decision.Returned,
		fields: map[string]string{}}
	known, _ := filing.RefusalByCode(decision.Code)
	switch {
	case decision.Ours():
		known.Form, r.Help = "", "" // our check names the field itself
	case filing.VerificationRanOut(decision.Opinion):
		r.Help = "/help/passwords#bureau-check"
	}
	submitted, err := v.Store.Dossier(c.Request.Context(), cur.Filing.ID, cur.Filing.Revision)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Refusal{}, err
	}
	listed := submitted.ManagerFields(known.Form+"."+known.Field, decision.Opinion)
	for _, about := range slices.Concat(decision.Fields, listed) {
		r.fields[about] = r.Note
	}
	return r, nil
}

// sentBack is what our own staff said. A field gets the listed reasons that are about it or, without
// such reasons, everything that was said.
func (v *View) sentBack(c *gin.Context, t *locale.Localizer, b store.SendBack) Refusal {
	r := Refusal{Note: SendBackText(t, b), fields: map[string]string{}}
	if r.Note == "" {
		r.Note = t.T("send_back.no_reason", nil)
	}
	for _, about := range b.Fields {
		r.fields[about] = r.Note
	}
	listed := map[string][]string{}
	for _, key := range b.Reasons {
		reason, _ := filing.SendBackByKey(key)
		listed[reason.About()] = append(listed[reason.About()], notedReason(t, reason, b))
		if r.Help == "" && reason.Code != 0 {
			r.Help = v.ReasonHelp(c, reason.Code)
		}
	}
	for about, texts := range listed {
		if about != "" {
			r.fields[about] = sentences(t, texts)
		}
	}
	if _, exists := v.Book(c).Page(pageRefusals); exists && r.Help == "" {
		r.Help = "/help/" + pageRefusals
	}
	return r
}

// SendBackText is why staff sent a revision back: the reasons they chose, and their own words.
func SendBackText(t *locale.Localizer, b store.SendBack) string {
	var texts []string
	for _, key := range b.Reasons {
		if reason, known := filing.SendBackByKey(key); known {
			texts = append(texts, notedReason(t, reason, b))
		}
	}
	if b.Text != "" {
		texts = append(texts, t.T("send_back.said", map[string]any{"text": b.Text}))
	}
	return sentences(t, texts)
}

// notedReason is a reason of the list with what staff added to it.
func notedReason(t *locale.Localizer, r filing.SendBackReason, b store.SendBack) string {
	texts := []string{r.In(t.Lang())}
	if note := b.Notes[r.Key]; note != "" {
		texts = append(texts, t.T("send_back.said", map[string]any{"text": note}))
	}
	return sentences(t, texts)
}

// sentences joins sentences: Chinese ones have no space between them.
func sentences(t *locale.Localizer, texts []string) string {
	if t.Lang() == "en" {
		return strings.Join(texts, " ")
	}
	return strings.Join(texts, "")
}

// DecisionText is why the bureau refused: what its code means, and its opinion; or what our own check found.
func DecisionText(t *locale.Localizer, d store.Decision) string {
	if d.Ours() {
		return ownRefusalText(t, d)
	}
	known, listed := filing.RefusalByCode(d.Code)
	text := known.In(t.Lang())
	switch {
	case filing.VerificationRanOut(d.Opinion):
		text = t.T("refusal.verification_ran_out", nil)
	case !listed:
		text = t.T("refusal.unknown", map[string]any{"code": d.Code})
	}
	if d.Opinion != "" {
		text += t.T("refusal.opinion", map[string]any{"opinion": d.Opinion})
	}
	return text
}

// ownRefusalText never blames the bureau, which hasn't seen the dossier.
func ownRefusalText(t *locale.Localizer, d store.Decision) string {
	known, _ := filing.RefusalByCode(d.Code)
	switch {
	case len(d.Fields) == 0 && known.Staff:
		return t.T("refusal.own", nil)
	case len(d.Fields) == 0:
		return t.T("refusal.own_known", map[string]any{"reason": known.In(t.Lang())})
	}
	if d.Code == codeWrongPassword {
		return t.T("refusal.own_password", nil)
	}
	text := map[string]any{"field": t.T("field."+d.Fields[0], nil), "character": d.Opinion}
	if d.Opinion != "" {
		return t.T("refusal.own_character", text)
	}
	return t.T("refusal.own_field", text)
}

// MarkRefused puts the reason above a form, and at each of its fields that was refused until that is corrected.
func (v *View) MarkRefused(c *gin.Context, cur Current, d filing.Dossier, f *web.Form, values url.Values) error {
	r, err := v.RefusalOf(c, cur)
	if err != nil || r.Note == "" {
		return err
	}
	f.Note, f.NoteHelp = r.Note, r.Help
	v.Fill(&d, f.Name, values)
	refused, err := v.RefusedFields(c, cur, d, r)
	if err != nil {
		return err
	}
	for i := range f.Fields {
		field := &f.Fields[i]
		if field.Problem == "" && stillRefused(refused, f.Name, field.Name) {
			field.Problem = r.fields[f.Name+"."+field.Name]
		}
	}
	f.List(v.Texts.For(v.Lang(c)))
	return nil
}

// RefusedField is a field, or a paper, that a refusal is about.
type RefusedField struct {
	Form, Name string
	// Label is the paper's name; a field's is a text of the locale files.
	Label string
	Path  string
	// Mended: it is no longer as it was submitted.
	Mended bool
}

// stillRefused tells whether a field was refused and isn't corrected yet.
func stillRefused(refused []RefusedField, form, name string) bool {
	return slices.ContainsFunc(refused, func(r RefusedField) bool {
		return r.Form == form && r.Name == name && !r.Mended
	})
}

// RefusedFields are the fields of a dossier that the refusal is about, in the order of its forms.
func (v *View) RefusedFields(
	c *gin.Context, cur Current, d filing.Dossier, r Refusal,
) (list []RefusedField, err error) {
	if len(r.fields) == 0 {
		return nil, nil
	}
	submitted, err := v.Store.Dossier(c.Request.Context(), cur.Filing.ID, cur.Filing.Revision)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	known := err == nil
	for _, form := range d.Forms() {
		if form == web.FormPapers {
			papers, err := v.refusedPapers(c, cur, d, r)
			if err != nil {
				return nil, err
			}
			list = append(list, papers...)
			continue
		}
		for _, about := range slices.Sorted(maps.Keys(r.fields)) {
			of, name, _ := strings.Cut(about, ".")
			if of != form || !d.Asks(form, name) {
				continue
			}
			mended := known && !slices.Equal(valuesOf(d, form)[name], valuesOf(submitted, form)[name])
			list = append(list, RefusedField{Form: form, Name: name, Path: ChangePath(c, form, name), Mended: mended})
		}
	}
	return list, nil
}

// refusedPapers are the papers that the refusal is about. A paper is corrected once its pictures aren't
// the submitted ones.
func (v *View) refusedPapers(
	c *gin.Context, cur Current, d filing.Dossier, r Refusal,
) (list []RefusedField, err error) {
	ctx := c.Request.Context()
	now, err := v.Store.Papers(ctx, cur.Filing.ID)
	if err != nil {
		return nil, err
	}
	then, err := v.Store.PapersOfRevision(ctx, cur.Filing.ID, cur.Filing.Revision)
	if err != nil {
		return nil, err
	}
	for _, n := range v.NeededPapers(d) {
		if r.fields[web.FormPapers+"."+n.Field()] == "" {
			continue
		}
		list = append(list, RefusedField{
			Form: web.FormPapers, Name: n.Field(), Label: v.PaperLabel(c, n),
			Path:   ChangePath(c, web.FormPapers, n.Field()),
			Mended: !slices.Equal(picturesOf(now, n), picturesOf(then, n)),
		})
	}
	return list, nil
}

// MarkPapers puts the reason at each paper that was refused, until that is corrected.
func (v *View) MarkPapers(c *gin.Context, cur Current, d filing.Dossier, r Refusal, papers []PaperField) error {
	if len(r.fields) == 0 {
		return nil
	}
	refused, err := v.refusedPapers(c, cur, d, r)
	if err != nil {
		return err
	}
	for i := range papers {
		field := &papers[i]
		if field.Problem == "" && stillRefused(refused, web.FormPapers, field.Field()) {
			field.Problem = r.fields[web.FormPapers+"."+field.Field()]
		}
	}
	return nil
}

// picturesOf are the sorted IDs of a paper's pictures.
func picturesOf(list []store.Paper, n filing.NeededPaper) (ids []int64) {
	for _, p := range list {
		if p.Key == n.Key && p.Item == n.Item {
			ids = append(ids, p.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
