package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// FooterState is the state of a home page edit.
type FooterState string

const (
	// FooterAsked: the page is being examined.
	FooterAsked FooterState = "asked"
	// FooterPreviewed: the customer sees the difference.
	FooterPreviewed FooterState = "previewed"
	// FooterAgreed: the page is being written.
	FooterAgreed FooterState = "agreed"
	// FooterPlaced: the number is on the page.
	FooterPlaced FooterState = "placed"
	// FooterUndoing: the original is being restored.
	FooterUndoing FooterState = "undoing"
	// FooterUndone: the original is restored.
	FooterUndone FooterState = "undone"
	// FooterFailed: it can't be done, for a reason.
	FooterFailed FooterState = "failed"
)

// footerStale is how old an attempt may be for a second click to join it.
const footerStale = 2 * time.Minute

// FooterEdit is an edit of a home page's file, without its contents.
type FooterEdit struct {
	ID       int64       `db:"id"`
	FilingID int64       `db:"filing_id"`
	State    FooterState `db:"state"`
	// Reason is why the edit failed, or why a placed one couldn't be undone.
	Reason string `db:"reason"`
	Detail []byte `db:"detail"`
	// Placing are the numbers that it adds, separated by spaces; see Numbers.
	Placing string `db:"number"`
	// FileName is the page's path below the document root; BackupName is the original's backup.
	FileName    string       `db:"file_name"`
	BackupName  string       `db:"backup_name"`
	AskedBy     string       `db:"asked_by"`
	AgreedBy    string       `db:"agreed_by"`
	UndoneBy    string       `db:"undone_by"`
	AskedAt     time.Time    `db:"asked_at"`
	AgreedAt    sql.NullTime `db:"agreed_at"`
	PlacedAt    sql.NullTime `db:"placed_at"`
	UndoAskedAt sql.NullTime `db:"undo_asked_at"`
	UndoneAt    sql.NullTime `db:"undone_at"`
}

// Working reports whether the worker is busy with it.
func (e FooterEdit) Working() bool {
	return e.State == FooterAsked || e.State == FooterAgreed || e.State == FooterUndoing
}

// Since is when the worker last got a request for it.
func (e FooterEdit) Since() time.Time {
	switch e.State {
	case FooterAgreed:
		return e.AgreedAt.Time
	case FooterUndoing:
		return e.UndoAskedAt.Time
	}
	return e.AskedAt
}

// Touched is the time of the last request or completion.
func (e FooterEdit) Touched() time.Time {
	last := e.AskedAt
	for _, at := range []sql.NullTime{e.AgreedAt, e.PlacedAt, e.UndoAskedAt, e.UndoneAt} {
		if at.Valid && at.Time.After(last) {
			last = at.Time
		}
	}
	return last
}

// Numbers are the numbers that it adds to the footer.
func (e FooterEdit) Numbers() []string { return strings.Fields(e.Placing) }

// Args are the details for the reason's text.
func (e FooterEdit) Args() map[string]any {
	var args map[string]any
	_ = json.Unmarshal(e.Detail, &args) // none for most reasons
	return args
}

const footerSelect = `
	SELECT id, filing_id, state, reason, detail, number, file_name, backup_name, asked_by, agreed_by, undone_by, asked_at,
	agreed_at, placed_at, undo_asked_at, undone_at
	FROM footer_edits `

// ofOrder selects all edits of a filing's order: the web space belongs to the order, and a change is a filing of its
// own. Those of a former customer's filings aren't among them.
const ofOrder = `filing_id IN (SELECT s.id FROM filings s JOIN filings f ON f.order_id = s.order_id
	WHERE f.id = ? AND COALESCE(s.customer_id = f.customer_id, TRUE)) `

// lockFooters serialises changes to the edits of a filing's order.
func lockFooters(ctx context.Context, tx *sqlx.Tx, filingID int64) error {
	return notFoundAs(tx.GetContext(ctx, new(int64), `SELECT o.id FROM orders o JOIN filings f ON f.order_id = o.id
		WHERE f.id = ? FOR UPDATE`, filingID), "filing")
}

func footerAAD(id int64, part string) string { return fmt.Sprintf("footer_edits/%d/%s", id, part) }

// AskFooter starts an edit of a filing's home page, or joins one that was just started; ErrConflict while one of the
// order's edits is being written or undone. It deletes the pages of earlier attempts, except placed ones.
func (s *Store) AskFooter(ctx context.Context, filingID int64, actor string) (id int64, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := lockFooters(ctx, tx, filingID); err != nil {
			return err
		}
		now := s.utcNow()
		busy, err := selectAll[FooterEdit](ctx, tx, footerSelect+`WHERE `+ofOrder+`AND state IN (?, ?, ?) ORDER BY id DESC`,
			filingID, FooterAsked, FooterAgreed, FooterUndoing)
		if err != nil {
			return err
		}
		for _, e := range busy {
			switch {
			case e.State != FooterAsked:
				return ErrConflict
			case e.FilingID == filingID && e.AskedAt.After(now.Add(-footerStale)):
				id = e.ID
				return nil
			}
		}
		if err := exec(ctx, tx, `UPDATE footer_edits SET sealed_original = NULL, sealed_new = NULL,
			state = IF(state IN (?, ?), ?, state) WHERE `+ofOrder+`AND state <> ?`,
			FooterAsked, FooterPreviewed, FooterFailed, filingID, FooterPlaced); err != nil {
			return err
		}
		id, err = insert(ctx, tx, `INSERT INTO footer_edits (filing_id, state, asked_by, asked_at) VALUES (?, ?, ?, ?)`,
			filingID, FooterAsked, actor, now)
		return err
	})
	return id, err
}

// FooterEdit returns an edit by its ID.
func (s *Store) FooterEdit(ctx context.Context, id int64) (FooterEdit, error) {
	return find[FooterEdit](ctx, s.db, "home page edit", footerSelect+`WHERE id = ?`, id)
}

// FooterEdits lists a filing's latest attempts, newest first.
func (s *Store) FooterEdits(ctx context.Context, filingID int64) ([]FooterEdit, error) {
	return selectAll[FooterEdit](ctx, s.db, footerSelect+`WHERE filing_id = ? ORDER BY id DESC LIMIT 20`, filingID)
}

// FooterEditsOfOrder lists the latest attempts of all filings of a filing's order, newest first.
func (s *Store) FooterEditsOfOrder(ctx context.Context, filingID int64) ([]FooterEdit, error) {
	return selectAll[FooterEdit](ctx, s.db, footerSelect+`WHERE `+ofOrder+`ORDER BY id DESC LIMIT 20`, filingID)
}

// FooterPages returns an edit's original and edited page; ErrNotFound if they are no longer stored.
func (s *Store) FooterPages(ctx context.Context, id int64) (original, edited []byte, err error) {
	if err := scan(ctx, s.db, "pages of a home page edit", fragmentOf(`SELECT sealed_original, sealed_new FROM footer_edits
		WHERE id = ? AND sealed_original IS NOT NULL AND sealed_new IS NOT NULL`, id), &original, &edited); err != nil {
		return nil, nil, err
	}
	if original, err = s.keys.Open(footerAAD(id, "original"), original); err != nil {
		return nil, nil, err
	}
	edited, err = s.keys.Open(footerAAD(id, "new"), edited)
	return original, edited, err
}

// FooterPreview is what an edit would do.
type FooterPreview struct {
	// Numbers are what it would add.
	Numbers       []string
	FileName      string
	Original, New []byte
}

// FooterPreviewed stores a preview, once.
func (s *Store) FooterPreviewed(ctx context.Context, id int64, p FooterPreview) error {
	original, err := s.keys.Seal(footerAAD(id, "original"), p.Original)
	if err != nil {
		return err
	}
	edited, err := s.keys.Seal(footerAAD(id, "new"), p.New)
	if err != nil {
		return err
	}
	originalHash, newHash := sha256.Sum256(p.Original), sha256.Sum256(p.New)
	return exec(ctx, s.db, `
		UPDATE footer_edits SET state = ?, number = ?, file_name = ?, original_hash = ?, new_hash = ?, sealed_original = ?,
		sealed_new = ?, previewed_at = ?
		WHERE id = ? AND state = ?`,
		FooterPreviewed, strings.Join(p.Numbers, " "), p.FileName, originalHash[:], newHash[:], original, edited, s.utcNow(),
		id, FooterAsked)
}

// AgreeFooter records the customer's consent to write the page. backup names the original's copy by the time. It is
// idempotent; ErrConflict if the filing's preview is a different one or gone.
func (s *Store) AgreeFooter(ctx context.Context, filingID, id int64, actor string,
	backup func(name string, at time.Time) string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		e, err := find[FooterEdit](ctx, tx, "home page edit", footerSelect+`WHERE id = ? AND filing_id = ? FOR UPDATE`,
			id, filingID)
		if err != nil {
			return err
		}
		switch e.State {
		case FooterAgreed, FooterPlaced:
			return nil
		case FooterPreviewed:
			now := s.utcNow()
			return exec(ctx, tx, `UPDATE footer_edits SET state = ?, agreed_by = ?, agreed_at = ?, backup_name = ?
				WHERE id = ?`, FooterAgreed, actor, now, backup(e.FileName, now), id)
		}
		return ErrConflict
	})
}

// FooterPlaced records that the page is written. Earlier placed edits keep their pages if this edit builds on them, so
// that they can be undone one after the other; the pages of others are deleted, because the page was changed since and
// they can't be undone.
func (s *Store) FooterPlaced(ctx context.Context, id int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if ok, err := changed(ctx, tx, `UPDATE footer_edits SET state = ?, placed_at = ?, reason = '', detail = ''
			WHERE id = ? AND state = ?`, FooterPlaced, s.utcNow(), id, FooterAgreed); err != nil || !ok {
			return err
		}
		filingID, err := get[int64](ctx, tx, `SELECT filing_id FROM footer_edits WHERE id = ?`, id)
		if err != nil {
			return err
		}
		placed, err := selectAll[placedPage](ctx, tx, `SELECT id, file_name, original_hash, new_hash FROM footer_edits
			WHERE `+ofOrder+`AND id <= ? AND state = ? AND sealed_original IS NOT NULL ORDER BY id DESC`,
			filingID, id, FooterPlaced)
		if err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE footer_edits SET sealed_original = NULL, sealed_new = NULL
			WHERE `+ofOrder+`AND (id < ? OR id < ? AND state <> ?)`, filingID, oldestStep(placed), id, FooterPlaced)
	})
}

// placedPage is which file an edit wrote, and its hashes.
type placedPage struct {
	ID           int64  `db:"id"`
	FileName     string `db:"file_name"`
	OriginalHash []byte `db:"original_hash"`
	NewHash      []byte `db:"new_hash"`
}

// oldestStep is the oldest edit in the chain that ends with the newest: each began with the page that the previous one
// wrote. The newest comes first.
func oldestStep(placed []placedPage) int64 {
	var oldest placedPage
	for i, earlier := range placed {
		if i > 0 && (earlier.FileName != oldest.FileName || !bytes.Equal(earlier.NewHash, oldest.OriginalHash)) {
			break
		}
		oldest = earlier
	}
	return oldest.ID
}

// UndoFooter records the customer's request to restore the original, for an edit of any filing of the order;
// ErrConflict if its pages are no longer stored or another edit is being written or undone. It is idempotent.
func (s *Store) UndoFooter(ctx context.Context, filingID, id int64, actor string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := lockFooters(ctx, tx, filingID); err != nil {
			return err
		}
		e, err := find[FooterEdit](ctx, tx, "home page edit", footerSelect+`WHERE id = ? AND `+ofOrder, id, filingID)
		if err != nil {
			return err
		}
		switch e.State {
		case FooterUndoing, FooterUndone:
			return nil
		case FooterPlaced:
		default:
			return ErrConflict
		}
		busy, err := get[bool](ctx, tx, `SELECT EXISTS (SELECT 1 FROM footer_edits WHERE `+ofOrder+`AND state IN (?, ?))`,
			filingID, FooterAgreed, FooterUndoing)
		if err != nil {
			return err
		}
		if busy {
			return ErrConflict
		}
		return changeOne(ctx, tx, `UPDATE footer_edits SET state = ?, undone_by = ?, undo_asked_at = ?, reason = '',
			detail = '' WHERE id = ? AND sealed_original IS NOT NULL`, FooterUndoing, actor, s.utcNow(), id)
	})
}

// FooterUndone records that the original is restored.
func (s *Store) FooterUndone(ctx context.Context, id int64) error {
	return exec(ctx, s.db, `UPDATE footer_edits SET state = ?, undone_at = ?, sealed_original = NULL,
		sealed_new = NULL WHERE id = ? AND state = ?`, FooterUndone, s.utcNow(), id, FooterUndoing)
}

// FooterFailed records why an edit can't be made, or why a placed one can't be undone: that one stays placed.
func (s *Store) FooterFailed(ctx context.Context, id int64, reason string, args map[string]string) error {
	detail := []byte{}
	if len(args) > 0 {
		var err error
		if detail, err = json.Marshal(args); err != nil {
			return err
		}
	}
	// MySQL assigns from left to right, so the state comes last.
	return exec(ctx, s.db, `
		UPDATE footer_edits SET reason = ?, detail = ?, failed_at = ?, state = IF(state = ?, ?, ?) WHERE id = ? AND state
		IN (?, ?, ?)`,
		reason, detail, s.utcNow(), FooterUndoing, FooterPlaced, FooterFailed, id, FooterAsked, FooterAgreed, FooterUndoing)
}
