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
			require.ErrorIs(t, err, store.ErrQuota)
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
	require.NoError(t, s.TicketMailed(ctx, id, 0))
	require.NoError(t, s.AnswerFailed(ctx, answer, "recipient"))
	require.Empty(t, left(), "what can't be sent isn't tried for ever")

	require.NoError(t, s.CloseTicket(ctx, id, "support:a"))
	_, err = s.AnswerTicket(ctx, id, token(3), "late", "support:b")
	require.ErrorIs(t, err, store.ErrConflict)
	open, err := s.Tickets(ctx, store.TicketOpen, 0, 10)
	require.NoError(t, err)
	require.Empty(t, open)
}

// A conversation waits for whoever must write next. Its marks say what each side hasn't seen, and a reply is told to staff
// once more.
func TestATicketIsAConversation(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	customer, err := s.EnsureUser(ctx, store.RoleCustomer, "demo", "")
	require.NoError(t, err)
	other, err := s.EnsureUser(ctx, store.RoleCustomer, "other", "")
	require.NoError(t, err)
	id, err := s.OpenTicket(ctx, store.Ticket{Token: token(1), Kind: store.TicketAsk, Lang: "zh",
		CustomerID: sql.NullInt64{Int64: customer, Valid: true}, TicketBody: store.TicketBody{Text: "x"},
		Pictures: [][]byte{[]byte("secret picture")}})
	require.NoError(t, err)
	ticket := func() store.Ticket {
		t.Helper()
		ticket, err := s.TicketOf(ctx, customer, id)
		require.NoError(t, err)
		return ticket
	}
	news := func() bool {
		t.Helper()
		news, err := s.TicketNews(ctx, customer)
		require.NoError(t, err)
		require.Equal(t, ticket().NewForCustomer(), news)
		return news
	}
	require.True(t, ticket().NewForStaff())
	require.False(t, news())
	require.NoError(t, s.SeenByStaff(ctx, id, 0))
	require.False(t, ticket().NewForStaff())
	require.NoError(t, s.TicketMailed(ctx, id, 0))

	answer, err := s.AnswerTicket(ctx, id, token(2), "which site?", "support:a")
	require.NoError(t, err)
	require.True(t, news())
	require.Equal(t, store.TicketAnswered, ticket().Status)
	require.NoError(t, s.SeenByCustomer(ctx, id, answer))
	require.False(t, news())

	reply := store.TicketReply{CustomerID: customer, TicketID: id, Token: token(3), Text: "secret reply",
		By: "customer:demo", Pictures: [][]byte{[]byte("one"), []byte("two")}}
	stolen := reply
	stolen.CustomerID = other
	_, err = s.ReplyToTicket(ctx, stolen)
	require.ErrorIs(t, err, store.ErrNotFound)
	first, err := s.ReplyToTicket(ctx, reply)
	require.NoError(t, err)
	again, err := s.ReplyToTicket(ctx, reply)
	require.NoError(t, err)
	require.Equal(t, first, again, "a double click")
	require.Equal(t, store.TicketOpen, ticket().Status, "it waits for staff again")
	require.True(t, ticket().NewForStaff())
	require.False(t, ticket().ToldAt.Valid)
	require.NoError(t, s.TicketMailed(ctx, id, 0))
	require.False(t, ticket().ToldAt.Valid, "that mail was about what came before")
	s.SetClock(func() time.Time { return time.Now().Add(20 * time.Minute) })
	left, err := s.UnsentTicketMails(ctx, 10)
	require.NoError(t, err)
	require.ElementsMatch(t, []store.TicketMail{{TicketID: id}, {TicketID: id, AnswerID: answer}}, left,
		"a reply is mailed to staff, never to the customer")
	require.NoError(t, s.TicketMailed(ctx, id, first))
	require.True(t, ticket().ToldAt.Valid)

	_, err = s.AnswerTicket(ctx, id, token(4), "written before the reply was seen", "support:a")
	require.NoError(t, err)
	require.Equal(t, store.TicketOpen, ticket().Status, "an unseen reply still waits")
	require.NoError(t, s.SeenByStaff(ctx, id, first))
	_, err = s.AnswerTicket(ctx, id, token(5), "an answer to it", "support:a")
	require.NoError(t, err)
	require.Equal(t, store.TicketAnswered, ticket().Status)

	pictures, err := s.TicketPictures(ctx, id)
	require.NoError(t, err)
	require.Len(t, pictures[token(1)], 1)
	require.Len(t, pictures[token(3)], 2)
	content, err := s.TicketPictureContent(ctx, id, pictures[token(3)][1].ID)
	require.NoError(t, err)
	require.Equal(t, "two", string(content))
	_, err = s.TicketPictureContent(ctx, id+1, pictures[token(3)][1].ID)
	require.ErrorIs(t, err, store.ErrNotFound, "it is another ticket's")
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "secret")

	require.NoError(t, s.CloseTicket(ctx, id, "support:a"))
	reply.Token = token(6)
	_, err = s.ReplyToTicket(ctx, reply)
	require.ErrorIs(t, err, store.ErrConflict)
}

// Replies and pictures are counted in the ledger; a form that it refuses stores nothing.
func TestRepliesHaveQuotas(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	customer, err := s.EnsureUser(ctx, store.RoleCustomer, "demo", "")
	require.NoError(t, err)
	id, err := s.OpenTicket(ctx, store.Ticket{Token: token(1), Kind: store.TicketAsk, Lang: "zh",
		CustomerID: sql.NullInt64{Int64: customer, Valid: true}, TicketBody: store.TicketBody{Text: "x"}})
	require.NoError(t, err)
	reply := func(n int, pictures ...[]byte) error {
		_, err := s.ReplyToTicket(ctx, store.TicketReply{CustomerID: customer, TicketID: id, Token: token(n), Text: "y",
			Pictures: pictures})
		return err
	}
	large := make([]byte, 1<<20)
	s.LimitQuota(store.QuotaUploadBytes, store.ByCustomer, 3<<20)
	require.NoError(t, reply(2, large, large))
	require.ErrorIs(t, reply(3, large, large), store.ErrQuota)
	require.NoError(t, reply(3, large), "what was refused took nothing")
	s.LimitQuota(store.QuotaUpload, store.ByCustomer, 3)
	require.ErrorIs(t, reply(4, []byte("x")), store.ErrQuota)
	s.LimitQuota(store.QuotaReply, store.ByCustomer, 3)
	require.NoError(t, reply(4))
	require.ErrorIs(t, reply(5), store.ErrQuota)
	require.NoError(t, reply(4), "the same form again")
	answers, err := s.TicketAnswers(ctx, id)
	require.NoError(t, err)
	require.Len(t, answers, 3)
	s.SetClock(func() time.Time { return time.Now().Add(25 * time.Hour) })
	require.NoError(t, reply(5))
}

// A stranger's network opens so many tickets a day.
func TestStrangersTicketsHaveAQuota(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	s.LimitQuota(store.QuotaTicket, store.ByNetwork, 1)
	open := func(n int, network string) error {
		_, err := s.OpenTicket(ctx, store.Ticket{Token: token(n), Kind: store.TicketAsk, Lang: "zh", Network: network,
			TicketBody: store.TicketBody{Text: "x", Email: "a@example.com"}})
		return err
	}
	require.NoError(t, open(1, "192.0.2.1"))
	require.ErrorIs(t, open(2, "192.0.2.1"), store.ErrQuota)
	require.NoError(t, open(1, "192.0.2.1"), "the same form again")
	require.NoError(t, open(3, "192.0.2.2"))
}
