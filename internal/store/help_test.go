package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

func token(n int) string { return fmt.Sprintf("%032x", n) }

func TestAnnouncementsShowInTheirTime(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now().UTC().Truncate(time.Second)
	s.SetClock(func() time.Time { return now })
	add := func(n int, title string, from, until time.Duration, pinned bool) int64 {
		notice := store.Announcement{Token: token(n), TitleZH: title, BodyZH: "正文", Pinned: pinned,
			PublishedAt: now.Add(from)}
		if until != 0 {
			notice.ExpiresAt = sql.NullTime{Time: now.Add(until), Valid: true}
		}
		id, err := s.AddAnnouncement(ctx, notice, "support:a")
		require.NoError(t, err)
		return id
	}
	old := add(1, "old", -3*time.Hour, 0, false)
	require.Equal(t, old, add(1, "old", 0, 0, false), "the same form again")
	add(2, "pinned", -5*time.Hour, 0, true)
	add(3, "over", -5*time.Hour, -time.Hour, true)
	later := add(4, "later", time.Hour, 2*time.Hour, false)
	add(5, "new", -time.Minute, time.Minute, false)
	titles := func() (list []string) {
		shown, err := s.ShownAnnouncements(ctx, 10)
		require.NoError(t, err)
		for _, n := range shown {
			list = append(list, n.TitleZH)
		}
		return list
	}
	require.Equal(t, []string{"pinned", "new", "old"}, titles())
	_, err := s.ShownAnnouncement(ctx, later)
	require.ErrorIs(t, err, store.ErrNotFound)
	s.SetClock(func() time.Time { return now.Add(90 * time.Minute) })
	require.Equal(t, []string{"pinned", "later", "old"}, titles())

	require.NoError(t, s.WithdrawAnnouncement(ctx, old, 1, true, "support:b"))
	require.ErrorIs(t, s.WithdrawAnnouncement(ctx, old, 1, true, "support:b"), store.ErrConflict)
	require.Equal(t, []string{"pinned", "later"}, titles())
	n, err := s.Announcement(ctx, old)
	require.NoError(t, err)
	n.TitleZH = "older"
	require.NoError(t, s.EditAnnouncement(ctx, n, "support:b"))
	require.ErrorIs(t, s.EditAnnouncement(ctx, n, "support:a"), store.ErrConflict, "the editor saw an older version")
	require.NoError(t, s.WithdrawAnnouncement(ctx, old, 3, false, "support:b"))
	require.Equal(t, []string{"pinned", "later", "older"}, titles())
}

func TestTicketsInParallelKeepToTheLimit(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	id, err := s.EnsureUser(ctx, store.RoleCustomer, "demo", "")
	require.NoError(t, err)
	open := func(n int) error {
		_, err := s.OpenTicket(ctx, store.Ticket{Token: token(n), Kind: store.TicketAsk, Lang: "zh",
			CustomerID: sql.NullInt64{Int64: id, Valid: true}, TicketBody: store.TicketBody{Text: "x"}})
		return err
	}
	failures := make(chan error, 30)
	for n := range cap(failures) {
		go func() { failures <- open(n) }()
	}
	opened := 0
	for range cap(failures) {
		if err := <-failures; err == nil {
			opened++
		} else {
			require.ErrorIs(t, err, store.ErrTooManyTickets)
		}
	}
	require.Equal(t, 10, opened)
}

func TestOneFormMakesOneTicket(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	ids := make(chan int64, 8)
	for range cap(ids) { // a visitor's form, submitted repeatedly
		go func() {
			id, err := s.OpenTicket(ctx, store.Ticket{Token: token(1), Kind: store.TicketComplain, Lang: "en",
				TicketBody: store.TicketBody{Text: "secret text", Email: "a@example.com"}})
			if err != nil {
				id = -1
			}
			ids <- id
		}()
	}
	first := <-ids
	for range cap(ids) - 1 {
		require.Equal(t, first, <-ids)
	}
	ticket, err := s.Ticket(ctx, first)
	require.NoError(t, err)
	require.Equal(t, store.TicketBody{Text: "secret text", Email: "a@example.com"}, ticket.TicketBody)
	require.Equal(t, store.TicketOpen, ticket.Status)
	_, err = s.TicketOf(ctx, 0, first)
	require.ErrorIs(t, err, store.ErrNotFound, "a visitor's ticket belongs to no customer")
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.False(t, strings.Contains(dump, "secret text") || strings.Contains(dump, "a@example.com"))
}

func TestMailsThatWereLeftAreFound(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	left := func() []store.TicketMail {
		list, err := s.UnsentTicketMails(ctx, 10)
		require.NoError(t, err)
		return list
	}
	id, err := s.OpenTicket(ctx, store.Ticket{Token: token(1), Kind: store.TicketAsk, Lang: "zh",
		TicketBody: store.TicketBody{Text: "x", Email: "a@example.com"}})
	require.NoError(t, err)
	answer, err := s.AnswerTicket(ctx, id, token(2), "y", "support:a")
	require.NoError(t, err)
	again, err := s.AnswerTicket(ctx, id, token(2), "y", "support:a")
	require.NoError(t, err)
	require.Equal(t, answer, again)
	require.Empty(t, left(), "their own workflows have time")
	s.SetClock(func() time.Time { return time.Now().Add(20 * time.Minute) })
	require.ElementsMatch(t, []store.TicketMail{{TicketID: id}, {TicketID: id, AnswerID: answer}}, left())
	require.NoError(t, s.TicketMailed(ctx, id))
	require.NoError(t, s.AnswerFailed(ctx, answer, "recipient"))
	require.Empty(t, left(), "what can't be sent isn't tried for ever")

	require.NoError(t, s.CloseTicket(ctx, id, "support:a"))
	_, err = s.AnswerTicket(ctx, id, token(3), "late", "support:b")
	require.ErrorIs(t, err, store.ErrConflict)
	open, err := s.Tickets(ctx, store.TicketOpen, 0, 10)
	require.NoError(t, err)
	require.Empty(t, open)
}
