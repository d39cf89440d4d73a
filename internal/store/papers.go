package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// Paper is an uploaded picture without its content.
type Paper struct {
	ID       int64 `db:"id"`
	FilingID int64 `db:"filing_id"`
	// Key is the key in the list of papers, Item the pre-approval content that it is for; 0: none.
	Key  string `db:"paper"`
	Item int    `db:"item"`
	// Width and Height are in pixels; Bytes is the size of the JPEG.
	Width      int       `db:"width"`
	Height     int       `db:"height"`
	Bytes      int       `db:"bytes"`
	UploadedAt time.Time `db:"uploaded_at"`
	// Kept is false if the picture is past its retention.
	Kept bool `db:"kept"`
}

const paperColumns = `p.id, p.filing_id, p.paper, p.item, p.width, p.height, p.bytes, p.uploaded_at,
	p.sealed IS NOT NULL AS kept`

// NewPaper is a picture converted by internal/picture.
type NewPaper struct {
	FilingID int64
	Key      string
	Item     int
	// Format is Fjwjgs.
	Format         int
	Content, Thumb []byte
	Width, Height  int
	// Max is how many pictures the paper may have; if it is one, a new picture replaces the old one.
	Max int
	// States is what the printed form that it is a picture of states now; nil for other papers.
	States *Statement
}

// ErrTooManyPapers: the paper already has its maximum number of pictures.
var ErrTooManyPapers = errors.New("the paper already has its maximum number of pictures")

func paperAAD(filingID int64, key string, item int, hash []byte) string {
	return fmt.Sprintf("papers/%d/%s/%d/%s", filingID, key, item, hex.EncodeToString(hash))
}

// AddPaper stores a picture while the filing's forms can be filled in, otherwise ErrConflict. It is idempotent.
func (s *Store) AddPaper(ctx context.Context, n NewPaper) (id int64, err error) {
	hash, err := s.keys.Hash("papers/content", string(n.Content))
	if err != nil {
		return 0, err
	}
	aad := paperAAD(n.FilingID, n.Key, n.Item, hash)
	sealed, err := s.keys.Seal(aad, n.Content)
	if err != nil {
		return 0, err
	}
	thumb, err := s.keys.Seal(aad+"/thumb", n.Thumb)
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := lockFillable(ctx, tx, n.FilingID); err != nil {
			return err
		}
		var present []struct {
			ID   int64  `db:"id"`
			Hash []byte `db:"content_hash"`
		}
		if err := tx.SelectContext(ctx, &present, `SELECT id, content_hash FROM papers WHERE filing_id = ?
			AND removed_at IS NULL AND paper = ? AND item = ? ORDER BY id`, n.FilingID, n.Key, n.Item); err != nil {
			return err
		}
		for _, p := range present {
			if bytes.Equal(p.Hash, hash) {
				id = p.ID
				return nil
			}
		}
		if n.Max > 1 && len(present) >= n.Max {
			return ErrTooManyPapers
		}
		if id, err = insert(ctx, tx, `
			INSERT INTO papers (filing_id, paper, item, format, sealed, sealed_thumb, content_hash, width, height, bytes,
			uploaded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, n.FilingID, n.Key, n.Item, n.Format, sealed, thumb, hash,
			n.Width, n.Height, len(n.Content), s.utcNow()); err != nil {
			return err
		}
		if n.States != nil {
			if err := stateOnPaper(ctx, tx, id, *n.States); err != nil {
				return err
			}
		}
		if n.Max > 1 {
			return nil
		}
		for _, p := range present {
			if err := s.removePaper(ctx, tx, n.FilingID, p.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrTooManyPapers) {
		err = during(err, "saving a paper of filing %d", n.FilingID)
	}
	return id, err
}

// RemovePaper removes a picture, and deletes its content unless it was submitted. It is idempotent.
func (s *Store) RemovePaper(ctx context.Context, filingID, paperID int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := lockFillable(ctx, tx, filingID); err != nil {
			return err
		}
		return s.removePaper(ctx, tx, filingID, paperID)
	})
}

func (s *Store) removePaper(ctx context.Context, tx *sqlx.Tx, filingID, paperID int64) error {
	return execAll(ctx, tx,
		fragmentOf(`UPDATE papers SET removed_at = ? WHERE id = ? AND filing_id = ? AND removed_at IS NULL`,
			s.utcNow(), paperID, filingID),
		fragmentOf(`UPDATE papers SET sealed = NULL, sealed_thumb = NULL WHERE id = ? AND filing_id = ?
			AND NOT EXISTS (SELECT 1 FROM dossier_papers d WHERE d.paper_id = papers.id)`, paperID, filingID))
}

// Papers lists a filing's pictures that weren't removed, in upload order.
func (s *Store) Papers(ctx context.Context, filingID int64) ([]Paper, error) {
	return selectAll[Paper](ctx, s.db, `SELECT `+paperColumns+` FROM papers p WHERE p.filing_id = ?
		AND p.removed_at IS NULL ORDER BY p.id`, filingID)
}

// PapersOfRevision lists the pictures that a revision includes, each once.
func (s *Store) PapersOfRevision(ctx context.Context, filingID int64, revision int) ([]Paper, error) {
	return selectAll[Paper](ctx, s.db, `
		SELECT `+paperColumns+` FROM papers p WHERE p.id IN (SELECT paper_id FROM dossier_papers WHERE filing_id = ?
			AND revision = ?) ORDER BY p.id`, filingID, revision)
}

// PaperView is one view of a paper.
type PaperView struct {
	PaperID int64  `db:"paper_id"`
	Actor   string `db:"actor"`
	// Reason says in which role, at which stage, and whether the preview or the full picture was viewed.
	Reason string    `db:"reason"`
	At     time.Time `db:"at"`
}

// ViewPaper returns a filing's picture, or its preview, after recording who views it and why; ErrPurged if it is past
// its retention.
func (s *Store) ViewPaper(ctx context.Context, filingID, paperID int64, thumb bool, actor,
	reason string) (content []byte, err error) {
	column, aad := `sealed`, ``
	if thumb {
		column, aad = `sealed_thumb`, `/thumb`
	}
	var key string
	var item int
	var hash, sealed []byte
	read := func() error {
		err := scan(ctx, s.db, "paper", fragmentOf(`SELECT paper, item, content_hash, `+column+` FROM papers WHERE id = ?
			AND filing_id = ?`, paperID, filingID), &key, &item, &hash, &sealed)
		if err == nil && sealed == nil {
			err = fmt.Errorf("paper %d: %w", paperID, ErrPurged)
		}
		return err
	}
	if err := s.readAudited(ctx, read, fragmentOf(`INSERT INTO paper_views (paper_id, actor, reason, at)
		VALUES (?, ?, ?, ?)`, paperID, actor, reason, s.utcNow())); err != nil {
		return nil, err
	}
	return s.keys.Open(paperAAD(filingID, key, item, hash)+aad, sealed)
}

// PaperViews lists the views of a filing's papers, newest first.
func (s *Store) PaperViews(ctx context.Context, filingID int64, limit int) ([]PaperView, error) {
	return selectAll[PaperView](ctx, s.db, `
		SELECT v.paper_id, v.actor, v.reason, v.at FROM paper_views v JOIN papers p ON p.id = v.paper_id WHERE p.filing_id = ?
		ORDER BY v.id DESC LIMIT ?`, filingID, limit)
}

// PurgePapers deletes the content of pictures whose filing was over, or that were removed, longer ago than keep, and of
// proof pictures; their rows and the record of views stay.
func (s *Store) PurgePapers(ctx context.Context, keep time.Duration) (purged int64, err error) {
	before := s.utcNow().Add(-keep)
	if err := s.purgeProofs(ctx, before); err != nil {
		return 0, err
	}
	// A record that waits for its verdict may have to be packed again.
	ids, err := selectAll[int64](ctx, s.db, `SELECT p.id FROM papers p JOIN filings f ON f.id = p.filing_id
		WHERE p.sealed IS NOT NULL AND f.stage IN (?, ?, ?) AND f.stage_since < ? LIMIT 1000`,
		filing.Filed, filing.Withdrawn, filing.Deregistered, before)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return affected(ctx, s.db, `UPDATE papers SET sealed = NULL, sealed_thumb = NULL WHERE id IN (?)`, ids)
}
