package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
)

const (
	// sweepEvery is how soon a ticket's mail is tried again that its own workflow
	// didn't send.
	sweepEvery = 10 * time.Minute
	// sweepTimeout bounds one sweep, so that a hanging one doesn't keep the next away.
	sweepTimeout = time.Hour
	sweepID      = "tickets"
)

// Ticket sends one mail about a ticket. The texts are in the database.
func Ticket(ctx workflow.Context, in activities.TicketRef) error {
	return workflow.ExecuteActivity(messageActivity(ctx), a.message.SendTicket, in).Get(ctx, nil)
}

// TicketSweep sends the mails about tickets that were left: the panel died
// between writing a ticket and starting its workflow, or the mail server was
// away for long. One that fails again doesn't keep the others.
func TicketSweep(ctx workflow.Context) error {
	ctx = staffMailActivity(ctx)
	var left []activities.TicketRef
	if err := workflow.ExecuteActivity(ctx, a.message.UnsentTickets).Get(ctx, &left); err != nil {
		return err
	}
	for _, ref := range left {
		if err := workflow.ExecuteActivity(ctx, a.message.SendTicket, ref).Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Warn("a mail about a ticket can't be sent", "ticket", ref.TicketID)
		}
	}
	return nil
}

// SendTicket has a mail about a ticket sent: staff's answer, or with 0 the one
// that tells staff. It doesn't wait for it.
func (c *Client) SendTicket(ctx context.Context, ticketID, answerID int64) error {
	id := fmt.Sprintf("ticket/%d", ticketID)
	if answerID != 0 {
		id += fmt.Sprintf("/%d", answerID)
	}
	return c.start(ctx, id, 0, Ticket, activities.TicketRef{TicketID: ticketID, AnswerID: answerID})
}

// ScheduleTickets has what is left of tickets' mails sent from time to time.
func ScheduleTickets(ctx context.Context, c client.Client) error {
	return sweep{sweepID, TicketSweep, sweepEvery, sweepTimeout}.schedule(ctx, c)
}
