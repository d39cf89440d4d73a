package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// SendBack is why vetting sent a revision back (初审退回).
type SendBack struct {
	Revision int    `db:"revision"`
	Actor    string `db:"sent_back_by"`
	// Reasons are keys of filing.SendBackReasons, Text is what staff wrote; at least one is set.
	Reasons []string `db:"-"`
	// Notes are what staff added to the reasons, by key.
	Notes map[string]string `db:"-"`
	Text  string            `db:"-"`
	// Fields ("form.field") are what the reasons are about.
	Fields []string  `db:"-"`
	At     time.Time `db:"created_at"`
}

// sendBackReason is the sealed part: staff may mention people.
type sendBackReason struct {
	Reasons []string          `json:"reasons,omitempty"`
	Notes   map[string]string `json:"notes,omitempty"`
	Text    string            `json:"text,omitempty"`
}

func sendBackAAD(filingID int64, revision int) string {
	return fmt.Sprintf("send_backs/%d/%d", filingID, revision)
}

// saveSendBack stores why a revision is sent back, before the filing gets the signal. There is one row per revision;
// until the filing moves, a new reason replaces the old one.
func (s *Store) saveSendBack(ctx context.Context, tx *sqlx.Tx, filingID int64, b SendBack) error {
	sealed, err := s.keys.SealJSON(sendBackAAD(filingID, b.Revision), sendBackReason{b.Reasons, b.Notes, b.Text})
	if err != nil {
		return err
	}
	fields, err := json.Marshal(append([]string{}, b.Fields...)) // [] rather than null if there are none
	if err != nil {
		return err
	}
	return exec(ctx, tx, `
		INSERT INTO send_backs (filing_id, revision, sealed_reason, fields, sent_back_by, created_at)
		VALUES (?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE sealed_reason = VALUES(sealed_reason), fields = VALUES(fields), sent_back_by =
		VALUES(sent_back_by)`, filingID, b.Revision, sealed, string(fields), b.Actor, s.utcNow())
}

// SendBacks returns why revisions of a filing were sent back, by revision. They may include a revision that passed in
// the end: see its timeline.
func (s *Store) SendBacks(ctx context.Context, filingID int64) (map[int]SendBack, error) {
	rows, err := selectAll[struct {
		SendBack
		Sealed []byte `db:"sealed_reason"`
		Fields string `db:"fields"`
	}](ctx, s.db, `SELECT revision, sealed_reason, fields, sent_back_by, created_at
		FROM send_backs WHERE filing_id = ?`, filingID)
	if err != nil {
		return nil, err
	}
	list := make(map[int]SendBack, len(rows))
	for _, r := range rows {
		var reason sendBackReason
		if err := s.keys.OpenJSON(sendBackAAD(filingID, r.Revision), r.Sealed, &reason); err != nil {
			return nil, err
		}
		b := r.SendBack
		b.Reasons, b.Notes, b.Text = reason.Reasons, reason.Notes, reason.Text
		if err := json.Unmarshal([]byte(r.Fields), &b.Fields); err != nil {
			return nil, fmt.Errorf("the fields of a send-back of filing %d: %w", filingID, err)
		}
		list[r.Revision] = b
	}
	return list, nil
}
