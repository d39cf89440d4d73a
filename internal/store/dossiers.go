package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

func dossierAAD(filingID int64, revision int) string {
	return fmt.Sprintf("dossiers/%d/%d", filingID, revision)
}

// SaveDossier stores a dossier and its papers as the filing's next revision and returns its number; submitting again
// before the workflow accepts it replaces it. It returns ErrConflict if the filing's stage doesn't allow it or a paper
// was removed in the meantime.
func (s *Store) SaveDossier(ctx context.Context, filingID int64, d filing.Dossier,
	papers ...SubmittedPaper) (revision int, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		var row struct {
			Kind     filing.Kind  `db:"kind"`
			Stage    filing.Stage `db:"stage"`
			Revision int          `db:"revision"`
		}
		if err := tx.GetContext(ctx, &row, `SELECT kind, stage, revision FROM filings WHERE id = ?
			FOR UPDATE`, filingID); err != nil {
			return notFoundAs(err, "filing")
		}
		if row.Stage != filing.Preparing && row.Stage != filing.Correcting {
			return ErrConflict
		}
		if row.Kind.FollowsUp() && d.Kind != row.Kind {
			return ErrConflict
		}
		revision = row.Revision + 1
		sealed, err := s.keys.SealJSON(dossierAAD(filingID, revision), d)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO dossiers (filing_id, revision, sealed, submitted_at) VALUES (?, ?, ?, ?)
			ON DUPLICATE KEY UPDATE sealed = VALUES(sealed), submitted_at = VALUES(submitted_at)`,
			filingID, revision, sealed, s.utcNow())
		if err != nil {
			return err
		}
		if err := s.fixPapers(ctx, tx, filingID, revision, papers); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE filings SET kind = ? WHERE id = ?`, d.Kind, filingID); err != nil {
			return err
		}
		return s.findBy(ctx, tx, filingID, revision, d)
	})
	if err != nil && !errors.Is(err, ErrConflict) {
		err = fmt.Errorf("saving the dossier of filing %d: %w", filingID, err)
	}
	return revision, err
}

// Dossier returns a revision of a filing's dossier.
func (s *Store) Dossier(ctx context.Context, filingID int64, revision int) (filing.Dossier, error) {
	var d filing.Dossier
	var sealed []byte
	err := s.db.GetContext(ctx, &sealed, `SELECT sealed FROM dossiers WHERE filing_id = ?
		AND revision = ?`, filingID, revision)
	if err != nil {
		return d, notFoundAs(err, "dossier")
	}
	return d, s.keys.OpenJSON(dossierAAD(filingID, revision), sealed, &d)
}

// LatestRevision is a filing's latest submitted revision; 0: none.
func (s *Store) LatestRevision(ctx context.Context, filingID int64) (revision int, err error) {
	var n sql.NullInt64
	err = s.db.GetContext(ctx, &n, `SELECT MAX(revision) FROM dossiers WHERE filing_id = ?`, filingID)
	return int(n.Int64), err
}
