package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// DraftMark says from which state of a draft a page was made, and which page it is.
type DraftMark struct {
	// Version is the draft's when the page was made; 0: there was none.
	Version int64
	// Writer is the page's own random name. A page may always save over itself,
	// also when it never heard that its last save arrived.
	Writer string
}

func draftPlace(filingID int64, form string) string {
	return fmt.Sprintf("drafts/%d/%s", filingID, form)
}

// SaveDraft keeps a form as it was typed, right or wrong, whatever was kept before.
func (s *Store) SaveDraft(ctx context.Context, filingID int64, form string, v any) error {
	sealed, err := s.keys.SealJSON(draftPlace(filingID, form), v)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `
		INSERT INTO drafts (filing_id, form, sealed, updated_at) VALUES (?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE sealed = VALUES(sealed), updated_at = VALUES(updated_at), version = version + 1, writer = ''`,
		filingID, form, sealed, s.utcNow())
	return err
}

// SaveDraftOver keeps a form as it was typed on a page and returns the draft's
// new version; ErrConflict when another page saved since this one was made.
func (s *Store) SaveDraftOver(ctx context.Context, filingID int64, form string, mark DraftMark, v any) (version int64, err error) {
	sealed, err := s.keys.SealJSON(draftPlace(filingID, form), v)
	if err != nil {
		return 0, err
	}
	now := s.utcNow()
	if mark.Version == 0 {
		res, err := s.db.ExecContext(ctx, `INSERT IGNORE INTO drafts (filing_id, form, sealed, updated_at, writer) VALUES (?, ?, ?, ?, ?)`,
			filingID, form, sealed, now, mark.Writer)
		if err != nil {
			return 0, err
		}
		if first, err := changed(res); err != nil || first {
			return 1, err
		}
	}
	// LAST_INSERT_ID(x) makes the version that was set this statement's answer
	res, err := s.db.ExecContext(ctx, `
		UPDATE drafts SET sealed = ?, updated_at = ?, version = LAST_INSERT_ID(version + 1), writer = ?
		WHERE filing_id = ? AND form = ? AND (version = ? OR (writer = ? AND writer <> ''))`,
		sealed, now, mark.Writer, filingID, form, mark.Version, mark.Writer)
	if err != nil {
		return 0, err
	}
	if ok, err := changed(res); err != nil {
		return 0, err
	} else if !ok {
		return 0, fmt.Errorf("draft: %w", ErrConflict)
	}
	return res.LastInsertId()
}

// Draft loads what SaveDraft kept into v; ErrNotFound when there is none.
func (s *Store) Draft(ctx context.Context, filingID int64, form string, v any) error {
	var sealed []byte
	err := s.db.GetContext(ctx, &sealed, `SELECT sealed FROM drafts WHERE filing_id = ? AND form = ?`, filingID, form)
	if err != nil {
		return one(err, "draft")
	}
	return s.keys.OpenJSON(draftPlace(filingID, form), sealed, v)
}

// DraftVersion is a draft's version; 0 when there is none. Asked for before the
// draft is read, it makes a page older than it is at the worst: a conflict too
// many, never one too few.
func (s *Store) DraftVersion(ctx context.Context, filingID int64, form string) (version int64, err error) {
	err = s.db.GetContext(ctx, &version, `SELECT version FROM drafts WHERE filing_id = ? AND form = ?`, filingID, form)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return version, err
}
