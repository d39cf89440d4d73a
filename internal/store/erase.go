package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// CustomerNamed finds a customer by login or, if there is no such login, by the account's ID; ErrNotCustomer for staff.
func (s *Store) CustomerNamed(ctx context.Context, name string) (User, error) {
	user, err := s.UserByLogin(ctx, name)
	if errors.Is(err, ErrNotFound) {
		if id, parse := strconv.ParseInt(name, 10, 64); parse == nil {
			user, err = s.User(ctx, id)
		}
	}
	if err == nil && user.Role != RoleCustomer {
		err = ErrNotCustomer
	}
	return user, err
}

// Erasure is what erasing a customer deleted, and what has to stay.
type Erasure struct{ Deleted, Kept []ErasedPart }

// ErasedPart is one kind of data; Key is below "erasure." in the locale files.
type ErasedPart struct {
	Key string
	// N counts filings, files, entries or rows.
	N int64
}

// In is the part in a language, whose texts are given.
func (p ErasedPart) In(text func(key string, args map[string]any) string) string {
	return text("erasure."+p.Key, map[string]any{"n": p.N})
}

// Parts of an erasure.
const (
	ErasedFilings = "filings"
	ErasedDrafts  = "drafts"
	ErasedTickets = "tickets"
	ErasedSpaces  = "spaces"
	ErasedAccount = "account"
	// KeptFilings are in force: the provider records them as long as it connects the site.
	KeptFilings = "filings_in_force"
	KeptTasks   = "open_tasks"
	KeptFiles   = "data_files"
	KeptAudit   = "audit"
	KeptHistory = "history"
	// KeptAccount is the account while a filing is in force.
	KeptAccount = "account_in_use"
)

// EraseCustomer deletes what is held about a customer except what the provider must keep, and tells both. It returns
// ErrFilingOpen while a filing of the customer is under way, ErrNotCustomer for staff. Repeating it deletes what may be
// deleted by then; sweeps do the same as soon as the filings that are in force now are over.
func (s *Store) EraseCustomer(ctx context.Context, id int64) (done Erasure, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		done = Erasure{}
		if err := isCustomer(ctx, tx, id); err != nil {
			return err
		}
		over, inForce, err := s.lockFilingsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, f := range over {
			if err := s.eraseFiling(ctx, tx, f); err != nil {
				return err
			}
		}
		done.delete(ErasedFilings, int64(len(over)))
		if err := s.eraseOutsideFilings(ctx, tx, id, inForce, &done); err != nil {
			return err
		}
		if err := exec(ctx, tx, `UPDATE users SET erased_at = ? WHERE id = ?`, s.utcNow(), id); err != nil {
			return err
		}
		if len(inForce) > 0 {
			done.keep(KeptFilings, int64(len(inForce)))
			done.keep(KeptAccount, 1)
		} else if err := s.eraseAccount(ctx, tx, id, &done); err != nil {
			return err
		}
		return s.keptOf(ctx, tx, id, &done)
	})
	return done, during(err, "erasing customer %d", id)
}

func (e *Erasure) delete(key string, n int64) {
	if n > 0 {
		e.Deleted = append(e.Deleted, ErasedPart{key, n})
	}
}

func (e *Erasure) keep(key string, n int64) {
	if n > 0 {
		e.Kept = append(e.Kept, ErasedPart{key, n})
	}
}

// lockFilingsOf locks a customer's orders, so that no filing is opened meanwhile, and filings, and divides the filings
// that aren't erased yet into those that are over and those in force.
func (s *Store) lockFilingsOf(ctx context.Context, tx *sqlx.Tx, id int64) (over, inForce []int64, err error) {
	if err := exec(ctx, tx, `UPDATE filings f JOIN orders o ON o.id = f.order_id SET f.customer_id = o.customer_id
		WHERE f.customer_id IS NULL AND o.customer_id = ?`, id); err != nil {
		return nil, nil, err
	}
	if _, err := selectAll[int64](ctx, tx, `SELECT id FROM orders WHERE customer_id = ? FOR UPDATE`, id); err != nil {
		return nil, nil, err
	}
	type row struct {
		ID         int64        `db:"id"`
		Stage      filing.Stage `db:"stage"`
		Superseded bool         `db:"superseded"`
		ErasedAt   sql.NullTime `db:"erased_at"`
	}
	list, err := selectAll[row](ctx, tx, `SELECT id, stage, superseded, erased_at FROM filings WHERE customer_id = ?
		FOR UPDATE`, id)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range list {
		switch {
		case f.ErasedAt.Valid:
		case f.Stage == filing.Filed && !f.Superseded:
			inForce = append(inForce, f.ID)
		case f.Stage.Final():
			over = append(over, f.ID)
		default:
			return nil, nil, ErrFilingOpen
		}
	}
	return over, inForce, nil
}

// eraseOutsideFilings deletes what isn't part of a filing, and of those in force what no rule needs.
func (s *Store) eraseOutsideFilings(ctx context.Context, tx *sqlx.Tx, id int64, inForce []int64, done *Erasure) error {
	tickets, err := selectAll[int64](ctx, tx, `SELECT id FROM tickets WHERE customer_id = ?`, id)
	if err != nil {
		return err
	}
	if len(tickets) > 0 {
		if err := deleteTickets(ctx, tx, tickets); err != nil {
			return err
		}
	}
	done.delete(ErasedTickets, int64(len(tickets)))
	filings := append([]int64{0}, inForce...) // an IN must not be empty
	saved, err := s.userHash(id)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		key string
		sql fragment
	}{
		{ErasedDrafts, fragmentOf(`DELETE FROM order_drafts WHERE user_id = ?`, id)},
		{ErasedDrafts, fragmentOf(`DELETE FROM drafts WHERE filing_id IN (?)`, filings)},
		{ErasedDrafts, fragmentOf(`DELETE FROM saved_posts WHERE user_hash = ?`, saved)},
		{ErasedDrafts, fragmentOf(`UPDATE footer_edits SET sealed_original = NULL, sealed_new = NULL WHERE filing_id IN (?)
			AND (sealed_original IS NOT NULL OR sealed_new IS NOT NULL)`, filings)},
		// Nothing is uploaded any more without a filing in force.
		{ErasedSpaces, fragmentOf(`UPDATE orders SET sealed_web_space = NULL, provider_space_hash = NULL WHERE customer_id = ?
			AND sealed_web_space IS NOT NULL AND id NOT IN (SELECT order_id FROM filings WHERE id IN (?))`, id, filings)},
		{ErasedAccount, fragmentOf(`DELETE FROM account_codes WHERE user_id = ?`, id)},
		{ErasedAccount, fragmentOf(`DELETE FROM user_sessions WHERE user_id = ?`, id)},
		{ErasedAccount, fragmentOf(`UPDATE users SET sealed_email = NULL, email_hash = NULL, sealed_mobile = NULL,
			mobile_hash = NULL, sealed_provider_email = NULL, provider_email_hash = NULL, sealed_provider_mobile = NULL,
			provider_mobile_hash = NULL WHERE id = ?`, id)},
	} {
		n, err := affected(ctx, tx, part.sql.sql, part.sql.args...)
		if err != nil {
			return err
		}
		done.delete(part.key, n)
	}
	return nil
}

// ErasedLogin replaces the login of an erased account.
func ErasedLogin(id int64) string { return fmt.Sprintf("erased-%d", id) }

// eraseAccount closes an account that nothing needs any more, and makes its login, which may be a name or a number,
// disappear from the histories of its filings. The orders stay: they are the provider's.
func (s *Store) eraseAccount(ctx context.Context, tx *sqlx.Tx, id int64, done *Erasure) error {
	login, err := find[string](ctx, tx, "customer", `SELECT login FROM users WHERE id = ?`, id)
	if err != nil || login == ErasedLogin(id) {
		return err
	}
	done.delete(ErasedAccount, 1)
	return execAll(ctx, tx,
		fragmentOf(`UPDATE filing_events e JOIN filings f ON f.id = e.filing_id SET e.actor = ? WHERE f.customer_id = ?
			AND e.actor = ?`, "customer:"+ErasedLogin(id), id, "customer:"+login),
		fragmentOf(`UPDATE footer_edits e JOIN filings f ON f.id = e.filing_id SET e.asked_by = '', e.agreed_by = '',
			e.undone_by = '' WHERE f.customer_id = ?`, id),
		fragmentOf(`DELETE FROM user_names WHERE customer_id = ?`, id),
		fragmentOf(`DELETE FROM api_customers WHERE user_id = ?`, id),
		fragmentOf(`DELETE FROM launches WHERE user_id = ?`, id),
		fragmentOf(`UPDATE orders SET sealed_web_space = NULL, provider_space_hash = NULL WHERE customer_id = ?`, id),
		fragmentOf(`UPDATE users SET login = ?, password_hash = '', disabled_at = COALESCE(disabled_at, ?) WHERE id = ?`,
			ErasedLogin(id), s.utcNow(), id))
}

// keptOf counts what stays for reasons of its own.
func (s *Store) keptOf(ctx context.Context, tx *sqlx.Tx, id int64, done *Erasure) error {
	for _, part := range []struct{ key, count string }{
		{KeptTasks, `SELECT COUNT(*) FROM staff_tasks WHERE filing_id IN (SELECT id FROM filings WHERE customer_id = ?)`},
		{KeptFiles, `SELECT COUNT(DISTINCT u.account_id, u.sequence) FROM records r JOIN bureau_uploads u
			ON u.account_id = r.account_id AND u.sequence = r.sequence WHERE u.sealed IS NOT NULL
			AND r.filing_id IN (SELECT id FROM filings WHERE customer_id = ?)`},
		{KeptAudit, `SELECT COUNT(*) FROM audit_entries WHERE object_kind = 'filing' AND object IN (
			SELECT IF(f.serial > 1, CONCAT(o.number, '/', f.serial), o.number) FROM filings f JOIN orders o ON o.id = f.order_id
			WHERE f.customer_id = ?)`},
		{KeptHistory, `SELECT COUNT(*) FROM filings WHERE erased_at IS NOT NULL AND customer_id = ?`},
	} {
		n, err := get[int64](ctx, tx, part.count, id)
		if err != nil {
			return err
		}
		done.keep(part.key, n)
	}
	return nil
}

// finishErasures erases what had to stay when its customer was erased and needn't any more: filings that are over
// since, and then the account. Filings that the customer opened afterwards count as a return.
func (s *Store) finishErasures(ctx context.Context) error {
	ids, err := selectAll[int64](ctx, s.db, `SELECT f.id FROM users u JOIN filings f ON f.customer_id = u.id
		WHERE u.erased_at IS NOT NULL AND u.disabled_at IS NULL AND f.over_at IS NOT NULL AND f.erased_at IS NULL
		AND f.created_at < u.erased_at LIMIT ?`, purgeBatch)
	if err == nil {
		err = s.eraseFilings(ctx, ids)
	}
	if err != nil {
		return err
	}
	accounts, err := selectAll[int64](ctx, s.db, `SELECT u.id FROM users u LEFT JOIN filings f ON f.customer_id = u.id
		AND f.erased_at IS NULL WHERE u.erased_at IS NOT NULL AND u.disabled_at IS NULL AND f.id IS NULL LIMIT ?`, purgeBatch)
	for i := 0; err == nil && i < len(accounts); i++ {
		err = s.tx(ctx, func(tx *sqlx.Tx) error { return s.eraseAccount(ctx, tx, accounts[i], new(Erasure)) })
	}
	return err
}

// ErasedAt is when a filing's data about people was deleted, past its retention or on request.
func (s *Store) ErasedAt(ctx context.Context, filingID int64) (at time.Time, erased bool, err error) {
	found, err := find[sql.NullTime](ctx, s.db, "filing", `SELECT erased_at FROM filings WHERE id = ?`, filingID)
	return found.Time, found.Valid, err
}
