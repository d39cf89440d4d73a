package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// ticketMailGrace is how long a ticket's own workflow may try to send its mail before the sweep does.
const ticketMailGrace = 15 * time.Minute

// AnswerTicket stores an answer, once per token, and returns its ID; ErrConflict if the ticket is closed.
func (s *Store) AnswerTicket(ctx context.Context, ticketID int64, token, text, actor string) (id int64, err error) {
	sealed, err := s.keys.Seal(answerAAD(token), []byte(text))
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		status, err := find[TicketStatus](ctx, tx, "ticket", `SELECT status FROM tickets WHERE id = ? FOR UPDATE`, ticketID)
		if err != nil {
			return err
		}
		var stored bool
		if id, stored, err = getOptional[int64](ctx, tx, `SELECT id FROM ticket_answers WHERE token = ? AND ticket_id = ?`,
			token, ticketID); err != nil || stored {
			return err
		}
		if status == TicketClosed {
			return ErrConflict
		}
		if id, err = insert(ctx, tx, `INSERT INTO ticket_answers (ticket_id, token, sealed, created_by, created_at)
			VALUES (?, ?, ?, ?, ?)`, ticketID, token, sealed, actor, s.utcNow()); err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE tickets SET status = ? WHERE id = ?`, TicketAnswered, ticketID)
	})
	return id, during(err, "answering a ticket")
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

// TicketMailed records that staff were notified of a ticket.
func (s *Store) TicketMailed(ctx context.Context, id int64) error {
	return exec(ctx, s.db, `UPDATE tickets SET notified_at = ? WHERE id = ? AND notified_at IS NULL`, s.utcNow(), id)
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
