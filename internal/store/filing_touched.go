package store

import (
	"context"
	"time"
)

// LastTouched is when somebody last did something about a filing: entered its present stage, saved a form, uploaded a
// paper, gave or corrected the contact, asked for a code. The system's own lines in the timeline don't count.
func (s *Store) LastTouched(ctx context.Context, filingID int64) (time.Time, error) {
	return find[time.Time](ctx, s.db, "filing", `
		SELECT GREATEST(f.stage_since,
			COALESCE((SELECT MAX(e.at) FROM filing_events e WHERE e.filing_id = f.id AND e.actor <> 'system'), f.stage_since),
			COALESCE((SELECT MAX(d.updated_at) FROM drafts d WHERE d.filing_id = f.id), f.stage_since),
			COALESCE((SELECT MAX(GREATEST(p.uploaded_at, COALESCE(p.removed_at, p.uploaded_at))) FROM papers p
				WHERE p.filing_id = f.id), f.stage_since),
			COALESCE((SELECT c.updated_at FROM contacts c WHERE c.filing_id = f.id), f.stage_since),
			COALESCE((SELECT MAX(v.requested_at) FROM verifications v WHERE v.filing_id = f.id), f.stage_since))
		FROM filings f WHERE f.id = ?`, filingID)
}
