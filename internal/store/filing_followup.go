package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// OpenFollowUp creates a filing, with its contact, that changes or ends a completed one, and makes it represent the
// order; called again, it finds the open one. It returns ErrConflict if the filing isn't complete, has another
// follow-up, or isn't of the order's customer.
func (s *Store) OpenFollowUp(ctx context.Context, baseID int64, kind filing.Kind) (Filing, error) {
	contact, err := s.Contact(ctx, baseID)
	if err != nil {
		return Filing{}, err
	}
	var id int64
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := s.adoptSite(ctx, tx, baseID); err != nil {
			return err
		}
		base, err := lockFiling(ctx, tx, baseID)
		if err != nil {
			return err
		}
		if base.Superseded {
			var open bool
			id, open, err = getOptional[int64](ctx, tx, `SELECT id FROM filings WHERE base_id = ? AND kind = ?
				AND open_order_id = ?`, baseID, kind, base.OrderID)
			if err == nil && !open {
				err = ErrConflict
			}
			return err
		}
		if base.Stage != filing.Filed || base.Kind.Registers() {
			return ErrConflict
		}
		owner, err := lockOwner(ctx, tx, base.OrderID)
		if err != nil {
			return err
		}
		if base.CustomerID.Valid && base.CustomerID.Int64 != owner {
			return ErrConflict
		}
		if err := exec(ctx, tx, `UPDATE filings SET superseded = TRUE WHERE id = ?`, baseID); err != nil {
			return err
		}
		if id, err = s.insertFiling(ctx, tx, newFiling{order: base.OrderID, site: base.SiteID.Int64, customer: owner,
			holder: base.HolderID.Int64, base: baseID, kind: kind, stage: filing.Preparing}); err != nil {
			return err
		}
		if err := s.copyContact(ctx, tx, baseID, id, contact); err != nil {
			return err
		}
		// It processes the same data for the same purpose.
		if err := exec(ctx, tx, `INSERT INTO consents (filing_id, topic, version, lang, agreed_at)
			SELECT ?, topic, version, lang, agreed_at FROM consents WHERE filing_id = ? AND withdrawn_at IS NULL ORDER BY id`,
			id, baseID); err != nil {
			return err
		}
		return s.updateOrderState(ctx, tx, base.OrderID)
	})
	if err != nil {
		return Filing{}, fmt.Errorf("opening a follow-up of filing %d: %w", baseID, err)
	}
	return s.Filing(ctx, id)
}

// copyContact copies the base filing's contact to a follow-up, sealed for its own row.
func (s *Store) copyContact(ctx context.Context, tx *sqlx.Tx, from, to int64, c ContactRow) error {
	row, err := s.sealContact(to, c.Details)
	if err != nil {
		return err
	}
	return exec(ctx, tx, `
		INSERT INTO contacts (filing_id, version, sealed, mobile_hash, email_hash, password_hash, updated_at)
		SELECT ?, 1, ?, mobile_hash, email_hash, password_hash, ? FROM contacts
		WHERE filing_id = ?`, to, row.sealed, s.utcNow(), from)
}

// restoreBase makes the base of a withdrawn filing represent the order again.
func restoreBase(ctx context.Context, tx *sqlx.Tx, filingID int64) error {
	return exec(ctx, tx, `UPDATE filings b JOIN filings f ON f.base_id = b.id SET b.superseded = FALSE
		WHERE f.id = ?`, filingID)
}
