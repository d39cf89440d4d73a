package activities_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// Without a staff address, staff's page shows the ticket; without the asker's, the answer is read in the panel.
// Neither is retried.
func TestTicketsWithoutAddresses(t *testing.T) {
	db, ctx := testdb.New(t), t.Context()
	a := &activities.Message{Store: db}
	id, err := db.OpenTicket(ctx, store.Ticket{Token: "00000000000000000000000000000001", Kind: store.TicketAsk,
		Lang: "zh", TicketBody: store.TicketBody{Text: "x"}})
	require.NoError(t, err)
	require.NoError(t, a.SendTicket(ctx, activities.TicketRef{TicketID: id}))
	ticket, err := db.Ticket(ctx, id)
	require.NoError(t, err)
	require.True(t, ticket.ToldAt.Valid)
	answerID, err := db.AnswerTicket(ctx, id, "00000000000000000000000000000002", "y", "support:a")
	require.NoError(t, err)
	require.NoError(t, a.SendTicket(ctx, activities.TicketRef{TicketID: id, AnswerID: answerID}))
	answer, err := db.TicketAnswer(ctx, answerID)
	require.NoError(t, err)
	require.Equal(t, activities.ReasonNoAddress, answer.Failure)
	require.False(t, answer.SentAt.Valid)

	err = a.SendTicket(ctx, activities.TicketRef{TicketID: id + 1})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.True(t, app.NonRetryable(), "a missing ticket won't appear")
}

// A reply is mailed to staff once, never to the customer. An answer goes to the address of the ticket; if it has none,
// the account's learns only that there is one.
func TestMailsOfAConversation(t *testing.T) {
	db, ctx := testdb.New(t), t.Context()
	_, post, a := phones(t, db)
	a.StaffAddress, a.PanelURL = "staff@example.com", "https://panel.example.com"
	email := "owner@example.com"
	_, err := db.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p",
		Domains: []string{"www.example.com"}, Email: &email})
	require.NoError(t, err)
	demo, err := db.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	token := func(digit string) string { return strings.Repeat(digit, 32) }
	id, err := db.OpenTicket(ctx, store.Ticket{Token: token("1"), Kind: store.TicketAsk, Lang: "zh",
		CustomerID: sql.NullInt64{Int64: demo.ID, Valid: true}, TicketBody: store.TicketBody{Text: "第一个问题"}})
	require.NoError(t, err)
	send := func(message int64) {
		t.Helper()
		for range 2 { // a retry sends nothing again
			require.NoError(t, a.SendTicket(ctx, activities.TicketRef{TicketID: id, AnswerID: message}))
		}
	}
	send(0)
	answer, err := db.AnswerTicket(ctx, id, token("2"), "答复的内容", "support:a")
	require.NoError(t, err)
	send(answer)
	reply, err := db.ReplyToTicket(ctx, store.TicketReply{CustomerID: demo.ID, TicketID: id, Token: token("3"),
		Text: "补充的内容", By: "customer:demo"})
	require.NoError(t, err)
	send(reply)
	send(0) // the sweep

	var to, texts []string
	for _, m := range post.Messages() {
		to, texts = append(to, strings.Join(m.To, " ")), append(texts, m.Text)
	}
	require.Equal(t, []string{"staff@example.com", email, "staff@example.com"}, to)
	require.Contains(t, texts[0], "第一个问题")
	require.NotContains(t, texts[1], "答复的内容", "the address may be somebody else's")
	require.Contains(t, texts[1], "https://panel.example.com/tickets/1")
	require.Contains(t, texts[2], "补充的内容")
	require.NotContains(t, texts[2], "第一个问题")
}
