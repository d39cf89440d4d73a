package staff

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

const formUnmask = "unmask"

// maxUnmaskReason bounds why somebody looks, in characters.
const maxUnmaskReason = 200

// staffFiling is a filing as staff see it, all on one page.
type staffFiling struct {
	Filing   store.Filing
	Order    store.Order
	Timeline []staffLine
	// Parts are the forms, masked but for one that was asked for; nil of who may see none.
	Parts []maskedPart
	// Unmask asks why a part is looked at.
	Unmask     web.Form
	Messages   []sentLine
	Records    []store.SubmittedRecord
	SiteChecks []store.SiteCheck
	// Execution is what Temporal knows; Unknown is why it isn't there: a key below
	// "filing_staff.".
	Execution workflows.Execution
	Unknown   string
	// Temporal is the workflow's page in Temporal's own UI; empty: the settings name none.
	Temporal string
	staffActs
	// Now is when the page was drawn.
	Now time.Time
}

func (d staffFiling) HasProblems() bool { return d.Unmask.HasProblems() || d.Reason.HasProblems() }

// AtOnce tells whether there is something that is done at once, for which a reason can be given.
func (d staffFiling) AtOnce() bool {
	return len(d.Codes) > 0 || d.Reason.HasProblems() || slices.ContainsFunc(d.Execution.Pending, func(p workflows.PendingActivity) bool { return p.BackedOff(d.Now) })
}

// staffLine is a line of the timeline with who did it.
type staffLine struct {
	At                time.Time
	Who, What, Detail string
}

// maskedPart is a form's part of what the customer gave.
type maskedPart struct {
	// Name is the form's, Title a key.
	Name, Title string
	Lines       []dossierview.DossierLine
	// Clear tells that it isn't masked.
	Clear bool
}

type sentLine struct {
	At                     time.Time
	Channel, What, Receipt string
}

// supportFiling is one filing with all that is known of it.
func (p *Pages) supportFiling(c *gin.Context) error {
	f, err := p.Store.FilingBySerial(c.Request.Context(), c.Param("number"), web.QueryNumber(c, "serial"))
	if err != nil {
		return err
	}
	return p.showSupportFiling(c, http.StatusOK, f, pageAsk{})
}

// pageAsk is what a form of a filing's page asked for.
type pageAsk struct {
	// part is the part that shows in the clear, for a reason; empty: none.
	part, reason string
	// act is what was typed to do something at once; nil: problems are those of showing a part.
	act      url.Values
	problems filing.Problems
}

// unmask shows one part of a filing's forms in the clear, to who says why.
func (p *Pages) unmask(c *gin.Context) error {
	serial, _ := strconv.Atoi(c.PostForm("serial")) // nonsense is the first
	f, err := p.Store.FilingBySerial(c.Request.Context(), c.Param("number"), serial)
	if err != nil {
		return err
	}
	part, reason := c.PostForm("part"), strings.TrimSpace(c.PostForm("reason"))
	var problems filing.Problems
	switch {
	case reason == "":
		problems = filing.Problems{{Field: "reason", Key: "unmask_reason"}}
	case utf8.RuneCountInString(reason) > maxUnmaskReason:
		problems = filing.Problems{{Field: "reason", Key: "too_long", Args: map[string]any{"max": maxUnmaskReason}}}
	}
	if len(problems) > 0 {
		return p.showSupportFiling(c, http.StatusUnprocessableEntity, f, pageAsk{reason: reason, problems: problems})
	}
	return p.showSupportFiling(c, http.StatusOK, f, pageAsk{part: part, reason: reason})
}

// showSupportFiling draws a filing's page, one part in the clear where it is named.
func (p *Pages) showSupportFiling(c *gin.Context, status int, f store.Filing, a pageAsk) error {
	ctx, t, open, reason := c.Request.Context(), p.Texts.For(p.Lang(c)), a.part, a.reason
	data := staffFiling{Filing: f, Now: p.Store.Now()}
	var err error
	if p.Allowed(c, web.CanSeePersonal) {
		if data.Parts, err = p.maskedParts(c, f, open); err != nil {
			return err
		}
		if open != "" { // noted before it is shown; what isn't there isn't
			if !slices.ContainsFunc(data.Parts, func(theMaskedPart maskedPart) bool { return theMaskedPart.Clear }) {
				return store.ErrNotFound
			}
			if _, err := p.Store.Audit(ctx, p.AuditEntry(c, "filing.unmask", "filing", f.Ref()+" "+open, reason)); err != nil {
				return err
			}
		}
		var problems filing.Problems
		if a.act == nil {
			problems = a.problems
		}
		data.Unmask = web.Build(t, formUnmask, []web.Field{{Name: "reason", Type: "text", Required: true, Maxlength: maxUnmaskReason}}, url.Values{"reason": {reason}}, problems)
	}
	if err := p.fillActs(c, &data, a); err != nil {
		return err
	}
	if err := p.fillStaffFiling(c, t, &data); err != nil {
		return err
	}
	return p.RenderTemplate(c, status, "support_filing", web.Page{Title: "filing_staff.title", Data: data})
}

// fillStaffFiling reads all but the forms.
func (p *Pages) fillStaffFiling(c *gin.Context, t *locale.Localizer, data *staffFiling) (err error) {
	ctx, f := c.Request.Context(), data.Filing
	if data.Order, err = p.Store.Order(ctx, f.OrderID); err != nil {
		return err
	}
	events, err := p.Store.Events(ctx, f.ID)
	if err != nil {
		return err
	}
	lines, err := p.Timeline(c, f.ID, events)
	if err != nil {
		return err
	}
	for _, l := range lines {
		data.Timeline = append(data.Timeline, p.staffLine(c, t, l))
	}
	sent, err := p.Store.SentMessages(ctx, f.ID)
	if err != nil {
		return err
	}
	for _, m := range sent {
		data.Messages = append(data.Messages, sentLine{m.SentAt, t.T("timeline."+string(m.Channel), nil), textOr(t, "sent_message.", m.Template), m.ProviderID})
	}
	if data.Records, err = p.Store.SubmittedRecords(ctx, f.ID); err != nil {
		return err
	}
	if data.SiteChecks, err = p.Store.SiteChecks(ctx, f.ID); err != nil {
		return err
	}
	p.askTemporal(c, data)
	return nil
}

// temporalPatience is how long the page waits for Temporal: the rest of it must show
// also when Temporal is what is down.
const temporalPatience = 3 * time.Second

func (p *Pages) askTemporal(c *gin.Context, data *staffFiling) {
	ref := data.Filing.Ref()
	if p.TemporalUI != "" {
		data.Temporal = p.TemporalUI + "/workflows/" + url.PathEscape(workflows.FilingWorkflowID(ref))
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), temporalPatience)
	defer cancel()
	beside, err := p.relatedWorkflows(c, data.Filing)
	if err == nil {
		data.Execution, err = p.Filings.Execution(ctx, ref, beside...)
	}
	switch {
	case errors.Is(err, workflows.ErrNoExecution):
		data.Unknown = "no_execution"
	case err != nil:
		p.Logger.Warn("Temporal couldn't be asked", "filing", ref, "error", err)
		data.Unknown = "not_asked"
	}
}

// staffLine is a line of the timeline as staff read it. Who may see no personal data reads
// neither customers' logins nor what people wrote.
func (p *Pages) staffLine(c *gin.Context, t *locale.Localizer, l dossierview.TimelineLine) staffLine {
	line := staffLine{At: l.At, Who: dossierview.ActorName(t, l.By), What: textOr(t, "event.", l.Kind), Detail: l.Detail}
	if step, more, ok := strings.Cut(l.Full, ": "); ok && (l.Kind == string(filing.EventStuck) || l.Kind == string(filing.EventResumed)) {
		text := dossierview.TextIf(t, "reason.", more)
		if text == "" {
			text = textOr(t, "support.", more)
		}
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

// notMasked are typed fields that are about the order and the provider, not about people.
var notMasked = map[string]bool{"site.domains": true, "site.ips": true, "site.home_page": true, "site.provider": true}

// maskedParts are the contact and the forms of the newest revision: what was chosen from
// lists shows, what was typed is masked, but in the part that is open. Passwords never show.
func (p *Pages) maskedParts(c *gin.Context, f store.Filing, open string) (parts []maskedPart, err error) {
	ctx, t := c.Request.Context(), p.Texts.For(p.Lang(c))
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
		add(form.Name, form.Name+".title", p.Fields(t, codes, d.Kind, form.Name, form.Values), form.Values)
	}
	return parts, nil
}

// maskedLines keeps the first character of each line, so that who has the person on the phone
// can tell whether it is they.
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
