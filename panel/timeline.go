package panel

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// timelineLine is what happened, when, and by whom.
type timelineLine struct {
	At time.Time
	// Kind is a key below "event.", Actor one below "actor.".
	Kind, Actor string
	// Detail is the substance of it in the reader's language; empty: there is none.
	Detail string
	// By is who did it and Full the event's own detail, for staff.
	By, Full string
}

// earlierFiling is another filing of an order, with what happened to it.
type earlierFiling struct {
	store.Filing
	Timeline []timelineLine
}

// earlierShown bounds the other filings of an order that are shown.
const earlierShown = 20

// earlier are the order's other filings, newest first: those that this one
// follows, and those that ended.
func (s *Server) earlier(c *gin.Context, cur current) ([]earlierFiling, error) {
	ctx := c.Request.Context()
	all, err := s.cfg.Store.FilingsOfOrder(ctx, cur.Order.ID, earlierShown+1)
	if err != nil {
		return nil, err
	}
	var list []earlierFiling
	for _, f := range all {
		if f.ID == cur.Filing.ID {
			continue
		}
		events, err := s.cfg.Store.Events(ctx, f.ID)
		if err != nil {
			return nil, err
		}
		lines, err := s.timeline(c, f.ID, events)
		if err != nil {
			return nil, err
		}
		list = append(list, earlierFiling{f, lines})
	}
	return list, nil
}

// timeline is a filing's events, each with its substance, and the edits of its
// home page among them.
func (s *Server) timeline(c *gin.Context, filingID int64, events []store.Event) ([]timelineLine, error) {
	ctx, t := c.Request.Context(), s.texts.For(s.lang(c))
	edits, err := s.cfg.Store.FooterEdits(ctx, filingID)
	if err != nil {
		return nil, err
	}
	told, err := s.told(ctx, filingID)
	if err != nil {
		return nil, err
	}
	revisions := revisionsOf(events)
	lines := make([]timelineLine, 0, len(events))
	for i, e := range events {
		lines = append(lines, timelineLine{e.At, kindBy(events, i), actorKey(e.Actor), told.detail(t, e, revisions[i]), e.Actor, e.Detail})
	}
	for _, e := range edits {
		if e.PlacedAt.Valid {
			lines = append(lines, timelineLine{e.PlacedAt.Time, "footer_placed", actorKey(e.AgreedBy), e.FileName, e.AgreedBy, ""})
		}
		if e.UndoneAt.Valid {
			lines = append(lines, timelineLine{e.UndoneAt.Time, "footer_undone", actorKey(e.UndoneBy), e.FileName, e.UndoneBy, ""})
		}
	}
	slices.SortStableFunc(lines, func(a, b timelineLine) int { return a.At.Compare(b.At) })
	return lines, nil
}

// revisionsOf tells which revision each event is about: one is handed in to our
// own staff, or goes to the bureau at once.
func revisionsOf(events []store.Event) []int {
	list := make([]int, len(events))
	revision, checked := 0, false
	for i, e := range events {
		switch {
		case e.Kind == filing.EventHandedIn:
			revision, checked = revision+1, true
		case e.Kind == filing.EventSubmitting && checked:
			checked = false
		case e.Kind == filing.EventSubmitting:
			revision++
		case e.Kind == filing.EventSentBack:
			checked = false
		}
		list[i] = max(1, revision) // a registered number has the first from the start
	}
	return list
}

// told is what the bureau and our own staff said of a filing's revisions.
type told struct {
	decisions map[int]store.Decision
	sentBack  map[int]store.SendBack
}

func (s *Server) told(ctx context.Context, filingID int64) (said told, err error) {
	if said.decisions, err = s.cfg.Store.Decisions(ctx, filingID); err == nil {
		said.sentBack, err = s.cfg.Store.SendBacks(ctx, filingID)
	}
	return said, err
}

// detail is an event's substance.
func (said told) detail(t *locale.Localizer, e store.Event, revision int) string {
	switch e.Kind {
	case filing.EventRefused:
		if d, decided := said.decisions[revision]; decided && !d.Approved {
			return decisionText(t, d)
		}
	case filing.EventSentBack:
		return sendBackText(t, said.sentBack[revision])
	case filing.EventApproved:
		return said.decisions[revision].Number()
	case filing.EventFiled, filing.EventRegistered, filing.EventRegisteredUnchecked, filing.EventPoliceRecorded:
		return e.Detail
	case filing.EventSiteIncomplete, filing.EventCodeSMS, filing.EventCodeMail:
		return textIf(t, "attention.", e.Detail)
	case filing.EventStuck:
		step, _, _ := strings.Cut(e.Detail, ":")
		return textIf(t, "stuck.", step)
	case filing.EventContactCorrected, filing.EventContactConfirmed:
		return textIf(t, "correction.channel_", e.Detail)
	case filing.EventNoticeRefused:
		channel, _, _ := strings.Cut(e.Detail, ":")
		return textIf(t, "timeline.", channel)
	case filing.EventBureauCheck:
		if until, err := time.Parse(time.RFC3339, e.Detail); err == nil {
			return t.T("timeline.until", map[string]any{"at": until.In(china).Format("2006-01-02 15:04")})
		}
	}
	return ""
}

// textIf is a text, where there is one.
func textIf(t *locale.Localizer, prefix, key string) string {
	if key == "" || !t.Has(prefix+key) {
		return ""
	}
	return t.T(prefix+key, nil)
}

// kindBy is an event's key: going on its way to the bureau is another thing for
// who hands in than for who checked it, or handed it in again.
func kindBy(events []store.Event, i int) string {
	e := events[i]
	if e.Kind != filing.EventSubmitting {
		return string(e.Kind)
	}
	by := actorKey(e.Actor)
	if by == string(store.RoleSupport) && (i == 0 || events[i-1].Kind == filing.EventRefused) {
		return "submitting_again"
	}
	return string(e.Kind) + "_by_" + by
}

// actorKey says who did something without saying which account it was.
func actorKey(actor string) string {
	switch role, _, _ := strings.Cut(actor, ":"); role {
	case string(store.RoleCustomer), string(store.RoleSupport), "bureau":
		return role
	}
	return "system"
}

// actorName is who did something as staff read it: with the account, and never as
// "you"; empty where it isn't known.
func actorName(t *locale.Localizer, actor string) string {
	if actor == "" {
		return ""
	}
	_, login, _ := strings.Cut(actor, ":")
	return t.T("actor.staff."+actorKey(actor), map[string]any{"login": login})
}
