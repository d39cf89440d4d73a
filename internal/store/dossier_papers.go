package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
)

// SubmittedPaper is a picture's place in a revision's record. A picture with several uses appears several times.
type SubmittedPaper struct {
	PaperID int64
	// Purpose is Fjyt; 0: it belongs to a pre-approval content, or isn't submitted.
	Purpose int
	OfSite  bool
	// Approval is the pre-approval content whose scan it is (Spwj); 0: none.
	Approval int
	Remark   string
}

// fixPapers writes which pictures a revision includes; ErrConflict if one was removed in the meantime.
func (s *Store) fixPapers(ctx context.Context, tx *sqlx.Tx, filingID int64, revision int,
	papers []SubmittedPaper) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM dossier_papers WHERE filing_id = ?
		AND revision = ?`, filingID, revision); err != nil {
		return err
	}
	for i, p := range papers {
		res, err := tx.ExecContext(ctx, `
			INSERT INTO dossier_papers (filing_id, revision, position, paper_id, purpose, of_site, approval, remark)
			SELECT ?, ?, ?, id, ?, ?, ?, ? FROM papers WHERE id = ? AND filing_id = ? AND removed_at IS NULL
			AND sealed IS NOT NULL`,
			filingID, revision, i+1, p.Purpose, p.OfSite, p.Approval, p.Remark, p.PaperID, filingID)
		if err != nil {
			return err
		}
		if ok, err := changedOneRow(res); err != nil {
			return err
		} else if !ok {
			return ErrConflict
		}
	}
	return nil
}

// RecordPaper is a picture as part of a record.
type RecordPaper struct {
	// Format is Fjwjgs, Purpose Fjyt.
	Format, Purpose int
	OfSite          bool
	Approval        int
	Remark          string
	Content         []byte
}

const inDataFile = `(d.purpose > 0 OR d.approval > 0)`

// recordPapers returns the pictures that a revision submits to the bureau, in order.
func (s *Store) recordPapers(ctx context.Context, q sqlx.QueryerContext, filingID int64,
	revision int) ([]RecordPaper, error) {
	var rows []struct {
		Format   int    `db:"format"`
		Purpose  int    `db:"purpose"`
		OfSite   bool   `db:"of_site"`
		Approval int    `db:"approval"`
		Remark   string `db:"remark"`
		Key      string `db:"paper"`
		Item     int    `db:"item"`
		Hash     []byte `db:"content_hash"`
		Sealed   []byte `db:"sealed"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT p.format, d.purpose, d.of_site, d.approval, d.remark, p.paper, p.item, p.content_hash, p.sealed
		FROM dossier_papers d JOIN papers p ON p.id = d.paper_id
		WHERE d.filing_id = ? AND d.revision = ? AND p.sealed IS NOT NULL
		AND `+inDataFile+` ORDER BY d.position`, filingID, revision)
	if err != nil {
		return nil, err
	}
	var list []RecordPaper
	for _, r := range rows {
		content, err := s.keys.Open(paperAAD(filingID, r.Key, r.Item, r.Hash), r.Sealed)
		if err != nil {
			return nil, err
		}
		list = append(list, RecordPaper{Format: r.Format, Purpose: r.Purpose, OfSite: r.OfSite, Approval: r.Approval,
			Remark: r.Remark, Content: content})
	}
	return list, nil
}

const (
	// recordWeight is an upper bound for the size of a record's forms in XML, paperWeight for the XML around a picture.
	recordWeight = 16 << 10
	paperWeight  = 1 << 10
)

// fittingRows keeps the oldest rows whose records fit in a data file of the given size, at least one. The database's
// statement size limit also applies, because the file must be stored.
func (s *Store) fittingRows(ctx context.Context, tx *sqlx.Tx, rows []waitingRow, room int64) ([]waitingRow, error) {
	if len(rows) == 0 {
		return rows, nil
	}
	var packet int64
	if err := tx.GetContext(ctx, &packet, `SELECT @@max_allowed_packet`); err != nil {
		return nil, err
	}
	if packet = packet * 9 / 10; room == 0 || packet < room {
		room = packet
	}
	filings := make([]int64, len(rows))
	for i, r := range rows {
		filings[i] = r.FilingID
	}
	query, args, err := sqlx.In(`
		SELECT d.filing_id, d.revision, SUM((p.bytes + 2) DIV 3 * 4 + ?) AS weight
		FROM dossier_papers d JOIN papers p ON p.id = d.paper_id WHERE d.filing_id IN (?)
		AND `+inDataFile+` GROUP BY d.filing_id, d.revision`, paperWeight, filings)
	if err != nil {
		return nil, err
	}
	var weights []struct {
		FilingID int64 `db:"filing_id"`
		Revision int   `db:"revision"`
		Weight   int64 `db:"weight"`
	}
	if err := tx.SelectContext(ctx, &weights, query, args...); err != nil {
		return nil, err
	}
	weigh := map[string]int64{}
	for _, w := range weights {
		weigh[fmt.Sprint(w.FilingID, "/", w.Revision)] = w.Weight
	}
	over := slices.IndexFunc(rows, func(r waitingRow) bool {
		room -= recordWeight + weigh[fmt.Sprint(r.FilingID, "/", r.Revision)]
		return room < 0
	})
	if over < 0 {
		return rows, nil
	}
	return rows[:max(over, 1)], nil
}
