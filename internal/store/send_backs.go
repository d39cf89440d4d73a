package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// SendBack is why our own staff sent a revision back (初审退回).
type SendBack struct {
	Revision int
	Actor    string
	// Reasons are keys of filing.SendBackReasons, Text is what staff wrote; one of
	// them is there.
	Reasons []string
	Text    string
	// Fields ("form.field") are what it is about.
	Fields []string
	At     time.Time
}

// sendBackReason is what is sealed of it: staff may name people.
type sendBackReason struct {
	Reasons []string `json:"reasons,omitempty"`
	Text    string   `json:"text,omitempty"`
}

func sendBackPlace(filingID int64, revision int) string {
	return fmt.Sprintf("send_backs/%d/%d", filingID, revision)
}

// SaveSendBack keeps why a revision is sent back, before its filing is told. Until
// the filing moves, another word replaces it: one row for a revision. ErrConflict
// when the revision isn't with staff (any more).
func (s *Store) SaveSendBack(ctx context.Context, filingID int64, b SendBack) error {
	sealed, err := s.keys.SealJSON(sendBackPlace(filingID, b.Revision), sendBackReason{b.Reasons, b.Text})
	if err != nil {
		return err
	}
	fields, err := json.Marshal(append([]string{}, b.Fields...)) // [] for none, never null
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var f struct {
			Stage    filing.Stage `db:"stage"`
			Revision int          `db:"revision"`
		}
		if err := tx.GetContext(ctx, &f, `SELECT stage, revision FROM filings WHERE id = ? FOR UPDATE`, filingID); err != nil {
			return one(err, "filing")
		}
		if f.Stage != filing.Checking || f.Revision != b.Revision {
			return ErrConflict
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO send_backs (filing_id, revision, sealed_reason, fields, sent_back_by, created_at) VALUES (?, ?, ?, ?, ?, ?)
			ON DUPLICATE KEY UPDATE sealed_reason = VALUES(sealed_reason), fields = VALUES(fields), sent_back_by = VALUES(sent_back_by)`,
			filingID, b.Revision, sealed, string(fields), b.Actor, s.utcNow())
		return err
	})
}

// SendBacks opens why revisions of a filing were sent back, by revision. One that
// passed after all may be among them: its timeline knows.
func (s *Store) SendBacks(ctx context.Context, filingID int64) (map[int]SendBack, error) {
	var rows []struct {
		Revision int       `db:"revision"`
		Sealed   []byte    `db:"sealed_reason"`
		Fields   string    `db:"fields"`
		Actor    string    `db:"sent_back_by"`
		At       time.Time `db:"created_at"`
	}
	if err := s.db.SelectContext(ctx, &rows, `
		SELECT revision, sealed_reason, fields, sent_back_by, created_at FROM send_backs WHERE filing_id = ?`, filingID); err != nil {
		return nil, err
	}
	list := make(map[int]SendBack, len(rows))
	for _, r := range rows {
		var reason sendBackReason
		if err := s.keys.OpenJSON(sendBackPlace(filingID, r.Revision), r.Sealed, &reason); err != nil {
			return nil, err
		}
		b := SendBack{Revision: r.Revision, Actor: r.Actor, Reasons: reason.Reasons, Text: reason.Text, At: r.At}
		if err := json.Unmarshal([]byte(r.Fields), &b.Fields); err != nil {
			return nil, fmt.Errorf("the fields of what was sent back of filing %d: %w", filingID, err)
		}
		list[r.Revision] = b
	}
	return list, nil
}
