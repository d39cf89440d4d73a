package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// The result codes of decisions recorded by hand: the bureau's own for "approved" and "refused" (3-5).
const (
	codeApproved = 1001
	codeRefused  = 1002
)

// ManualDecision is the bureau's decision on a record, as recorded by staff.
type ManualDecision struct {
	Actor    string
	Approved bool
	// Issued is what the bureau issued with an approval.
	Issued filing.Issued
	// Opinion is why the bureau refused, Fields ("form.field") what the refusal is about.
	Opinion string
	Fields  []string
}

func passwordAAD(recordID int64) string { return fmt.Sprintf("decisions/%d/password", recordID) }

// DecideByHand records the bureau's decision on a submitted record, once, and queues the signal to its filing. It
// returns ErrConflict if the record isn't submitted yet or is already decided.
func (s *Store) DecideByHand(ctx context.Context, recordID int64, d ManualDecision) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		r, _, err := lockManual(ctx, tx, recordID)
		if err != nil {
			return err
		}
		if !r.SubmittedAt.Valid || r.Decided {
			return ErrConflict
		}
		now := s.utcNow()
		if err := exec(ctx, tx, `INSERT IGNORE INTO decisions (record_id, created_at) VALUES (?, ?)`,
			recordID, now); err != nil {
			return err
		}
		set, err := s.manualColumns(recordID, d)
		if err != nil {
			return err
		}
		if err := changeOne(ctx, tx, `UPDATE decisions SET `+set.sql+`, decided_by = ?, reviewed_at = ?, approved = ?
			WHERE record_id = ? AND approved IS NULL`, set.with(d.Actor, now, d.Approved, recordID)...); err != nil {
			return err
		}
		return s.signalRecords(ctx, tx, oneRecord, recordID)
	})
}

// manualColumns returns the columns that the decision sets.
func (s *Store) manualColumns(recordID int64, d ManualDecision) (set fragment, err error) {
	if !d.Approved {
		opinion, err := s.keys.Seal(opinionAAD(recordID), []byte(d.Opinion))
		if err != nil {
			return set, err
		}
		fields, err := json.Marshal(append([]string{}, d.Fields...)) // [] rather than null if there are none
		return fragmentOf(`code = ?, sealed_opinion = ?, fields = ?, verification_expired = ?`, codeRefused, opinion,
			string(fields), len(d.Fields) == 0 && filing.VerificationRanOut(d.Opinion)), err
	}
	password, err := s.sealOptional(passwordAAD(recordID), []byte(d.Issued.Password))
	var certificate []byte // stays NULL if there is none
	if len(d.Issued.Certificate) > 0 {
		certificate = d.Issued.Certificate
	}
	return fragmentOf(`code = ?, holder_number = COALESCE(NULLIF(?, ''), holder_number),
			site_number = COALESCE(NULLIF(?, ''), site_number), sealed_password = ?,
			certificate = COALESCE(?, certificate), certificate_path = NULL`,
		codeApproved, d.Issued.HolderNumber, d.Issued.SiteNumber, password, certificate), err
}
