package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jmoiron/sqlx"
)

// HomeTarget is the target of the home page's check; every other target is a domain.
const HomeTarget = "home"

// SiteCheck is the latest result of checking a site.
type SiteCheck struct {
	Target string `db:"target"`
	OK     bool   `db:"ok"`
	// Kind is a key in the locale files below "site_check.".
	Kind string `db:"kind"`
	// Args fill the text's placeholders.
	Args      map[string]any `db:"-"`
	CheckedAt time.Time      `db:"checked_at"`
}

// SaveSiteChecks stores the latest result for each target.
func (s *Store) SaveSiteChecks(ctx context.Context, filingID int64, checks []SiteCheck) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		for _, c := range checks {
			detail, err := json.Marshal(c.Args)
			if err != nil {
				return err
			}
			if err := exec(ctx, tx, `
				INSERT INTO site_checks (filing_id, target, ok, kind, detail, checked_at) VALUES (?, ?, ?, ?, ?, ?)
				ON DUPLICATE KEY UPDATE ok = VALUES(ok), kind = VALUES(kind), detail = VALUES(detail), checked_at =
				VALUES(checked_at)`, filingID, c.Target, c.OK, c.Kind, detail, now); err != nil {
				return err
			}
		}
		return exec(ctx, tx, `UPDATE filings SET site_bad_since = IF(EXISTS(SELECT 1 FROM site_checks WHERE filing_id = ?
			AND NOT ok), COALESCE(site_bad_since, ?), NULL) WHERE id = ?`, filingID, now, filingID)
	})
}

// SiteChecks lists the latest result for each target.
func (s *Store) SiteChecks(ctx context.Context, filingID int64) ([]SiteCheck, error) {
	rows, err := selectAll[struct {
		SiteCheck
		Detail []byte `db:"detail"`
	}](ctx, s.db, `SELECT target, ok, kind, detail, checked_at FROM site_checks WHERE filing_id = ? ORDER BY target`,
		filingID)
	checks := make([]SiteCheck, 0, len(rows))
	for _, r := range rows {
		if len(r.Detail) > 0 {
			if err := json.Unmarshal(r.Detail, &r.Args); err != nil {
				return nil, err
			}
		}
		checks = append(checks, r.SiteCheck)
	}
	return checks, err
}
