package activities

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
)

// ticketMailsAtOnce bounds a sweep; the next takes more.
const ticketMailsAtOnce = 50

// TicketRef identifies a mail about a ticket: staff's answer, or with AnswerID 0 the one that tells staff of the
// ticket.
type TicketRef struct{ TicketID, AnswerID int64 }

// SendTicket sends a mail about a ticket, once: the row records it. If the process dies in between, the mail goes
// out again with the same Message-ID. The texts are read here and enter no history.
func (a *Message) SendTicket(ctx context.Context, r TicketRef) error {
	ticket, err := a.Store.Ticket(ctx, r.TicketID)
	if err != nil {
		return purged(err)
	}
	if r.AnswerID != 0 {
		return a.sendAnswer(ctx, ticket, r.AnswerID)
	}
	if ticket.ToldAt.Valid {
		return nil
	}
	if a.StaffAddress != "" { // without one, their page shows it
		params := map[string]string{
			"number": strconv.FormatInt(ticket.ID, 10), "kind": string(ticket.Kind), "order": ticket.Order.String,
			"text": ticket.Text,
			"link": fmt.Sprintf("%s/support/tickets/%d", a.PanelURL, ticket.ID),
		}
		if _, err := a.mail(ctx, fmt.Sprintf("ticket-%d", ticket.ID), a.StaffAddress, message.TicketOpened,
			params); err != nil {
			return messageFailed(err)
		}
	}
	return a.Store.TicketMailed(ctx, ticket.ID)
}

// sendAnswer mails an answer to the asker. A refused address is recorded on the answer for staff to see; without
// an address, the answer is read in the panel.
func (a *Message) sendAnswer(ctx context.Context, ticket store.Ticket, answerID int64) error {
	answer, err := a.Store.TicketAnswer(ctx, answerID)
	if err != nil || answer.SentAt.Valid || answer.Failure != "" {
		return err
	}
	if ticket.Email == "" {
		return a.Store.AnswerFailed(ctx, answer.ID, ReasonNoAddress)
	}
	params := map[string]string{"number": strconv.FormatInt(ticket.ID, 10), "text": answer.Text}
	page := PageOf(message.TicketAnswered, "")
	if ticket.CustomerID.Valid { // others have no page of their own
		page = fmt.Sprintf("/tickets/%d", ticket.ID)
	}
	_, err = a.deliver(ctx, filing.Mail, page, message.SMSMessage{Key: fmt.Sprintf("ticket-%d-%d", ticket.ID, answer.ID),
		To: ticket.Email, Template: message.TicketAnswered, Params: params})
	var refused *message.Error
	switch {
	case errors.As(err, &refused) && refused.Kind == message.Recipient:
		return a.Store.AnswerFailed(ctx, answer.ID, ReasonRecipient)
	case err != nil:
		return messageFailed(err)
	}
	return a.Store.AnswerSent(ctx, answer.ID)
}

// ReasonNoAddress says that the asker gave no address and reads the answer in the panel.
const ReasonNoAddress = "no_address"

// UnsentTickets are mails about tickets that should have gone out a while ago.
func (a *Message) UnsentTickets(ctx context.Context) ([]TicketRef, error) {
	list, err := a.Store.UnsentTicketMails(ctx, ticketMailsAtOnce)
	refs := make([]TicketRef, len(list))
	for i, m := range list {
		refs[i] = TicketRef(m)
	}
	return refs, err
}
