package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// registeredRevision is the only revision of a registration's dossier.
const registeredRevision = 1

// formRegister is the form's name in order_drafts.
const formRegister = "register"

// NewRegistration is the registration of a number that a customer already has.
type NewRegistration struct {
	OrderID int64
	// SiteID is the order's site that has it; 0: the first without a filing.
	SiteID int64
	// CustomerID is the customer who registers it: the order must still be theirs.
	CustomerID int64
	// Dossier has the kind filing.KindRegister.
	Dossier filing.Dossier
	// Certificate is bazu.cert; empty: not provided.
	Certificate []byte
	// Compared: the bureau's query confirmed the number for the domains.
	Compared bool
	Actor    string
}

// OpenRegistration creates a filing that registers a number, with its dossier and a decision with the number, in one
// transaction. It returns ErrConflict if the order has another open filing or is another customer's.
func (s *Store) OpenRegistration(ctx context.Context, r NewRegistration) (Filing, error) {
	number, err := filing.ParseNumber(r.Dossier.OwnershipProof.Number)
	if err != nil {
		return Filing{}, err
	}
	var id int64
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		if owner, err := lockOwner(ctx, tx, r.OrderID); err != nil {
			return err
		} else if owner != r.CustomerID {
			return ErrConflict
		}
		site, err := s.siteOrFirst(ctx, tx, r.OrderID, r.SiteID)
		if err != nil {
			return err
		}
		if id, err = s.insertFiling(ctx, tx, newFiling{order: r.OrderID, site: site, customer: r.CustomerID,
			kind: filing.KindRegister, stage: filing.Installing, revision: registeredRevision}); isDuplicate(err) {
			return ErrConflict
		} else if err != nil {
			return err
		}
		sealed, err := s.keys.SealJSON(dossierAAD(id, registeredRevision), r.Dossier)
		if err != nil {
			return err
		}
		if err := exec(ctx, tx, `INSERT INTO dossiers (filing_id, revision, sealed, submitted_at) VALUES (?, ?, ?, ?)`,
			id, registeredRevision, sealed, now); err != nil {
			return err
		}
		if err := s.decideRegistered(ctx, tx, id, number, r.Certificate); err != nil {
			return err
		}
		kind := filing.EventRegistered
		if !r.Compared {
			kind = filing.EventRegisteredUnchecked
		}
		if err := execAll(ctx, tx,
			fragmentOf(`INSERT INTO filing_events (filing_id, seq, at, kind, actor, detail) VALUES (?, 0, ?, ?, ?, ?)`,
				id, now, kind, r.Actor, number.String()),
			// The draft is now in the dossier.
			fragmentOf(`DELETE FROM order_drafts WHERE order_id = ? AND form IN (?, ?)`, r.OrderID, formRegister,
				siteForm(formRegister, site))); err != nil {
			return err
		}
		return s.updateOrderState(ctx, tx, r.OrderID)
	})
	if err != nil {
		return Filing{}, fmt.Errorf("registering a number on order %d: %w", r.OrderID, err)
	}
	return s.Filing(ctx, id)
}

// decideRegistered stores the number where the bureau's would be: in an approval of a record that has no account, so
// that no data file includes it.
func (s *Store) decideRegistered(ctx context.Context, tx *sqlx.Tx, filingID int64, number filing.Number,
	certificate []byte) error {
	now := s.utcNow()
	record, err := insert(ctx, tx, `INSERT INTO records (filing_id, revision, account_id, operation, created_at)
		VALUES (?, ?, NULL, ?, ?)`, filingID, registeredRevision, filing.KindRegister.Operation(), now)
	if err != nil {
		return err
	}
	site := ""
	if number.Site > 0 {
		site = number.String()
	}
	if len(certificate) == 0 {
		certificate = nil
	}
	return exec(ctx, tx, `
		INSERT INTO decisions (record_id, approved, holder_number, site_number, certificate, created_at, signalled_at)
		VALUES (?, TRUE, ?, NULLIF(?, ''), ?, ?, ?)`, record, number.Holder(), site, certificate, now, now)
}

// TakeOff removes a registered number from its order (取消登记) and ends the filing. It returns ErrConflict if the filing
// isn't a completed registration.
func (s *Store) TakeOff(ctx context.Context, filingID int64, actor string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		f, err := lockFiling(ctx, tx, filingID)
		if err != nil {
			return err
		}
		if !f.Kind.Registers() || f.Stage != filing.Filed {
			return ErrConflict
		}
		return s.deregister(ctx, tx, filingID, f.Seq, filing.EventTakenOff, actor)
	})
}
