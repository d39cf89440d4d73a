package activities_test

import (
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
