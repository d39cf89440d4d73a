package store

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// DraftMark identifies a page and the version of the draft that it was made from.
type DraftMark struct {
	// Version is the draft's version when the page was made; 0: there was none.
	Version int64
	// Writer is the page's random name. A page may always overwrite its own version, even if it never learned that its
	// last save arrived.
	Writer string
}

// DraftRow locates a form's draft.
type DraftRow struct {
	table, where, columns, aad string
	key                        []any
}

// FilingDraft locates the draft of a filing's form.
func FilingDraft(filingID int64, form string) DraftRow {
	return DraftRow{
		table: "drafts", columns: "filing_id, form", where: "filing_id = ? AND form = ?",
		aad: fmt.Sprintf("drafts/%d/%s", filingID, form), key: []any{filingID, form},
	}
}

// OrderDraft locates the draft of a form that precedes a filing. It belongs to the customer who typed it, even if the
// order changes hands.
func OrderDraft(orderID, userID int64, form string) DraftRow {
	return DraftRow{
		table: "order_drafts", columns: "order_id, user_id, form", where: "order_id = ? AND user_id = ? AND form = ?",
		aad: fmt.Sprintf("order_drafts/%d/%d/%s", orderID, userID, form), key: []any{orderID, userID, form},
	}
}

// SiteDraft is OrderDraft for one of an order's several sites.
func SiteDraft(orderID, siteID, userID int64, form string) DraftRow {
	return OrderDraft(orderID, userID, siteForm(form, siteID))
}

// siteForm names a site's form; the column takes 16 characters.
func siteForm(form string, siteID int64) string {
	return form[:1] + "/" + strconv.FormatInt(siteID, 36)
}

func (r DraftRow) args(before ...any) []any { return append(before, r.key...) }

// keepOrderDrafts is how long an abandoned order draft is kept.
const keepOrderDrafts = 90 * 24 * time.Hour

// SaveDraft stores a form's input, valid or not, and overwrites any earlier draft.
func (s *Store) SaveDraft(ctx context.Context, filingID int64, form string, v any) error {
	return s.SaveDraftAt(ctx, FilingDraft(filingID, form), v)
}

// SaveDraftAt is SaveDraft for any form.
func (s *Store) SaveDraftAt(ctx context.Context, row DraftRow, v any) error {
	sealed, err := s.keys.SealJSON(row.aad, v)
	if err != nil {
		return err
	}
	return exec(ctx, s.db, `
		INSERT INTO `+row.table+` (sealed, updated_at, `+row.columns+`) VALUES (?, ?`+strings.Repeat(", ?", len(row.key))+`)
		ON DUPLICATE KEY UPDATE sealed = VALUES(sealed), updated_at = VALUES(updated_at), version = version + 1, writer = ''`,
		row.args(sealed, s.utcNow())...)
}

// SaveDraftOver stores a page's input and returns the draft's new version; ErrConflict if another page has saved since
// this one was made.
func (s *Store) SaveDraftOver(ctx context.Context, row DraftRow, mark DraftMark, v any) (version int64, err error) {
	sealed, err := s.keys.SealJSON(row.aad, v)
	if err != nil {
		return 0, err
	}
	now := s.utcNow()
	if mark.Version == 0 {
		first, err := changed(ctx, s.db, `INSERT IGNORE INTO `+row.table+` (sealed, updated_at, writer, `+row.columns+
			`) VALUES (?, ?, ?`+strings.Repeat(", ?", len(row.key))+`)`, row.args(sealed, now, mark.Writer)...)
		if err != nil || first {
			return 1, err
		}
	}
	// LAST_INSERT_ID(x) returns the version that this statement sets.
	res, err := s.db.ExecContext(ctx, `
		UPDATE `+row.table+` SET sealed = ?, updated_at = ?, version = LAST_INSERT_ID(version + 1), writer = ?
		WHERE `+row.where+` AND (version = ? OR (writer = ? AND writer <> ''))`,
		append(row.args(sealed, now, mark.Writer), mark.Version, mark.Writer)...)
	if err != nil {
		return 0, err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return 0, fmt.Errorf("draft: %w", cmp.Or(err, ErrConflict))
	}
	return res.LastInsertId()
}

// Draft loads a saved draft into v; ErrNotFound if there is none.
func (s *Store) Draft(ctx context.Context, filingID int64, form string, v any) error {
	return s.DraftAt(ctx, FilingDraft(filingID, form), v)
}

// DraftAt is Draft for any form.
func (s *Store) DraftAt(ctx context.Context, row DraftRow, v any) error {
	sealed, err := find[[]byte](ctx, s.db, "draft", `SELECT sealed FROM `+row.table+` WHERE `+row.where, row.key...)
	if err != nil {
		return err
	}
	return s.keys.OpenJSON(row.aad, sealed, v)
}

// DraftVersion is a draft's version; 0 if there is none. Read it before the draft: at worst the page then looks older
// than it is, which may cause a false conflict but never misses one.
func (s *Store) DraftVersion(ctx context.Context, row DraftRow) (int64, error) {
	version, _, err := getOptional[int64](ctx, s.db, `SELECT version FROM `+row.table+` WHERE `+row.where, row.key...)
	return version, err
}

// LocalDraftKey is the key with which a browser encrypts its offline copy of a draft. Each account and draft has its
// own, so that nobody else at that computer can read the copy.
func (s *Store) LocalDraftKey(userID int64, row DraftRow) ([]byte, error) {
	return s.keys.Hash("drafts/local", fmt.Sprintf("%d/%s", userID, row.aad))
}
