package store

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// Retention is how long data of each kind are kept after they are needed; 0 is for ever. RetentionRules says which
// tables each is about.
type Retention struct {
	// Files are data files of both directions, after they were exchanged.
	Files time.Duration
	// Papers are pictures, and Drafts what was typed and copies of home pages, after their filing ended: it was filed,
	// withdrawn or deregistered.
	Papers, Drafts time.Duration
	// Filings are everything else about people in a filing, after it was over: withdrawn, deregistered or replaced. Tasks
	// that staff completed go with it.
	Filings time.Duration
	// Tickets are questions and complaints, after they were closed.
	Tickets time.Duration
	// Audit are entries of the audit log.
	Audit time.Duration
}

// finalStages are the stages in which nothing of a filing is under way.
var finalStages = []filing.Stage{filing.Filed, filing.Withdrawn, filing.Deregistered}

// purgeBatch bounds what one sweep deletes of each kind; the next one goes on.
const purgeBatch = 1000

// Purge deletes what is past its retention. Each exchange calls it at its end.
func (s *Store) Purge(ctx context.Context, keep Retention) error {
	now := s.utcNow()
	sweep := func(keep time.Duration, f func(before time.Time) error) error {
		if keep <= 0 {
			return nil
		}
		return f(now.Add(-keep))
	}
	return during(errors.Join(
		sweep(keep.Files, func(time.Time) error { _, err := s.PurgeFiles(ctx, keep.Files); return err }),
		sweep(keep.Papers, func(time.Time) error { _, err := s.PurgePapers(ctx, keep.Papers); return err }),
		sweep(keep.Drafts, func(before time.Time) error { return s.purgeDrafts(ctx, before) }),
		s.markOver(ctx),
		sweep(keep.Filings, func(before time.Time) error { return s.purgeFilings(ctx, before) }),
		sweep(keep.Tickets, func(before time.Time) error { return s.purgeTickets(ctx, before) }),
		sweep(keep.Audit, func(before time.Time) error { return s.purgeAudit(ctx, before) }),
		s.finishErasures(ctx), s.PurgeInquiries(ctx), s.PurgeSignIn(ctx)), "purging")
}

// purgeDrafts deletes the drafts and the copies of home pages of filings that ended before a time.
func (s *Store) purgeDrafts(ctx context.Context, before time.Time) error {
	type draft struct {
		FilingID int64  `db:"filing_id"`
		Form     string `db:"form"`
	}
	list, err := selectAll[draft](ctx, s.db, `SELECT d.filing_id, d.form FROM drafts d JOIN filings f ON f.id = d.filing_id
		WHERE d.updated_at < ? AND f.stage IN (?) AND f.stage_since < ? LIMIT ?`, before, finalStages, before, purgeBatch)
	for i := 0; err == nil && i < len(list); i++ {
		err = exec(ctx, s.db, `DELETE FROM drafts WHERE filing_id = ? AND form = ? AND updated_at < ?`, list[i].FilingID,
			list[i].Form, before)
	}
	if err != nil {
		return err
	}
	return exec(ctx, s.db, `UPDATE footer_edits e JOIN filings f ON f.id = e.filing_id
		SET e.sealed_original = NULL, e.sealed_new = NULL
		WHERE (e.sealed_original IS NOT NULL OR e.sealed_new IS NOT NULL) AND f.over_at < ?`, before)
}

// markOver notes since when filings have been over. A base that a follow-up replaced is over when that one is filed;
// one whose order changed hands, at once.
func (s *Store) markOver(ctx context.Context) error {
	return execAll(ctx, s.db,
		fragmentOf(`UPDATE filings SET over_at = stage_since
			WHERE over_at IS NULL AND stage IN (?, ?) LIMIT ?`, filing.Withdrawn, filing.Deregistered, purgeBatch),
		fragmentOf(`UPDATE filings f LEFT JOIN filings n ON n.base_id = f.id AND n.stage NOT IN (?) SET f.over_at = ?
			WHERE f.over_at IS NULL AND f.stage = ? AND f.superseded AND n.id IS NULL`, finalStages, s.utcNow(), filing.Filed))
}

// purgeFilings erases filings that were over before a time, and staff's tasks that were done by then.
func (s *Store) purgeFilings(ctx context.Context, before time.Time) error {
	ids, err := selectAll[int64](ctx, s.db, `SELECT id FROM filings WHERE erased_at IS NULL AND over_at < ? LIMIT ?`, before,
		purgeBatch)
	if err == nil {
		err = s.eraseFilings(ctx, ids)
	}
	if err != nil {
		return err
	}
	return execAll(ctx, s.db,
		fragmentOf(`DELETE FROM staff_records WHERE kind <> ? AND result_at < ? LIMIT ?`, StaffAddresses, before, purgeBatch),
		fragmentOf(`DELETE FROM staff_tasks WHERE done_at < ? AND id NOT IN (SELECT task_id FROM staff_records
			WHERE task_id IS NOT NULL) LIMIT ?`, before, purgeBatch))
}

// eraseFilings erases filings, each in its own transaction.
func (s *Store) eraseFilings(ctx context.Context, ids []int64) error {
	for _, id := range ids {
		if err := s.tx(ctx, func(tx *sqlx.Tx) error { return s.eraseFiling(ctx, tx, id) }); err != nil {
			return during(err, "erasing filing %d", id)
		}
	}
	return nil
}

// eraseFiling deletes everything about people in a filing that is over. Its row, events and records stay, without which
// the order's history and the bureau's later answers would make no sense; they name nobody.
func (s *Store) eraseFiling(ctx context.Context, tx *sqlx.Tx, id int64) error {
	of := func(sql string) fragment { return fragmentOf(sql, id) }
	if err := forgetRefusals(ctx, tx, id); err != nil {
		return err
	}
	return execAll(ctx, tx,
		of(`UPDATE decisions d JOIN records r ON r.id = d.record_id SET d.sealed_opinion = NULL, d.sealed_password = NULL,
			d.certificate = NULL, d.certificate_path = NULL WHERE r.filing_id = ?`),
		of(`DELETE FROM dossier_papers WHERE filing_id = ?`),
		of(`DELETE v FROM paper_views v JOIN papers p ON p.id = v.paper_id WHERE p.filing_id = ?`),
		of(`DELETE s FROM paper_statements s JOIN papers p ON p.id = s.paper_id WHERE p.filing_id = ?`),
		of(`DELETE FROM papers WHERE filing_id = ?`),
		of(`DELETE FROM dossiers WHERE filing_id = ?`),
		of(`DELETE FROM drafts WHERE filing_id = ?`),
		of(`DELETE FROM contacts WHERE filing_id = ?`),
		of(`DELETE FROM verifications WHERE filing_id = ?`),
		of(`DELETE FROM contact_corrections WHERE filing_id = ?`),
		of(`DELETE FROM send_backs WHERE filing_id = ?`),
		of(`DELETE d FROM message_deliveries d JOIN messages m ON m.message_key = d.message_key WHERE m.filing_id = ?`),
		of(`DELETE FROM messages WHERE filing_id = ?`),
		of(`DELETE FROM customer_notices WHERE filing_id = ?`),
		of(`DELETE FROM site_checks WHERE filing_id = ?`),
		of(`DELETE FROM footer_edits WHERE filing_id = ?`),
		of(`DELETE FROM inquiries WHERE filing_id = ?`),
		of(`DELETE FROM printed_statements WHERE filing_id = ?`),
		of(`DELETE FROM consents WHERE filing_id = ?`),
		of(`DELETE r FROM staff_records r JOIN staff_tasks t ON t.id = r.task_id
			WHERE r.result_at IS NOT NULL AND t.done_at IS NOT NULL AND t.filing_id = ?`),
		of(`DELETE t FROM staff_tasks t LEFT JOIN staff_records r ON r.task_id = t.id
			WHERE r.id IS NULL AND t.done_at IS NOT NULL AND t.filing_id = ?`),
		fragmentOf(`UPDATE filings SET name_hash = NULL, document_hash = NULL, over_at = COALESCE(over_at, stage_since),
			erased_at = ? WHERE id = ?`, s.utcNow(), id),
		of(`UPDATE filings f JOIN holders h ON h.id = f.holder_id LEFT JOIN filings x ON x.holder_id = h.id
			AND x.erased_at IS NULL SET h.sealed = NULL WHERE f.id = ? AND x.id IS NULL`))
}

// purgeTickets deletes tickets that were closed, with their answers, before a time. An answered one that nobody closed
// counts from its last answer.
func (s *Store) purgeTickets(ctx context.Context, before time.Time) error {
	ids, err := selectAll[int64](ctx, s.db, `SELECT t.id FROM tickets t WHERE t.status <> ?
		AND t.created_at < ? AND COALESCE(t.closed_at, (SELECT MAX(a.created_at) FROM ticket_answers a
		WHERE a.ticket_id = t.id)) < ? LIMIT ?`, TicketOpen, before, before, purgeBatch)
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error { return deleteTickets(ctx, tx, ids) })
}

func deleteTickets(ctx context.Context, tx *sqlx.Tx, ids []int64) error {
	return execAll(ctx, tx, fragmentOf(`DELETE FROM ticket_pictures WHERE ticket_id IN (?)`, ids),
		fragmentOf(`DELETE FROM ticket_answers WHERE ticket_id IN (?)`, ids),
		fragmentOf(`DELETE FROM tickets WHERE id IN (?)`, ids))
}
