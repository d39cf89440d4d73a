package panel

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
	"github.com/beian/beian/workflows"
)

const (
	formUnmask = "unmask"
	// maxUnmaskReason bounds why somebody looks, in characters.
	maxUnmaskReason = 200
	partContact     = "contact"
)

// staffFiling is a filing as staff see it, all on one page.
type staffFiling struct {
	Filing   store.Filing
	Order    store.Order
	Timeline []staffLine
	// Parts are the forms, masked but for one that was asked for; nil of who may see none.
	Parts []maskedPart
	// Unmask asks why a part is looked at.
	Unmask   form
	Messages []sentLine
	Records  []store.TravelledRecord
	Checks   []store.SiteCheck
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

func (d staffFiling) wrong() bool { return d.Unmask.wrong() || d.Reason.wrong() }

// AtOnce tells whether there is something that is done at once, for which a reason can be given.
func (d staffFiling) AtOnce() bool {
	return len(d.Codes) > 0 || d.Reason.wrong() || slices.ContainsFunc(d.Execution.Pending, func(p workflows.PendingActivity) bool { return p.BackedOff(d.Now) })
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
	Lines       []dossierLine
	// Clear tells that it isn't masked.
	Clear bool
}

type sentLine struct {
	At                     time.Time
	Channel, What, Receipt string
}

// supportFiling is one filing with all that is known of it.
func (s *Server) supportFiling(c *gin.Context) {
	f, err := s.cfg.Store.FilingBySerial(c.Request.Context(), c.Param("number"), queryNumber(c, "serial"))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.showSupportFiling(c, http.StatusOK, f, pageAsk{})
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
func (s *Server) unmask(c *gin.Context) {
	serial, _ := strconv.Atoi(c.PostForm("serial")) // nonsense is the first
	f, err := s.cfg.Store.FilingBySerial(c.Request.Context(), c.Param("number"), serial)
	if err != nil {
		s.fail(c, err)
		return
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
		s.showSupportFiling(c, http.StatusUnprocessableEntity, f, pageAsk{reason: reason, problems: problems})
		return
	}
	s.showSupportFiling(c, http.StatusOK, f, pageAsk{part: part, reason: reason})
}

// showSupportFiling draws a filing's page, one part in the clear where it is named.
func (s *Server) showSupportFiling(c *gin.Context, status int, f store.Filing, a pageAsk) {
	ctx, t, open, reason := c.Request.Context(), s.texts.For(s.lang(c)), a.part, a.reason
	data := staffFiling{Filing: f, Now: s.cfg.Store.Now()}
	var err error
	if s.may(c, canSeePersonal) {
		if data.Parts, err = s.maskedParts(c, f, open); err != nil {
			s.fail(c, err)
			return
		}
		if open != "" { // noted before it is shown; what isn't there isn't
			if !slices.ContainsFunc(data.Parts, func(p maskedPart) bool { return p.Clear }) {
				s.fail(c, store.ErrNotFound)
				return
			}
			if _, err := s.cfg.Store.Audit(ctx, s.deed(c, "filing.unmask", "filing", f.Ref()+" "+open, reason)); err != nil {
				s.fail(c, err)
				return
			}
		}
		var problems filing.Problems
		if a.act == nil {
			problems = a.problems
		}
		data.Unmask = build(t, formUnmask, []field{{Name: "reason", Type: "text", Required: true, Maxlength: maxUnmaskReason}}, url.Values{"reason": {reason}}, problems)
	}
	if err := s.fillActs(c, &data, a); err != nil {
		s.fail(c, err)
		return
	}
	if err := s.fillStaffFiling(c, t, &data); err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, status, "support_filing", page{Title: "filing_staff.title", Data: data})
}

// fillStaffFiling reads all but the forms.
func (s *Server) fillStaffFiling(c *gin.Context, t *locale.Localizer, data *staffFiling) (err error) {
	ctx, f := c.Request.Context(), data.Filing
	if data.Order, err = s.cfg.Store.Order(ctx, f.OrderID); err != nil {
		return err
	}
	events, err := s.cfg.Store.Events(ctx, f.ID)
	if err != nil {
		return err
	}
	lines, err := s.timeline(c, f.ID, events)
	if err != nil {
		return err
	}
	for _, l := range lines {
		data.Timeline = append(data.Timeline, s.staffLine(c, t, l))
	}
	sent, err := s.cfg.Store.SentMessages(ctx, f.ID)
	if err != nil {
		return err
	}
	for _, m := range sent {
		data.Messages = append(data.Messages, sentLine{m.SentAt, t.T("timeline."+string(m.Channel), nil), textOr(t, "sent_message.", m.Template), m.ProviderID})
	}
	if data.Records, err = s.cfg.Store.Travelled(ctx, f.ID); err != nil {
		return err
	}
	if data.Checks, err = s.cfg.Store.SiteChecks(ctx, f.ID); err != nil {
		return err
	}
	s.askTemporal(c, data)
	return nil
}

// temporalPatience is how long the page waits for Temporal: the rest of it must show
// also when Temporal is what is down.
const temporalPatience = 3 * time.Second

func (s *Server) askTemporal(c *gin.Context, data *staffFiling) {
	ref := data.Filing.Ref()
	if s.cfg.TemporalUI != "" {
		data.Temporal = s.cfg.TemporalUI + "/workflows/" + url.PathEscape(workflows.FilingWorkflowID(ref))
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), temporalPatience)
	defer cancel()
	beside, err := s.beside(c, data.Filing)
	if err == nil {
		data.Execution, err = s.cfg.Filings.Execution(ctx, ref, beside...)
	}
	switch {
	case errors.Is(err, workflows.ErrNoExecution):
		data.Unknown = "no_execution"
	case err != nil:
		s.cfg.Logger.Warn("Temporal couldn't be asked", "filing", ref, "error", err)
		data.Unknown = "not_asked"
	}
}

// staffLine is a line of the timeline as staff read it. Who may see no personal data reads
// neither customers' logins nor what people wrote.
func (s *Server) staffLine(c *gin.Context, t *locale.Localizer, l timelineLine) staffLine {
	line := staffLine{At: l.At, Who: actorName(t, l.By), What: textOr(t, "event.", l.Kind), Detail: l.Detail}
	if step, more, ok := strings.Cut(l.Full, ": "); ok && (l.Kind == string(filing.EventStuck) || l.Kind == string(filing.EventResumed)) {
		text := textIf(t, "reason.", more)
		if text == "" {
			text = textOr(t, "support.", more)
		}
		line.Detail = t.T("today.cause", map[string]any{"step": textOr(t, "stuck.", step), "reason": text})
	}
	if !s.may(c, canSeePersonal) {
		if actorKey(l.By) == string(store.RoleCustomer) {
			line.Who = strings.TrimSpace(actorName(t, string(store.RoleCustomer)+":"))
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
func (s *Server) maskedParts(c *gin.Context, f store.Filing, open string) (parts []maskedPart, err error) {
	ctx, t := c.Request.Context(), s.texts.For(s.lang(c))
	codes := withBuiltIn(s.tables(ctx))
	add := func(name, title string, fields []field, values url.Values) {
		part := maskedPart{Name: name, Title: title, Clear: name == open}
		built := build(t, name, fields, values, nil).Fields
		for i, line := range formLines(t, name, fields, values) {
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
	contact, err := s.cfg.Store.Contact(ctx, f.ID)
	switch {
	case err == nil:
		add(partContact, "contact.title", contactFields(t), contactValues(contact.Details))
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	revision, err := s.cfg.Store.LatestRevision(ctx, f.ID)
	if err != nil || revision == 0 {
		return parts, err
	}
	d, err := s.cfg.Store.Dossier(ctx, f.ID, revision)
	if err != nil {
		return nil, err
	}
	d.Kind = d.Kind.OrNew()
	for _, form := range filledForms(d) {
		add(form.name, form.name+".title", s.fields(t, codes, d.Kind, form.name, form.values), form.values)
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
