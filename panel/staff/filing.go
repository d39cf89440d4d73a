package staff

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

const formUnmask = "staff_filing_unmask"

// maxUnmaskReason bounds the reason for unmasking, in characters.
const maxUnmaskReason = 200

// filingData is everything about a filing, on one page.
type filingData struct {
	Filing store.Filing
	Order  store.Order
	// Number is the site's.
	Number string
	// Others are the order's other filings, newest first.
	Others   []store.Filing
	Timeline []timelineLine
	// SMSVerification is the ministry's that the filing waits for; nil: none.
	SMSVerification *dossierview.SMSVerification
	// Parts are the forms, masked except for the one that was asked for; nil for readers who may see none.
	Parts []maskedPart
	// Unmask asks for the reason before a part is unmasked.
	Unmask   web.Form
	Messages []sentMessage
	// Stopped are the contact's addresses to which nothing is sent any more, because they were refused.
	Stopped    []store.RefusedAddress
	Records    []store.SubmittedRecord
	SiteChecks []store.SiteCheck
	Consents   []store.Consent
	// Erased is when the data about people was deleted; zero: it wasn't.
	Erased time.Time
	// Execution is Temporal's view of the workflow. Where there is none, Unknown says why: a key below "staff_filing.".
	Execution workflows.Execution
	Unknown   string
	// Temporal is the workflow's page in Temporal's UI; empty without a configured UI.
	Temporal string
	filingActs
	// Now is when the page was drawn.
	Now time.Time
}

// together are the filings of other sites that travel in the same record.
func (d filingData) together() (list []store.Filing) {
	for _, o := range d.Others {
		f := d.Filing
		if !o.Stage.Final() && (o.ID == f.CarrierID.Int64 || o.CarrierID.Int64 == f.ID ||
			f.CarrierID.Valid && o.CarrierID == f.CarrierID) {
			list = append(list, o)
		}
	}
	return list
}

// immediate tells whether the page has an action without a page of its own, for which it takes a reason.
func (d filingData) immediate() bool {
	return len(d.Codes) > 0 || d.Reason.HasProblems() ||
		slices.ContainsFunc(d.Execution.Pending, func(a workflows.PendingActivity) bool { return a.BackedOff(d.Now) })
}

// timelineLine is an event of the timeline with its actor.
type timelineLine struct {
	At                time.Time
	Who, What, Detail string
}

// maskedPart is one form of what the customer gave.
type maskedPart struct {
	// Name is the form's, Title a key.
	Name, Title string
	Lines       []dossierview.DossierLine
	// Clear: it isn't masked.
	Clear bool
}

type sentMessage struct {
	At                     time.Time
	Channel, What, Receipt string
	store.SentMessage
}

// outcomeOf says what became of a message, and whose fault a refusal is.
func outcomeOf(p *web.Page, m sentMessage) string {
	switch m.Outcome {
	case "":
		return "–"
	case filing.OutcomeRefused:
		return p.Text("staff_filing.outcome_refused", "at", web.Time(m.Delivery.At), "why", web.Reason(m.Delivery), "whose",
			p.Text("staff_filing.whose_"+m.Fault))
	}
	return p.Text("staff_filing.outcome_"+string(m.Outcome), "at", web.Time(m.Delivery.At))
}

// filingPage shows a filing with everything that is known of it.
func (p *Pages) filingPage(c *gin.Context, f store.Filing) error {
	return p.showFiling(c, f, filingRequest{})
}

// filingRequest is what a form on a filing's page asked for.
type filingRequest struct {
	// part is the part to unmask, and reason why; empty: none.
	part, reason string
	// action is what was typed for an immediate action; nil: the problems are those of unmasking.
	action   url.Values
	problems filing.Problems
}

// unmask shows one part of a filing's forms in clear text, for a reason.
func (p *Pages) unmask(c *gin.Context, f store.Filing) error {
	r := filingRequest{reason: strings.TrimSpace(c.PostForm("reason"))}
	r.problems = web.CheckText("reason", r.reason, maxUnmaskReason, "unmask_reason")
	if len(r.problems) == 0 {
		r.part = c.PostForm("part")
	}
	return p.showFiling(c, f, r)
}

func (p *Pages) showFiling(c *gin.Context, f store.Filing, r filingRequest) error {
	data := filingData{Filing: f, Now: p.Store.Now()}
	p.readFilingAhead(c, f)
	if err := p.fillForms(c, &data, r); err != nil {
		return err
	}
	if err := p.fillActs(c, &data, r); err != nil {
		return err
	}
	if err := p.fillHistory(c, &data); err != nil {
		return err
	}
	if err := p.askTemporal(c, &data); err != nil {
		return err
	}
	return p.Render(c, web.StatusOf(r.problems), web.Page{Title: "staff_filing.title"}, web.With(filingPage, data))
}

// readFilingAhead reads what a filing's page shows at once.
func (p *Pages) readFilingAhead(c *gin.Context, f store.Filing) {
	ctx := c.Request.Context()
	web.Ahead(c,
		func() error { _, err := p.Store.Contact(ctx, f.ID); return err },
		func() error { _, err := p.Store.LatestRevision(ctx, f.ID); return err },
		func() error { _, err := p.Store.Corrections(ctx, f.ID, web.CorrectionsShown); return err },
		func() error { _, err := p.Store.Verifications(ctx, f.ID); return err },
		func() error { _, err := p.Store.Order(ctx, f.OrderID); return err },
		func() error { _, err := p.Store.FilingsOfOrder(ctx, f.OrderID, othersShown); return err },
		func() error { _, err := p.Store.Events(ctx, f.ID); return err },
		func() error { _, err := p.Store.FooterEdits(ctx, f.ID); return err },
		func() error { _, err := p.Store.Decisions(ctx, f.ID); return err },
		func() error { _, err := p.Store.SendBacks(ctx, f.ID); return err },
		func() error { _, err := p.Store.SentMessages(ctx, f.ID); return err },
		func() error { _, err := p.Store.RefusedOfFiling(ctx, f.ID); return err },
		func() error { _, err := p.Store.SubmittedRecords(ctx, f.ID); return err },
		func() error { _, err := p.Store.Consents(ctx, f.ID); return err },
		func() error { _, _, err := p.Store.ErasedAt(ctx, f.ID); return err },
		func() error { _, err := p.Store.SiteChecks(ctx, f.ID); return err },
		func() error { _, err := p.Store.SiteByID(ctx, f.SiteID.Int64); return err },
	)
}

// fillForms reads the forms, for those who may see personal data. Unmasking is audited before anything is shown.
func (p *Pages) fillForms(c *gin.Context, data *filingData, r filingRequest) (err error) {
	if !p.Allowed(c, web.CanSeePersonal) {
		return nil
	}
	if data.Parts, err = p.maskedParts(c, data.Filing, r.part); err != nil {
		return err
	}
	if r.part != "" {
		if !slices.ContainsFunc(data.Parts, func(part maskedPart) bool { return part.Clear }) {
			return store.ErrNotFound
		}
		entry := p.AuditEntry(c, "filing.unmask", "filing", data.Filing.Ref()+" "+r.part, r.reason)
		if _, err := p.Store.Audit(c.Request.Context(), entry); err != nil {
			return err
		}
	}
	var problems filing.Problems
	if r.action == nil {
		problems = r.problems
	}
	fields := []web.Field{{Name: "reason", Type: "text", Required: true, Maxlength: maxUnmaskReason}}
	data.Unmask = p.Form(c, formUnmask, fields, url.Values{"reason": {r.reason}}, problems)
	return nil
}

// othersShown limits how many filings of an order the page links to.
const othersShown = 20

// fillHistory reads what happened to the filing.
func (p *Pages) fillHistory(c *gin.Context, data *filingData) (err error) {
	ctx, t, f := c.Request.Context(), p.T(c), data.Filing
	if data.Order, err = p.Store.Order(ctx, f.OrderID); err != nil {
		return err
	}
	if data.Others, err = p.Store.FilingsOfOrder(ctx, f.OrderID, othersShown); err != nil {
		return err
	}
	data.Others = slices.DeleteFunc(data.Others, func(other store.Filing) bool { return other.ID == f.ID })
	data.Number = data.Order.FilingNumber.String
	if f.SiteID.Valid {
		site, err := p.Store.SiteByID(ctx, f.SiteID.Int64)
		if err != nil {
			return err
		}
		data.Number = site.FilingNumber.String
	}
	events, err := p.Store.Events(ctx, f.ID)
	if err != nil {
		return err
	}
	seen := dossierview.SeenByViewer
	if p.Allowed(c, web.CanSeePersonal) {
		seen = dossierview.SeenByStaff
	}
	if data.SMSVerification, err = p.SMSVerification(c, dossierview.Current{Order: data.Order, Filing: f}, events,
		seen); err != nil {
		return err
	}
	lines, err := p.Timeline(c, f.ID, events)
	if err != nil {
		return err
	}
	for _, l := range lines {
		data.Timeline = append(data.Timeline, p.timelineLine(c, t, l))
	}
	sent, err := p.Store.SentMessages(ctx, f.ID)
	if err != nil {
		return err
	}
	for _, m := range sent {
		channel, what := t.T("timeline."+string(m.Channel), nil), textOr(t, "staff_filing_message.", m.Template)
		data.Messages = append(data.Messages, sentMessage{m.SentAt, channel, what, m.ProviderID, m})
	}
	if data.Stopped, err = p.Store.RefusedOfFiling(ctx, f.ID); err != nil {
		return err
	}
	if data.Records, err = p.Store.SubmittedRecords(ctx, f.ID); err != nil {
		return err
	}
	if data.Consents, err = p.Store.Consents(ctx, f.ID); err != nil {
		return err
	}
	if data.Erased, _, err = p.Store.ErasedAt(ctx, f.ID); err != nil {
		return err
	}
	data.SiteChecks, err = p.Store.SiteChecks(ctx, f.ID)
	return err
}

// temporalPatience is how long the page waits for Temporal: everything else must show even while Temporal is down.
const temporalPatience = 3 * time.Second

func (p *Pages) askTemporal(c *gin.Context, data *filingData) error {
	ref := data.Filing.Ref()
	if p.TemporalUI != "" {
		data.Temporal = p.TemporalUI + "/workflows/" + url.PathEscape(workflows.FilingWorkflowID(ref))
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), temporalPatience)
	defer cancel()
	related, err := p.relatedWorkflows(c, data.Filing)
	if err != nil {
		return err
	}
	data.Execution, err = p.Filings.Execution(ctx, ref, related...)
	switch {
	case errors.Is(err, workflows.ErrNoExecution):
		data.Unknown = "no_execution"
	case err != nil:
		p.Logger.Warn("querying Temporal failed", "filing", ref, "error", err)
		data.Unknown = "not_asked"
	}
	return nil
}

// timelineLine is a line of the timeline as staff read it. Readers who may not see personal data get
// neither customers' logins nor what people wrote.
func (p *Pages) timelineLine(c *gin.Context, t *locale.Localizer, l dossierview.TimelineLine) timelineLine {
	line := timelineLine{l.At, dossierview.ActorName(t, l.By), textOr(t, "event.", l.Kind), l.Detail}
	ofStep := l.Kind == string(filing.EventStuck) || l.Kind == string(filing.EventResumed)
	if step, more, ok := strings.Cut(l.Full, ": "); ok && ofStep {
		text := cmp.Or(dossierview.TextIf(t, "stuck_reason.", more), textOr(t, "staff_filing.", more))
		line.Detail = t.T("today.cause", map[string]any{"step": textOr(t, "stuck.", step), "reason": text})
	}
	if !p.Allowed(c, web.CanSeePersonal) {
		if dossierview.ActorKey(l.By) == string(store.RoleCustomer) {
			line.Who = strings.TrimSpace(dossierview.ActorName(t, string(store.RoleCustomer)+":"))
		}
		if l.Kind == string(filing.EventRefused) || l.Kind == string(filing.EventSentBack) {
			line.Detail = ""
		}
	}
	return line
}

// notMasked are typed fields about the order and the provider rather than people.
var notMasked = map[string]bool{"site.domains": true, "site.ips": true, "site.home_page": true, "site.provider": true}

// maskedParts are the contact and the forms of the latest revision. Choices from lists show; what was typed
// is masked, except in the part named open. Passwords never show.
func (p *Pages) maskedParts(c *gin.Context, f store.Filing, open string) (parts []maskedPart, err error) {
	ctx, t := c.Request.Context(), p.T(c)
	codes := dossierview.WithBuiltIn(p.Tables(ctx))
	add := func(name, title string, fields []web.Field, values url.Values) {
		part := maskedPart{Name: name, Title: title, Clear: name == open}
		built := web.Build(t, name, fields, values, nil).Fields
		for i, line := range dossierview.FormLines(t, name, fields, values) {
			if built[i].Type == "password" || line.Text == "" {
				continue
			}
			if !part.Clear && len(built[i].Options) == 0 && !notMasked[name+"."+built[i].Name] {
				line.Text = maskedLines(line.Text)
			}
			part.Lines = append(part.Lines, line)
		}
		parts = append(parts, part)
	}
	contact, err := p.Store.Contact(ctx, f.ID)
	switch {
	case err == nil:
		add(web.PartContact, "contact.title", web.ContactFields(t), web.ContactValues(contact.Details))
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	revision, err := p.Store.LatestRevision(ctx, f.ID)
	if err != nil || revision == 0 {
		return parts, err
	}
	d, err := p.Store.Dossier(ctx, f.ID, revision)
	if err != nil {
		return nil, err
	}
	d.Kind = d.Kind.OrNew()
	for _, form := range dossierview.FilledForms(d) {
		add(form.Name, form.Name+".title", p.Fields(t, codes, d, form.Name, form.Values), form.Values)
	}
	return parts, nil
}

// maskedLines keeps the first character of each line, enough to recognise a caller by.
func maskedLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if first, size := utf8.DecodeRuneInString(line); size > 0 && size < len(line) {
			lines[i] = string(first) + "＊＊＊"
		} else if size > 0 {
			lines[i] = "＊"
		}
	}
	return strings.Join(lines, "\n")
}
