package panel

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// timelineLine is what happened, when, and by whom.
type timelineLine struct {
	At time.Time
	// Kind is a key below "event.", Actor one below "actor.".
	Kind, Actor string
}

// timeline is a filing's events with the edits of its home page among them.
func (s *Server) timeline(ctx context.Context, filingID int64, events []store.Event) ([]timelineLine, error) {
	edits, err := s.cfg.Store.FooterEdits(ctx, filingID)
	if err != nil {
		return nil, err
	}
	lines := make([]timelineLine, 0, len(events))
	for _, e := range events {
		lines = append(lines, timelineLine{e.At, kindBy(e), actorKey(e.Actor)})
	}
	for _, e := range edits {
		if e.PlacedAt.Valid {
			lines = append(lines, timelineLine{e.PlacedAt.Time, "footer_placed", "system"})
		}
		if e.UndoneAt.Valid {
			lines = append(lines, timelineLine{e.UndoneAt.Time, "footer_undone", actorKey(e.UndoneBy)})
		}
	}
	slices.SortStableFunc(lines, func(a, b timelineLine) int { return a.At.Compare(b.At) })
	return lines, nil
}

// kindBy is an event's key: going on its way to the bureau is another thing for
// who hands in than for who checked it.
func kindBy(e store.Event) string {
	if e.Kind == "submitting" {
		return e.Kind + "_by_" + actorKey(e.Actor)
	}
	return e.Kind
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

// turnOf is whose turn it is with a filing.
func turnOf(f store.Filing) string {
	switch {
	case f.Stuck():
		return "support"
	case f.Attention == "bureau_check":
		return "customer"
	}
	switch f.Stage {
	case filing.Contact, filing.Verifying, filing.Preparing, filing.Correcting:
		return "customer"
	case filing.Installing:
		if f.Attention != "" {
			return "customer"
		}
		return "system"
	case filing.Checking:
		return "support"
	case filing.Submitting:
		return "system"
	case filing.Reviewing:
		return "bureau"
	}
	return ""
}
