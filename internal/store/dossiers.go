package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

func dossierAAD(filingID int64, revision int) string {
	return fmt.Sprintf("dossiers/%d/%d", filingID, revision)
}

// SaveDossier stores a dossier and its papers as the filing's next revision and returns its number; submitting again
// before the workflow accepts it replaces it. A companion's dossier gets the holder of the filing that it travels with.
// What the bureau returned because of this site is submitted again as it is. It returns ErrConflict if the filing's
// stage or kind doesn't allow it or a paper was removed in the meantime, ErrHolderMissing for a companion whose holder
// isn't known yet.
func (s *Store) SaveDossier(ctx context.Context, filingID int64, d filing.Dossier,
	papers ...SubmittedPaper) (revision int, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		f, err := lockFillable(ctx, tx, filingID)
		if err != nil {
			return err
		}
		if f.Kind.FollowsUp() && d.Kind != f.Kind {
			return ErrConflict
		}
		d := d
		if err := s.together(ctx, tx, f, &d); err != nil {
			return err
		}
		revision = f.Revision + 1
		if err := s.putDossier(ctx, tx, filingID, revision, d); err != nil {
			return err
		}
		if err := s.fixPapers(ctx, tx, filingID, revision, papers); err != nil {
			return err
		}
		if err := exec(ctx, tx, `UPDATE filings SET kind = ? WHERE id = ?`, d.Kind, filingID); err != nil {
			return err
		}
		if err := s.findBy(ctx, tx, filingID, revision, d); err != nil {
			return err
		}
		return s.submitReturned(ctx, tx, f)
	})
	if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrHolderMissing) {
		err = during(err, "saving the dossier of filing %d", filingID)
	}
	return revision, err
}

// putDossier stores a revision of a dossier, or replaces it.
func (s *Store) putDossier(ctx context.Context, tx *sqlx.Tx, filingID int64, revision int, d filing.Dossier) error {
	sealed, err := s.keys.SealJSON(dossierAAD(filingID, revision), d)
	if err != nil {
		return err
	}
	return exec(ctx, tx, `INSERT INTO dossiers (filing_id, revision, sealed, submitted_at) VALUES (?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE sealed = VALUES(sealed), submitted_at = VALUES(submitted_at)`, filingID, revision, sealed,
		s.utcNow())
}

// Dossier returns a revision of a filing's dossier.
func (s *Store) Dossier(ctx context.Context, filingID int64, revision int) (filing.Dossier, error) {
	return s.dossier(ctx, s.db, filingID, revision)
}

func (s *Store) dossier(ctx context.Context, db sqlx.QueryerContext, filingID int64,
	revision int) (d filing.Dossier, err error) {
	sealed, err := find[[]byte](ctx, db, "dossier", `SELECT sealed FROM dossiers WHERE filing_id = ? AND revision = ?`,
		filingID, revision)
	if err != nil {
		return d, err
	}
	err = s.keys.OpenJSON(dossierAAD(filingID, revision), sealed, &d)
	return d, err
}

// LatestRevision is a filing's latest submitted revision; 0: none.
func (s *Store) LatestRevision(ctx context.Context, filingID int64) (int, error) {
	return get[int](ctx, s.db, `SELECT COALESCE(MAX(revision), 0) FROM dossiers WHERE filing_id = ?`, filingID)
}
