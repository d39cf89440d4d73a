package staff

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// dossiersPerPage applies to each of the list's two groups.
const dossiersPerPage = 50

type manualListData struct {
	Groups []manualGroup
	// Account is the only account shown; 0: all are.
	Account int64
}

const pathManual = "/support/dossiers"

// manualPath is the page of a record.
func manualPath(record int64) string { return fmt.Sprintf("%s/%d", pathManual, record) }

// The states of a dossier that people take to the bureau; the first two are groups of the list.
const (
	dossierToSubmit  = "to_submit"
	dossierSubmitted = "submitted"
	dossierDecided   = "decided"
)

// manualGroup is the dossiers to submit, or those that wait for the bureau's decision.
type manualGroup struct {
	// Key is part of its texts' keys.
	Key  string
	Rows []manualRow
	// Next is the address of the group's next page.
	Next string
}

type manualRow struct {
	store.ManualRecord
	group, Age string
}

// manualList is what staff must submit to bureaus without an interface, and what they submitted and isn't decided yet.
func (p *Pages) manualList(c *gin.Context) error {
	t, now := p.T(c), p.Store.Now()
	account := web.QueryID(c, "account")
	data := manualListData{Account: account}
	for _, key := range []string{dossierToSubmit, dossierSubmitted} {
		if only := c.Query("group"); only != "" && only != key {
			continue // further pages go through one group
		}
		wanted := store.ManualFilter{Submitted: key == dossierSubmitted, AccountID: account, After: web.QueryID(c, "after")}
		list, err := p.Store.ManualRecords(c.Request.Context(), wanted, dossiersPerPage+1)
		if err != nil {
			return err
		}
		group := manualGroup{Key: key}
		list, group.Next = web.Paged(list, dossiersPerPage, func(last store.ManualRecord) string {
			next := url.Values{"group": {key}, "after": {web.IdText(last.ID)}}
			if account != 0 {
				next.Set("account", web.IdText(account))
			}
			return pathManual + "?" + next.Encode()
		})
		for _, r := range list {
			since := r.QueuedAt
			if r.SubmittedAt.Valid {
				since = r.SubmittedAt.Time
			}
			group.Rows = append(group.Rows, manualRow{r, key, age(t, now.Sub(since))})
		}
		data.Groups = append(data.Groups, group)
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "manual_dossiers.title"}, web.With(manualListPage, data))
}

// age is how long something has waited, in words.
func age(t *locale.Localizer, d time.Duration) string {
	hours := int(d.Hours())
	switch {
	case hours < 1:
		return t.T("manual_dossiers.age_new", nil)
	case hours < 48:
		return t.T("manual_dossiers.age_hours", map[string]any{"n": hours})
	}
	return t.T("manual_dossiers.age_days", map[string]any{"n": hours / 24})
}

type manualPageData struct {
	staffPapers
	decisionInputs
	Record store.ManualRecord
	Parts  []dossierview.DossierPart
	// Decision is nil until one is recorded.
	Decision *store.Decision
	// Fields are the labels of the fields that a refusal is about.
	Fields  []string
	Printed time.Time
}

// state tells where the dossier stands.
func (d manualPageData) state() string {
	switch {
	case d.Record.Decided:
		return dossierDecided
	case d.Record.SubmittedAt.Valid:
		return dossierSubmitted
	}
	return dossierToSubmit
}

// operationText is what the bureau calls a dossier's kind.
func operationText(p *web.Page, operation int) string {
	return p.Text("kind." + string(filing.KindOfOperation(operation)))
}

// manualDossier is a record with its dossier.
type manualDossier struct {
	store.ManualRecord
	dossier filing.Dossier
}

// manualDossier finds the dossier that a page is about.
func (p *Pages) manualDossier(ctx context.Context, record int64) (d manualDossier, err error) {
	if d.ManualRecord, err = p.Store.ManualRecord(ctx, record); err == nil {
		d.dossier, err = p.Store.Dossier(ctx, d.FilingID, d.Revision)
	}
	return d, err
}

// decisionInputs are the two forms that record a decision.
type decisionInputs struct{ Approved, Refused web.Form }

// decisionInputs are the forms as they start.
func (p *Pages) decisionInputs(c *gin.Context, d filing.Dossier) (decisionInputs, error) {
	refused, err := p.refusedForm(c, d, url.Values{}, nil)
	return decisionInputs{p.approvedForm(c, d, knownNumbers(d), nil), refused}, err
}

// manualPage is one dossier, ready to be copied or printed, with the forms that record its result.
func (p *Pages) manualPage(c *gin.Context, r store.ManualRecord) error {
	ctx := c.Request.Context()
	if err := p.auditManual(c, r); err != nil {
		return err
	}
	web.Ahead(c,
		func() error { _, err := p.Store.Filing(ctx, r.FilingID); return err },
		func() error { _, err := p.Store.PapersOfRevision(ctx, r.FilingID, r.Revision); return err },
		func() error { _, err := p.Store.PaperStatements(ctx, r.FilingID); return err },
		func() error { _, err := p.Store.LatestDecision(ctx, r.FilingID); return err })
	d, err := p.Store.Dossier(ctx, r.FilingID, r.Revision)
	if err != nil {
		return err
	}
	forms, err := p.decisionInputs(c, d)
	if err != nil {
		return err
	}
	return p.showManual(c, http.StatusOK, manualDossier{r, d}, forms)
}

// auditManual records that a dossier's page, which shows personal data, is viewed.
func (p *Pages) auditManual(c *gin.Context, r store.ManualRecord) error {
	return p.AuditView(c, "dossier.view", "record", web.IdText(r.ID))
}

// refuseManual draws a dossier's page with a form that has problems.
func (p *Pages) refuseManual(c *gin.Context, r manualDossier, forms decisionInputs) error {
	if err := p.auditManual(c, r.ManualRecord); err != nil {
		return err
	}
	return p.showManual(c, http.StatusUnprocessableEntity, r, forms)
}

// showManual draws a dossier's page, whose view was audited.
func (p *Pages) showManual(c *gin.Context, status int, r manualDossier, forms decisionInputs) error {
	ctx := c.Request.Context()
	data := manualPageData{
		decisionInputs: forms, Record: r.ManualRecord, Parts: p.DossierParts(c, r.dossier), Printed: p.Store.Now(),
	}
	var err error
	if data.Filing, err = p.Store.Filing(ctx, r.FilingID); err == nil {
		data.Papers, err = p.papersForStaff(c, r.FilingID, r.Revision, r.dossier)
	}
	if err != nil {
		return err
	}
	if r.Decided {
		decision, err := p.Store.LatestDecision(ctx, r.FilingID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if decision.RecordID == r.ID { // a later revision's decision is on its own page
			data.Decision = &decision
			data.Fields = fieldLabels(p.T(c), decision.Fields)
		}
	}
	return p.Render(c, status, web.Page{Title: "manual_dossiers.one"}, web.With(manualDossierPage, data))
}

// knownNumbers fill in the numbers of a holder or a site that was filed before.
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

// approvedForm asks for what an approval brings; the end of a filing brings nothing.
func (p *Pages) approvedForm(c *gin.Context, d filing.Dossier, values url.Values, problems filing.Problems) web.Form {
	fields := []web.Field{
		{Name: "holder_number", Type: "text", Autocomplete: "off"}, {Name: "site_number", Type: "text", Autocomplete: "off"},
		{Name: "password", Type: "text", Autocomplete: "off"}, // readable: it is copied from the bureau's page
		{Name: "certificate", Type: "file"},
	}
	if d.Kind.Ends() {
		fields = nil
	}
	return p.Form(c, "manual_approved", fields, values, problems)
}

// refusedForm asks why the bureau refused, and for which fields.
func (p *Pages) refusedForm(
	c *gin.Context, d filing.Dossier, values url.Values, problems filing.Problems,
) (web.Form, error) {
	groups, err := p.refusable(c, d)
	if err != nil {
		return web.Form{}, err
	}
	fields := []web.Field{{Name: "opinion", Type: "textarea", Required: true}}
	for _, group := range groups {
		fields = append(fields, web.Field{Name: group.form, Type: "checkboxes", Options: group.options})
	}
	return p.Form(c, "manual_refused", fields, values, problems), nil
}

// manualSubmitted records that somebody submitted a dossier to the bureau.
func (p *Pages) manualSubmitted(c *gin.Context, r manualDossier) error {
	return p.recordManual(c, r, "record.submitted", func(ctx context.Context) error {
		return p.Store.SubmitByHand(ctx, r.ID, p.Actor(c))
	})
}

// manualApproved records an approval with what it brought.
func (p *Pages) manualApproved(c *gin.Context, r manualDossier) error {
	posted, err := web.PostFormWithFile(c, "certificate", filing.MaxCertificate)
	if err != nil {
		return web.ErrBadRequest
	}
	issued := filing.Issued{
		HolderNumber: posted.Values.Get("holder_number"), SiteNumber: posted.Values.Get("site_number"),
		Password: posted.Values.Get("password"), Certificate: posted.File,
	}
	issued.Normalise()
	problems := issued.Validate(r.dossier)
	misnamed := posted.File != nil && !strings.EqualFold(filepath.Ext(posted.Name), ".cert")
	if misnamed && !r.dossier.Kind.Ends() && problems.For("certificate") == nil {
		problems = append(problems, filing.Problem{Field: "certificate", Key: "certificate_name"})
	}
	if len(problems) > 0 {
		forms, err := p.decisionInputs(c, r.dossier)
		if err != nil {
			return err
		}
		forms.Approved = p.approvedForm(c, r.dossier, posted.Values, problems)
		return p.refuseManual(c, r, forms)
	}
	return p.recordManual(c, r, "record.approved", func(ctx context.Context) error {
		return p.Store.DecideByHand(ctx, r.ID, store.ManualDecision{Actor: p.Actor(c), Approved: true, Issued: issued})
	})
}

// manualRefused records a refusal with its reason and the fields that it is about.
func (p *Pages) manualRefused(c *gin.Context, r manualDossier) error {
	values := web.PostForm(c)
	opinion := strings.TrimSpace(values.Get("opinion"))
	if problems := web.CheckText("opinion", opinion, maxOpinion, "required"); problems != nil {
		refused, err := p.refusedForm(c, r.dossier, values, problems)
		if err != nil {
			return err
		}
		forms := decisionInputs{p.approvedForm(c, r.dossier, knownNumbers(r.dossier), nil), refused}
		return p.refuseManual(c, r, forms)
	}
	groups, err := p.refusable(c, r.dossier)
	if err != nil {
		return err
	}
	var fields []string
	for _, group := range groups {
		for _, o := range group.options {
			if slices.Contains(values[group.form], o.Value) {
				fields = append(fields, group.form+"."+o.Value)
			}
		}
	}
	return p.recordManual(c, r, "record.refused", func(ctx context.Context) error {
		return p.Store.DecideByHand(ctx, r.ID, store.ManualDecision{Actor: p.Actor(c), Opinion: opinion, Fields: fields})
	})
}

// recordManual records something about a dossier. The filing learns of it through an exchange,
// which starts at once; if it can't, the next scheduled one will do.
func (p *Pages) recordManual(c *gin.Context, r manualDossier, action string, record func(context.Context) error) error {
	err := p.Audited(c, p.AuditEntry(c, action, "record", web.IdText(r.ID), ""), record)
	if err != nil { // somebody was quicker: the page shows what they did
		return p.Finish(c, err, manualPath(r.ID), "", web.Refusals{store.ErrConflict: "flash.dossier_moved_on"})
	}
	p.Logger.Info("dossier updated by staff", "route", c.FullPath(), "record", r.ID, "order", r.OrderNumber, "actor",
		p.Actor(c))
	if err := p.Filings.ExchangeNow(c.Request.Context(), r.AccountID); err != nil {
		p.Logger.Warn("starting an exchange failed; the next scheduled one delivers the record", "account", r.AccountID,
			"error", err)
	}
	return p.RedirectWith(c, manualPath(r.ID), "flash.done")
}
