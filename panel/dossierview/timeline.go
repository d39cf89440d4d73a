package dossierview

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// TimelineLine is what happened, when, and by whom.
type TimelineLine struct {
	At time.Time
	// Kind is a key below "event.", Actor one below "timeline_actor.".
	Kind, Actor string
	// Detail is what exactly happened, in the reader's language; may be empty.
	Detail string
	// By is the account that did it and Full the event's own detail, both for staff.
	By, Full string
}

// EarlierFiling is another filing of a site, with what happened to it.
type EarlierFiling struct {
	store.Filing
	Timeline []TimelineLine
}

// earlierShown limits how many other filings of a site are shown.
const earlierShown = 20

// Earlier are the site's other filings, newest first: those that this one follows, and those that ended.
func (v *View) Earlier(c *gin.Context, cur Current) ([]EarlierFiling, error) {
	ctx := c.Request.Context()
	all, err := v.Store.FilingsOfSite(ctx, cur.Site.ID, earlierShown+1)
	if err != nil {
		return nil, err
	}
	var list []EarlierFiling
	for _, f := range all {
		if f.ID == cur.Filing.ID {
			continue
		}
		events, err := v.Store.Events(ctx, f.ID)
		if err != nil {
			return nil, err
		}
		lines, err := v.Timeline(c, f.ID, events)
		if err != nil {
			return nil, err
		}
		list = append(list, EarlierFiling{f, lines})
	}
	return list, nil
}

// Timeline is a filing's events with their details, and the edits of its home page, by time.
func (v *View) Timeline(c *gin.Context, filingID int64, events []store.Event) ([]TimelineLine, error) {
	ctx, t := c.Request.Context(), v.Texts.For(v.Lang(c))
	edits, err := v.Store.FooterEdits(ctx, filingID)
	if err != nil {
		return nil, err
	}
	told, err := v.Told(ctx, filingID)
	if err != nil {
		return nil, err
	}
	revisions := revisionsOf(events)
	lines := make([]TimelineLine, 0, len(events))
	for i, e := range events {
		lines = append(lines, TimelineLine{
			e.At, kindBy(events, i), ActorKey(e.Actor), told.detail(t, e, revisions[i]), e.Actor, e.Detail,
		})
	}
	edited := func(at sql.NullTime, kind, by, file string) {
		if at.Valid {
			lines = append(lines, TimelineLine{At: at.Time, Kind: kind, Actor: ActorKey(by), Detail: file, By: by})
		}
	}
	for _, e := range edits {
		edited(e.PlacedAt, "footer_placed", e.AgreedBy, e.FileName)
		edited(e.UndoneAt, "footer_undone", e.UndoneBy, e.FileName)
	}
	slices.SortStableFunc(lines, func(a, b TimelineLine) int { return a.At.Compare(b.At) })
	return lines, nil
}

// revisionsOf tells which revision each event is about. A revision starts when it is submitted, to our
// own staff or straight to the bureau.
func revisionsOf(events []store.Event) []int {
	list := make([]int, len(events))
	revision, inVetting := 0, false
	for i, e := range events {
		switch {
		case e.Kind == filing.EventSubmitted:
			revision, inVetting = revision+1, true
		case e.Kind == filing.EventSubmitting && inVetting:
			inVetting = false
		case e.Kind == filing.EventSubmitting:
			revision++
		case e.Kind == filing.EventSentBack:
			inVetting = false
		}
		list[i] = max(1, revision) // a registered number is never submitted
	}
	return list
}

// feedback is what the bureau and our own staff said about a filing's revisions.
type feedback struct {
	Decisions map[int]store.Decision
	SentBack  map[int]store.SendBack
}

// Told reads what the bureau and our own staff said about a filing's revisions.
func (v *View) Told(ctx context.Context, filingID int64) (said feedback, err error) {
	if said.Decisions, err = v.Store.Decisions(ctx, filingID); err == nil {
		said.SentBack, err = v.Store.SendBacks(ctx, filingID)
	}
	return said, err
}

// detail is what exactly happened, in the reader's language.
func (said feedback) detail(t *locale.Localizer, e store.Event, revision int) string {
	switch e.Kind {
	case filing.EventRefused:
		if d, decided := said.Decisions[revision]; decided && !d.Approved {
			return DecisionText(t, d)
		}
	case filing.EventSentBack:
		if d, decided := said.Decisions[revision]; decided && d.Ours() {
			return DecisionText(t, d)
		}
		return SendBackText(t, said.SentBack[revision])
	case filing.EventApproved:
		return said.Decisions[revision].Number()
	case filing.EventFiled, filing.EventRegistered, filing.EventRegisteredUnchecked, filing.EventPoliceRecorded:
		return e.Detail
	case filing.EventSiteIncomplete, filing.EventCodeSMS, filing.EventCodeMail:
		return TextIf(t, "attention.", e.Detail)
	case filing.EventStuck:
		step, _, _ := strings.Cut(e.Detail, ":")
		return TextIf(t, "stuck.", step)
	case filing.EventContactCorrected, filing.EventContactConfirmed:
		return TextIf(t, "contact_correction.channel_", e.Detail)
	case filing.EventNoticeRefused:
		channel, _, _ := strings.Cut(e.Detail, ":")
		return TextIf(t, "timeline.", channel)
	case filing.EventSMSVerificationPart:
		roles, domain := filing.SMSVerifierOf(e.Detail)
		return strings.TrimSpace(TextIf(t, "sms_verification.role_", strings.ReplaceAll(roles, "+", "_")) + " " +
			filing.DisplayDomain(domain))
	case filing.EventSMSVerification, filing.EventAbandonAnnounced:
		if until, err := time.Parse(time.RFC3339, e.Detail); err == nil {
			return t.T("timeline.until", map[string]any{"at": web.Time(until)})
		}
	}
	return ""
}

// TextIf is the text of a key, or empty if there is none.
func TextIf(t *locale.Localizer, prefix, key string) string {
	if key == "" || !t.Has(prefix+key) {
		return ""
	}
	return t.T(prefix+key, nil)
}

// kindBy is an event's key. The submission to the bureau has different ones for the customer who
// submits, for the staff who vetted it, and for staff who submit it again.
func kindBy(events []store.Event, i int) string {
	e := events[i]
	if e.Kind != filing.EventSubmitting {
		return string(e.Kind)
	}
	by := ActorKey(e.Actor)
	if by == string(store.RoleSupport) && (i == 0 || events[i-1].Kind == filing.EventRefused) {
		return "submitting_again"
	}
	return string(e.Kind) + "_by_" + by
}

// ActorKey says who did something, without naming the account.
func ActorKey(actor string) string {
	switch role, _, _ := strings.Cut(actor, ":"); role {
	case string(store.RoleCustomer), string(store.RoleSupport), "bureau":
		return role
	}
	return "system"
}

// ActorName says to staff who did something: it names the account and never says "you". It is empty if nobody knows.
func ActorName(t *locale.Localizer, actor string) string {
	if actor == "" {
		return ""
	}
	_, login, _ := strings.Cut(actor, ":")
	return t.T("timeline_actor.staff."+ActorKey(actor), map[string]any{"login": login})
}
