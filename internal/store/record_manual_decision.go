package store

import (
	"context"
	"encoding/json"
	"errors"
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
		r, err := s.lockManual(ctx, tx, recordID)
		if err != nil {
			return err
		}
		if !r.SubmittedAt.Valid || r.Decided {
			return ErrConflict
		}
		now := s.utcNow()
		if _, err := tx.ExecContext(ctx, `INSERT IGNORE INTO decisions (record_id, created_at)
			VALUES (?, ?)`, recordID, now); err != nil {
			return err
		}
		set, args, err := s.manualColumns(recordID, d)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE decisions SET decided_by = ?, reviewed_at = ?,
			approved = ?`+set+` WHERE record_id = ? AND approved IS NULL`,
			append(append([]any{d.Actor, now, d.Approved}, args...), recordID)...)
		if err != nil {
			return err
		}
		if ok, err := changedOneRow(res); err != nil || !ok {
			return errors.Join(ErrConflict, err)
		}
		return s.signalRecords(ctx, tx, oneRecord, recordID)
	})
}

// manualColumns returns the columns that the decision sets.
func (s *Store) manualColumns(recordID int64, d ManualDecision) (set string, args []any, err error) {
	if !d.Approved {
		opinion, err := s.keys.Seal(opinionAAD(recordID), []byte(d.Opinion))
		if err != nil {
			return "", nil, err
		}
		fields, err := json.Marshal(append([]string{}, d.Fields...)) // [] rather than null if there are none
		return `, code = ?, sealed_opinion = ?, fields = ?`, []any{codeRefused, opinion, string(fields)}, err
	}
	var password []byte
	if d.Issued.Password != "" {
		if password, err = s.keys.Seal(passwordAAD(recordID), []byte(d.Issued.Password)); err != nil {
			return "", nil, err
		}
	}
	var certificate []byte // stays NULL if there is none
	if len(d.Issued.Certificate) > 0 {
		certificate = d.Issued.Certificate
	}
	return `, code = ?, holder_number = COALESCE(NULLIF(?, ''), holder_number), site_number = COALESCE(NULLIF(?, ''), site_number), sealed_password = ?,
			certificate = COALESCE(?, certificate), certificate_path = NULL`,
		[]any{codeApproved, d.Issued.HolderNumber, d.Issued.SiteNumber, password, certificate}, nil
}
