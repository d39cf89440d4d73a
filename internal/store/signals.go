package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// Signal waits to be sent to a filing's workflow.
type Signal struct {
	ID          int64  `db:"id"`
	FilingID    int64  `db:"filing_id"`
	OrderNumber string `db:"order_number"`
	Serial      int    `db:"serial"`
	Name        string `db:"name"`
	Payload     string `db:"payload"` // JSON
}

// Ref is the reference of the signal's filing.
func (s Signal) Ref() string { return filing.Ref(s.OrderNumber, s.Serial) }

// acceptedSignal is the payload of SignalAccepted; the filing workflow reads it as workflows.Accepted.
type acceptedSignal struct {
	FilingID   int64  `json:"filing" db:"filing_id"`
	Revision   int    `json:"revision" db:"revision"`
	CheckHours int    `json:"check_hours" db:"sms_verification_hours"`
	Actor      string `json:"actor,omitempty" db:"submitted_by"`
}

// decidedSignal is the payload of SignalDecided; the filing workflow reads it as workflows.Decided.
type decidedSignal struct {
	FilingID int64  `json:"filing" db:"filing_id"`
	Revision int    `json:"revision" db:"revision"`
	Approved bool   `json:"approved" db:"approved"`
	Code     int    `json:"code" db:"code"`
	Actor    string `json:"actor,omitempty" db:"decided_by"`
	Named    bool   `json:"named,omitempty" db:"named"`
	// VerificationExpired and Returned: see workflows.Decided.
	VerificationExpired bool `json:"verification_expired,omitempty" db:"verification_expired"`
	Returned            bool `json:"returned,omitempty" db:"returned_together"`
}

// queueSignal adds a signal, once per key, in the transaction of the change it reports.
func (s *Store) queueSignal(ctx context.Context, tx *sqlx.Tx, key string, filingID int64, name string,
	payload any) error {
	text, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	return exec(ctx, tx, `INSERT IGNORE INTO signals (signal_key, filing_id, name, payload, created_at)
		VALUES (?, ?, ?, ?, ?)`, key, filingID, name, text, s.utcNow())
}

// acceptedRecord is a record that a bureau accepted, by data file or by hand.
type acceptedRecord struct {
	RecordID int64 `db:"id"`
	acceptedSignal
}

// acceptedSelect: cancelling an access isn't verified by SMS (filing.Kind.VerifiedBySMS), and the verification of a
// carrier is that of all sites in its record.
var acceptedSelect = `
	SELECT r.id, r.filing_id, r.revision, r.submitted_by,
		IF(r.operation = ` + strconv.Itoa(filing.KindCancelAccess.Operation()) + ` OR r.carrier_id IS NOT NULL, 0,
			a.sms_verification_hours)
		AS sms_verification_hours
	FROM records r JOIN bureau_accounts a ON a.id = r.account_id `

func (s *Store) queueAccepted(ctx context.Context, tx *sqlx.Tx, r acceptedRecord) error {
	return s.queueSignal(ctx, tx, fmt.Sprintf("accepted/%d", r.RecordID), r.FilingID, SignalAccepted, r.acceptedSignal)
}

// UnsentSignals lists unsent signals after one, oldest first.
func (s *Store) UnsentSignals(ctx context.Context, after int64, limit int) ([]Signal, error) {
	return selectAll[Signal](ctx, s.db, `
		SELECT s.id, s.filing_id, o.number AS order_number, f.serial, s.name, s.payload
		FROM signals s JOIN filings f ON f.id = s.filing_id JOIN orders o ON o.id = f.order_id
		WHERE s.sent_at IS NULL AND s.id > ? ORDER BY s.id LIMIT ?`, after, limit)
}

// SignalSent records that a signal was sent.
func (s *Store) SignalSent(ctx context.Context, id int64) error {
	return exec(ctx, s.db, `UPDATE signals SET sent_at = ? WHERE id = ? AND sent_at IS NULL`, s.utcNow(), id)
}

// Signalled reports whether a filing was ever to get a signal with this content.
func (s *Store) Signalled(ctx context.Context, filingID int64, name string, content []byte) (bool, error) {
	stored, err := selectAll[string](ctx, s.db, `SELECT payload FROM signals WHERE filing_id = ? AND name = ?`, filingID,
		name)
	if err != nil {
		return false, err
	}
	said, err := signalOf(name, content)
	if err != nil {
		return false, nil //nolint:nilerr // nobody here writes such a one
	}
	for _, text := range stored {
		if is, err := signalOf(name, []byte(text)); err == nil && is == said {
			return true, nil
		}
	}
	return false, nil
}

// signalOf reads a signal's content; those that report nothing of the bureau have none here.
func signalOf(name string, content []byte) (any, error) {
	switch name {
	case SignalAccepted:
		var s acceptedSignal
		err := json.Unmarshal(content, &s)
		return s, err
	case SignalDecided:
		var s decidedSignal
		err := json.Unmarshal(content, &s)
		return s, err
	case SignalResubmitted:
		var s resubmittedSignal
		err := json.Unmarshal(content, &s)
		return s, err
	}
	return nil, fmt.Errorf("no signal %q", name)
}

// Restart updates a filing's projection as Advance does, and resends every signal that the filing ever got. It returns
// ErrConflict if the row has moved on since the update was numbered.
func (s *Store) Restart(ctx context.Context, p Progress) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		f, err := lockFiling(ctx, tx, p.FilingID)
		if err != nil {
			return err
		}
		last, _, err := getOptional[filing.EventKind](ctx, tx, `SELECT kind FROM filing_events WHERE filing_id = ?
			AND seq = ?`, p.FilingID, f.Seq)
		switch {
		case err != nil:
			return err
		case f.Seq == p.Seq && last == p.EventKind:
			return nil // a retried activity
		case f.Seq != p.Seq-1:
			return ErrConflict
		}
		if err := s.advance(ctx, tx, p); err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE signals SET sent_at = NULL WHERE filing_id = ?`, p.FilingID)
	})
}

// OpenFilings lists filings that are under way, and those completed after a time, ordered by ID, after one.
func (s *Store) OpenFilings(ctx context.Context, filedAfter time.Time, after int64, limit int) ([]Filing, error) {
	return selectAll[Filing](ctx, s.db, filingSelect+`
		WHERE f.id > ? AND f.seq > 0 AND (f.stage NOT IN (?, ?, ?) OR f.stage = ? AND f.stage_since > ?) ORDER BY f.id
		LIMIT ?`, after, filing.Filed, filing.Withdrawn, filing.Deregistered, filing.Filed, filedAfter, limit)
}
