package store

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
)

// ticketMailGrace is how long a ticket's own workflow may try to send its mail before the sweep does.
const ticketMailGrace = 15 * time.Minute

// AnswerTicket stores staff's answer with the pictures (JPEGs) attached to it, once per token, and returns its ID;
// ErrConflict if the ticket is closed. If the customer has replied meanwhile, unseen, the ticket goes on waiting for an
// answer.
func (s *Store) AnswerTicket(ctx context.Context, ticketID int64, token, text, actor string,
	pictures ...[]byte) (id int64, err error) {
	id, err = s.addMessage(ctx, fragmentOf(`id = ?`, ticketID), TicketAnswer{TicketID: ticketID, Token: token, Text: text,
		CreatedBy: actor}, func(tx *sqlx.Tx, id int64) error {
		if err := s.attach(ctx, tx, ticketID, token, pictures); err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE tickets SET status = IF(last_reply_id > COALESCE(staff_seen_id, 0), ?, ?),
			last_answer_id = ? WHERE id = ?`, TicketOpen, TicketAnswered, id, ticketID)
	})
	return id, during(err, "answering a ticket")
}

// TicketReply is what a customer adds to their own ticket.
type TicketReply struct {
	CustomerID, TicketID int64
	Token, Text, By      string
	// Pictures are JPEGs to attach.
	Pictures [][]byte
}

// ReplyToTicket stores a reply, once per token, and returns its ID. The ticket waits for staff again, who get a mail.
// ErrNotFound if the ticket is another's, ErrConflict if it is closed, ErrQuota if the customer has written too much.
func (s *Store) ReplyToTicket(ctx context.Context, r TicketReply) (id int64, err error) {
	id, err = s.addMessage(ctx, fragmentOf(`id = ? AND customer_id = ?`, r.TicketID, r.CustomerID),
		TicketAnswer{TicketID: r.TicketID, ByCustomer: true, Token: r.Token, Text: r.Text, CreatedBy: r.By},
		func(tx *sqlx.Tx, id int64) error {
			by := map[QuotaScope]string{ByCustomer: strconv.FormatInt(r.CustomerID, 10)}
			err := s.spend(ctx, tx, append(uploads(r.Pictures, by), spending{kind: QuotaReply, subjects: by})...)
			if err == nil {
				err = s.attach(ctx, tx, r.TicketID, r.Token, r.Pictures)
			}
			if err != nil {
				return err
			}
			return exec(ctx, tx, `UPDATE tickets SET status = ?, last_reply_id = ?, notified_at = NULL WHERE id = ?`,
				TicketOpen, id, r.TicketID)
		})
	return id, during(err, "replying to a ticket")
}

// addMessage adds a message to the ticket of a condition, once per token; then has the transaction's other effects.
func (s *Store) addMessage(ctx context.Context, ticket fragment, m TicketAnswer,
	then func(tx *sqlx.Tx, id int64) error) (id int64, err error) {
	sealed, err := s.keys.Seal(answerAAD(m.Token), []byte(m.Text))
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		status, err := find[TicketStatus](ctx, tx, "ticket", `SELECT status FROM tickets WHERE `+ticket.sql+` FOR UPDATE`,
			ticket.args...)
		if err != nil {
			return err
		}
		var stored bool
		if id, stored, err = getOptional[int64](ctx, tx, `SELECT id FROM ticket_answers WHERE token = ? AND ticket_id = ?`,
			m.Token, m.TicketID); err != nil || stored {
			return err
		}
		if status == TicketClosed {
			return ErrConflict
		}
		now := s.utcNow()
		if id, err = insert(ctx, tx, `INSERT INTO ticket_answers (ticket_id, by_customer, token, sealed, created_by,
			created_at, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?)`, m.TicketID, m.ByCustomer, m.Token, sealed, m.CreatedBy, now,
			sql.NullTime{Time: now, Valid: m.ByCustomer}); err != nil {
			return err
		}
		return then(tx, id)
	})
	return id, err
}

// TicketAnswer returns an answer by its ID.
func (s *Store) TicketAnswer(ctx context.Context, id int64) (a TicketAnswer, err error) {
	if a, err = find[TicketAnswer](ctx, s.db, "answer", answerSelect+`WHERE id = ?`, id); err == nil {
		a.Text, err = s.openText(answerAAD(a.Token), a.Sealed)
	}
	return a, err
}

// CloseTicket closes a ticket. It is idempotent.
func (s *Store) CloseTicket(ctx context.Context, id int64, actor string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		return exec(ctx, tx, `UPDATE tickets SET status = ?, closed_at = ?, closed_by = ? WHERE id = ? AND status <> ?`,
			TicketClosed, s.utcNow(), actor, id, TicketClosed)
	})
}

// TicketMailed records that staff were notified of a ticket and its replies up to one (0: none).
func (s *Store) TicketMailed(ctx context.Context, id, lastReply int64) error {
	return exec(ctx, s.db, `UPDATE tickets SET notified_at = ? WHERE id = ? AND notified_at IS NULL
		AND last_reply_id = ?`, s.utcNow(), id, lastReply)
}

// AnswerSent records that an answer was mailed.
func (s *Store) AnswerSent(ctx context.Context, id int64) error {
	return exec(ctx, s.db, `UPDATE ticket_answers SET sent_at = ?, failure = '' WHERE id = ?
		AND sent_at IS NULL`, s.utcNow(), id)
}

// AnswerFailed records why an answer can't be mailed; it isn't retried.
func (s *Store) AnswerFailed(ctx context.Context, id int64, reason string) error {
	return exec(ctx, s.db, `UPDATE ticket_answers SET failure = ? WHERE id = ? AND sent_at IS NULL`, reason, id)
}

// TicketMail identifies a mail about a ticket: an answer's, or, without one, the notification of staff.
type TicketMail struct {
	TicketID int64 `db:"ticket_id"`
	AnswerID int64 `db:"answer_id"`
}

// UnsentTicketMails lists overdue mails, whose workflow died or gave up.
func (s *Store) UnsentTicketMails(ctx context.Context, limit int) (list []TicketMail, err error) {
	until := s.utcNow().Add(-ticketMailGrace)
	return selectAll[TicketMail](ctx, s.db, `
		(SELECT id AS ticket_id, 0 AS answer_id FROM tickets WHERE notified_at IS NULL AND created_at < ? ORDER BY created_at
		LIMIT ?)
		UNION ALL
		(SELECT ticket_id, id AS answer_id FROM ticket_answers WHERE sent_at IS NULL AND failure = '' AND created_at < ?
		ORDER BY created_at LIMIT ?)`, until, limit, until, limit)
}
