package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// Holder is a customer's holder (主体), which the filings of several sites share.
type Holder struct {
	ID         int64 `db:"id"`
	CustomerID int64 `db:"customer_id"`
	// Number is 主体备案号, Province its bureau's; both are empty until the bureau granted it.
	Number   string `db:"number"`
	Province string `db:"province"`
	// AccountID is the account that filed it, BureauID the bureau's ID (Ztid); null: unknown.
	AccountID sql.NullInt64 `db:"account_id"`
	BureauID  sql.NullInt64 `db:"bureau_id"`
	// Form is what was last submitted; empty before, and past its retention.
	Form filing.Holder `db:"-"`
}

// Known reports whether the holder's form was submitted.
func (h Holder) Known() bool { return h.Form.Name != "" }

const holderColumns = `h.id, h.customer_id, COALESCE(h.number, '') AS number, h.province, h.account_id, h.bureau_id, h.sealed`

func holderAAD(id int64) string { return fmt.Sprintf("holders/%d", id) }

type holderRow struct {
	Holder
	Sealed []byte `db:"sealed"`
}

func (s *Store) openHolder(row holderRow) (Holder, error) {
	if row.Sealed == nil {
		return row.Holder, nil
	}
	return row.Holder, s.keys.OpenJSON(holderAAD(row.ID), row.Sealed, &row.Form)
}

// HolderByID returns a holder.
func (s *Store) HolderByID(ctx context.Context, id int64) (Holder, error) {
	return s.holder(ctx, s.db, id)
}

func (s *Store) holder(ctx context.Context, db sqlx.QueryerContext, id int64) (Holder, error) {
	row, err := find[holderRow](ctx, db, "holder", `SELECT `+holderColumns+` FROM holders h WHERE h.id = ?`, id)
	if err != nil {
		return Holder{}, err
	}
	h, err := s.openHolder(row)
	return h, err
}

// FiledHolders lists a customer's holders that have a number and a form, newest first: another order's sites can be
// added to them.
func (s *Store) FiledHolders(ctx context.Context, customerID int64) (list []Holder, err error) {
	rows, err := selectAll[holderRow](ctx, s.db, `SELECT `+holderColumns+` FROM holders h WHERE h.customer_id = ?
		AND h.number IS NOT NULL AND h.sealed IS NOT NULL ORDER BY h.id DESC`, customerID)
	for i := 0; err == nil && i < len(rows); i++ {
		var h Holder
		h, err = s.openHolder(rows[i])
		list = append(list, h)
	}
	return list, during(err, "listing the holders of customer %d", customerID)
}

// newHolder adds a holder without a form.
func (s *Store) newHolder(ctx context.Context, tx *sqlx.Tx, customerID int64) (int64, error) {
	now := s.utcNow()
	return insert(ctx, tx, `INSERT INTO holders (customer_id, created_at, updated_at) VALUES (?, ?, ?)`, customerID, now, now)
}

// ensureHolder gives a filing a holder, if it has none.
func (s *Store) ensureHolder(ctx context.Context, tx *sqlx.Tx, f *lockedFiling) error {
	if f.HolderID.Valid {
		return nil
	}
	customer := f.CustomerID.Int64
	if !f.CustomerID.Valid {
		var err error
		if customer, err = get[int64](ctx, tx, `SELECT customer_id FROM orders WHERE id = ?`, f.OrderID); err != nil {
			return err
		}
	}
	id, err := s.newHolder(ctx, tx, customer)
	if err != nil {
		return err
	}
	f.HolderID = sql.NullInt64{Int64: id, Valid: true}
	return exec(ctx, tx, `UPDATE filings SET holder_id = ? WHERE id = ?`, id, f.ID)
}

// fillHolder stores what was submitted about a holder.
func (s *Store) fillHolder(ctx context.Context, tx *sqlx.Tx, id int64, form filing.Holder) error {
	sealed, err := s.keys.SealJSON(holderAAD(id), form)
	if err != nil {
		return err
	}
	return exec(ctx, tx, `UPDATE holders SET sealed = ?, province = COALESCE(NULLIF(?, ''), province), updated_at = ?
		WHERE id = ?`, sealed, provinceCode(form.Province), s.utcNow(), id)
}

// provinceCode is a GB/T 2260 code, or empty if it can't be one.
func provinceCode(code string) string {
	if len(code) != 6 {
		return ""
	}
	return code
}

// granted records the number that an approval gave to the holder of a new filing, and opens what waited for it, in the
// transaction that records the approval.
func (s *Store) granted(ctx context.Context, tx *sqlx.Tx, filingID int64) error {
	row, found, err := getOptional[struct {
		Revision  int           `db:"revision"`
		Number    string        `db:"holder_number"`
		BureauID  sql.NullInt64 `db:"holder_id"`
		AccountID sql.NullInt64 `db:"account_id"`
		Province  string        `db:"province"`
	}](ctx, tx, `SELECT r.revision, d.holder_number, d.holder_id, r.account_id, r.province
		FROM records r JOIN decisions d ON d.record_id = r.id WHERE r.filing_id = ? AND d.approved
		AND d.holder_number IS NOT NULL ORDER BY r.revision DESC LIMIT 1`, filingID)
	if err != nil || !found {
		return err
	}
	f, err := lockFiling(ctx, tx, filingID)
	if err != nil {
		return err
	}
	if !f.HolderID.Valid { // of an older build
		d, err := s.dossier(ctx, tx, filingID, row.Revision)
		if errors.Is(err, ErrNotFound) {
			return nil // erased
		} else if err != nil {
			return err
		}
		if err := s.ensureHolder(ctx, tx, &f); err != nil {
			return err
		}
		if err := s.fillHolder(ctx, tx, f.HolderID.Int64, d.Holder); err != nil {
			return err
		}
	}
	return s.grant(ctx, tx, f.HolderID.Int64, fragmentOf(`number = ?, bureau_id = ?, account_id = ?,
		province = COALESCE(NULLIF(?, ''), province)`, row.Number, row.BureauID, row.AccountID, provinceCode(row.Province)))
}

// grant records a holder's number, once, and opens what waited for it.
func (s *Store) grant(ctx context.Context, tx *sqlx.Tx, holderID int64, set fragment) error {
	now := s.utcNow()
	if err := exec(ctx, tx, `UPDATE holders SET `+set.sql+`, numbered_at = ?, updated_at = ? WHERE id = ?
		AND number IS NULL`, set.with(now, now, holderID)...); err != nil {
		return err
	}
	return s.openAwaiting(ctx, tx, holderID)
}
