package staff

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// dossiersPerPage is for each of the list's two groups.
const dossiersPerPage = 50

type manualListData struct {
	Groups []manualGroup
	// Account, when set, is the only account shown.
	Account int64
}

// manualGroup is the dossiers to submit, or those that wait for a result.
type manualGroup struct {
	Key  string // of its texts, "dossiers.KEY"
	Rows []manualRow
	Next int64
}

type manualRow struct {
	store.ManualRecord
	Age string
}

// manualList is what people must take to bureaus without an interface, and what
// they took there and has no result yet.
func (p *Pages) manualList(c *gin.Context) error {
	t, now := p.Texts.For(p.Lang(c)), p.Store.Now()
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the start
	account, _ := strconv.ParseInt(c.Query("account"), 10, 64)
	data := manualListData{Account: account}
	for _, key := range []string{"to_submit", "submitted"} {
		if only := c.Query("group"); only != "" && only != key {
			continue // further pages go through one group
		}
		list, err := p.Store.ManualRecords(c.Request.Context(), store.ManualFilter{Submitted: key == "submitted", AccountID: account, After: after}, dossiersPerPage+1)
		if err != nil {
			return err
		}
		group := manualGroup{Key: key}
		if len(list) > dossiersPerPage {
			list = list[:dossiersPerPage]
			group.Next = list[len(list)-1].ID
		}
		for _, r := range list {
			since := r.QueuedAt
			if r.SubmittedAt.Valid {
				since = r.SubmittedAt.Time
			}
			group.Rows = append(group.Rows, manualRow{r, age(t, now.Sub(since))})
		}
		data.Groups = append(data.Groups, group)
	}
	return p.RenderTemplate(c, http.StatusOK, "dossiers", web.Page{Title: "dossiers.title", Data: data})
}

// age is for how long something waits, in words.
func age(t *locale.Localizer, d time.Duration) string {
	hours := int(d.Hours())
	switch {
	case hours < 1:
		return t.T("dossiers.age_new", nil)
	case hours < 48:
		return t.T("dossiers.age_hours", map[string]any{"n": hours})
	}
	return t.T("dossiers.age_days", map[string]any{"n": hours / 24})
}

type manualPageData struct {
	staffPapers
	Record   store.ManualRecord
	Parts    []dossierview.DossierPart
	Approved web.Form
	Refused  web.Form
	// Decision is what was recorded, once it was.
	Decision *store.Decision
	// Fields are the labels of what a refusal is about.
	Fields  []string
	Printed time.Time
}

// manualRecord finds the record that a page is about, with its dossier.
func (p *Pages) manualRecord(c *gin.Context) (r store.ManualRecord, d filing.Dossier, ok bool) {
	id, err := strconv.ParseInt(c.Param("record"), 10, 64)
	if err != nil {
		p.Fail(c, store.ErrNotFound)
		return r, d, false
	}
	if r, err = p.Store.ManualRecord(c.Request.Context(), id); err == nil {
		d, err = p.Store.Dossier(c.Request.Context(), r.FilingID, r.Revision)
	}
	if err != nil {
		p.Fail(c, err)
		return r, d, false
	}
	return r, d, true
}

// manualPage is one dossier, ready to be copied or printed, with what can be
// recorded of it.
func (p *Pages) manualPage(c *gin.Context) error {
	r, d, ok := p.manualRecord(c)
	if !ok {
		return nil
	}
	return p.showManual(c, http.StatusOK, r, d, p.approvedForm(c, d, knownNumbers(d), nil), p.refusedForm(c, d, url.Values{}, nil))
}

// showManual draws a dossier's page. It holds personal data: who looked is noted.
func (p *Pages) showManual(c *gin.Context, status int, r store.ManualRecord, d filing.Dossier, approved, refused web.Form) error {
	if err := p.AuditView(c, "dossier.view", "record", web.IdText(r.ID)); err != nil {
		return err
	}
	data := manualPageData{Record: r, Parts: p.DossierParts(c, d), Approved: approved, Refused: refused, Printed: p.Store.Now()}
	var err error
	if data.Filing, err = p.Store.Filing(c.Request.Context(), r.FilingID); err == nil {
		data.Papers, err = p.papersForStaff(c, r.FilingID, r.Revision, d)
	}
	if err != nil {
		return err
	}
	if r.Decided {
		decision, err := p.Store.LatestDecision(c.Request.Context(), r.FilingID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if decision.RecordID == r.ID { // a later revision's is on its own page
			data.Decision = &decision
			data.Fields = fieldLabels(p.Texts.For(p.Lang(c)), decision.Fields)
		}
	}
	return p.RenderTemplate(c, status, "dossier", web.Page{Title: "dossiers.one", Data: data})
}

// knownNumbers fill the approval's form where the holder, or the site, was filed
// before.
func knownNumbers(d filing.Dossier) url.Values {
	v := url.Values{"holder_number": {d.Subject.HolderNumber}, "site_number": {d.Subject.SiteNumber}}
	if n, err := filing.ParseNumber(d.OwnershipProof.Number); err == nil {
		v.Set("holder_number", n.Holder())
		if n.Site > 0 {
			v.Set("site_number", n.String())
		}
	}
	return v
}

// approvedForm asks for what an approval brings; one that ends a filing brings
// nothing.
func (p *Pages) approvedForm(c *gin.Context, d filing.Dossier, values url.Values, problems filing.Problems) web.Form {
	fields := []web.Field{
		{Name: "holder_number", Type: "text", Autocomplete: "off"}, {Name: "site_number", Type: "text", Autocomplete: "off"},
		{Name: "password", Type: "text", Autocomplete: "off"}, // shown as it is typed: it is copied from the bureau's page
		{Name: "certificate", Type: "file", Required: d.Kind.Spec().NeedsCertificate},
	}
	if d.Kind.Ends() {
		fields = nil
	}
	return web.Build(p.Texts.For(p.Lang(c)), "approved", fields, values, problems)
}

// refusedForm asks why the bureau refused, and which fields that is about.
func (p *Pages) refusedForm(c *gin.Context, d filing.Dossier, values url.Values, problems filing.Problems) web.Form {
	t := p.Texts.For(p.Lang(c))
	fields := []web.Field{{Name: "opinion", Type: "textarea", Required: true}}
	for _, group := range p.refusable(c, d) {
		fields = append(fields, web.Field{Name: group.form, Type: "checkboxes", Options: group.options})
	}
	return web.Build(t, "refused", fields, values, problems)
}

type refusableFields struct {
	form    string
	options []web.Option
}

// refusable are the fields that a refusal can be about: those of the forms that
// the dossier has, but what the provider fills in itself.
func (p *Pages) refusable(c *gin.Context, d filing.Dossier) (groups []refusableFields) {
	t := p.Texts.For(p.Lang(c))
	for _, f := range dossierview.FilledForms(d) {
		group := refusableFields{form: f.Name}
		for _, field := range p.Fields(t, filing.BuiltIn(), d.Kind, f.Name, f.Values) {
			if field.Type != "fixed" {
				group.options = append(group.options, web.Option{Value: field.Name, Label: t.T("field."+f.Name+"."+field.Name, nil)})
			}
		}
		groups = append(groups, group)
	}
	return groups
}

// fieldLabels are the labels of fields that are named "form.field".
func fieldLabels(t *locale.Localizer, fields []string) (labels []string) {
	for _, f := range fields {
		labels = append(labels, t.T("field."+f, nil))
	}
	return labels
}
