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

// TicketRef identifies a mail about a ticket: staff's answer, or the one that tells staff of the ticket (AnswerID 0) or
// of the customer's reply.
type TicketRef struct{ TicketID, AnswerID int64 }

// SendTicket sends a mail about a ticket, once: the row records it. If the process dies in between, the mail goes
// out again with the same Message-ID. The texts are read here and enter no history.
func (a *Message) SendTicket(ctx context.Context, r TicketRef) error {
	ticket, err := a.Store.Ticket(ctx, r.TicketID)
	if err != nil {
		return purged(err)
	}
	if r.AnswerID != 0 {
		answer, err := a.Store.TicketAnswer(ctx, r.AnswerID)
		if err != nil {
			return purged(err)
		}
		if !answer.ByCustomer {
			return a.sendAnswer(ctx, ticket, answer)
		}
	}
	return a.tellStaff(ctx, ticket)
}

// tellStaff tells staff of a ticket, or of its latest reply.
func (a *Message) tellStaff(ctx context.Context, ticket store.Ticket) error {
	if ticket.ToldAt.Valid {
		return nil
	}
	if a.StaffAddress != "" { // without one, their page shows it
		id, params := fmt.Sprintf("ticket-%d", ticket.ID), map[string]string{
			"number": strconv.FormatInt(ticket.ID, 10), "kind": string(ticket.Kind), "order": ticket.Order.String,
			"text": ticket.Text, "reply": "",
			"link": fmt.Sprintf("%s/support/tickets/%d", a.PanelURL, ticket.ID),
		}
		if ticket.LastReply != 0 {
			reply, err := a.Store.TicketAnswer(ctx, ticket.LastReply)
			if err != nil {
				return purged(err)
			}
			id = fmt.Sprintf("%s-%d", id, reply.ID)
			params["text"], params["reply"] = reply.Text, "yes"
		}
		if _, err := a.mail(ctx, id, a.StaffAddress, message.TicketOpened, params); err != nil {
			return messageFailed(err)
		}
	}
	return a.Store.TicketMailed(ctx, ticket.ID, ticket.LastReply)
}

// sendAnswer mails an answer to the asker. If they gave no address, their account's learns that there is one: it may be
// somebody else's, so the text stays in the panel. A refused address is recorded on the answer for staff to see;
// without any address, the answer is read in the panel.
func (a *Message) sendAnswer(ctx context.Context, ticket store.Ticket, answer store.TicketAnswer) error {
	if answer.SentAt.Valid || answer.Failure != "" {
		return nil
	}
	params := map[string]string{"number": strconv.FormatInt(ticket.ID, 10), "text": answer.Text,
		"customer": ticket.Customer.String}
	to := ticket.Email
	if to == "" && ticket.CustomerID.Valid {
		account, err := a.Store.ContactAddressesOf(ctx, ticket.CustomerID.Int64)
		if err != nil {
			return err
		}
		to = account.Email
		params["text"] = ""
	}
	if to == "" {
		return a.Store.AnswerFailed(ctx, answer.ID, ReasonNoAddress)
	}
	page := PageOf(message.TicketAnswered, SitePlace{})
	if ticket.CustomerID.Valid { // others have no page of their own
		page = fmt.Sprintf("/tickets/%d", ticket.ID)
	}
	_, err := a.deliver(ctx, filing.Mail, page, message.SMSMessage{Key: fmt.Sprintf("ticket-%d-%d", ticket.ID, answer.ID),
		To: to, Template: message.TicketAnswered, Params: params})
	var refused *message.Error
	switch {
	case errors.As(err, &refused) && refused.Kind == message.Recipient:
		return a.Store.AnswerFailed(ctx, answer.ID, ReasonRecipient)
	case err != nil:
		return messageFailed(err)
	}
	return a.Store.AnswerSent(ctx, answer.ID)
}

// ReasonNoAddress says that the asker has no address and reads the answer in the panel.
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
