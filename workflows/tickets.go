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
	// sweepEvery is how often to look for tickets' mail that their own workflows didn't send.
	sweepEvery = 10 * time.Minute
	// sweepTimeout bounds one sweep, so that a hanging one doesn't block the next.
	sweepTimeout = time.Hour
	sweepID      = "tickets"
)

// Ticket sends one mail about a ticket. The texts are in the database.
func Ticket(ctx workflow.Context, in activities.TicketRef) error {
	return workflow.ExecuteActivity(messageActivity(ctx), a.message.SendTicket, in).Get(ctx, nil)
}

// TicketSweep sends left-over mail about tickets: the panel died between writing a ticket and starting its
// workflow, or the mail server was down for long. A failing mail doesn't hold up the others.
func TicketSweep(ctx workflow.Context) error {
	ctx = staffMailActivity(ctx)
	var left []activities.TicketRef
	if err := workflow.ExecuteActivity(ctx, a.message.UnsentTickets).Get(ctx, &left); err != nil {
		return err
	}
	for _, ref := range left {
		if err := workflow.ExecuteActivity(ctx, a.message.SendTicket, ref).Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Warn("sending a ticket mail failed", "ticket", ref.TicketID)
		}
	}
	return nil
}

// SendTicket starts a mail about a ticket and doesn't wait: staff's answer, or with answer 0 the one that tells
// staff.
func (c *Client) SendTicket(ctx context.Context, ticketID, answerID int64) error {
	id := fmt.Sprintf("ticket/%d", ticketID)
	if answerID != 0 {
		id += fmt.Sprintf("/%d", answerID)
	}
	return c.start(ctx, id, 0, Ticket, activities.TicketRef{TicketID: ticketID, AnswerID: answerID})
}

// ScheduleTickets schedules TicketSweep.
func ScheduleTickets(ctx context.Context, c client.Client) error {
	return sweep{sweepID, TicketSweep, sweepEvery, sweepTimeout}.schedule(ctx, c)
}
