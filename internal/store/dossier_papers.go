package store

import (
	"context"
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
	if err := exec(ctx, tx, `DELETE FROM dossier_papers WHERE filing_id = ? AND revision = ?`,
		filingID, revision); err != nil {
		return err
	}
	for i, p := range papers {
		if err := changeOne(ctx, tx, `
			INSERT INTO dossier_papers (filing_id, revision, position, paper_id, purpose, of_site, approval, remark)
			SELECT ?, ?, ?, id, ?, ?, ?, ? FROM papers WHERE id = ? AND filing_id = ? AND removed_at IS NULL
			AND sealed IS NOT NULL`,
			filingID, revision, i+1, p.Purpose, p.OfSite, p.Approval, p.Remark, p.PaperID, filingID); err != nil {
			return err
		}
	}
	return nil
}

// RecordPaper is a picture as part of a record.
type RecordPaper struct {
	Format   int    `db:"format"`  // Fjwjgs
	Purpose  int    `db:"purpose"` // Fjyt
	OfSite   bool   `db:"of_site"`
	Approval int    `db:"approval"`
	Remark   string `db:"remark"`
	Content  []byte `db:"-"`
}

const inDataFile = `(d.purpose > 0 OR d.approval > 0)`

// recordPapers returns the pictures that a revision submits to the bureau, in order.
func (s *Store) recordPapers(ctx context.Context, q sqlx.QueryerContext, filingID int64,
	revision int) (list []RecordPaper, err error) {
	var rows []struct {
		RecordPaper
		Key    string `db:"paper"`
		Item   int    `db:"item"`
		Hash   []byte `db:"content_hash"`
		Sealed []byte `db:"sealed"`
	}
	if err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT p.format, d.purpose, d.of_site, d.approval, d.remark, p.paper, p.item, p.content_hash, p.sealed
		FROM dossier_papers d JOIN papers p ON p.id = d.paper_id
		WHERE d.filing_id = ? AND d.revision = ? AND p.sealed IS NOT NULL
		AND `+inDataFile+` ORDER BY d.position`, filingID, revision); err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Content, err = s.keys.Open(paperAAD(filingID, r.Key, r.Item, r.Hash), r.Sealed); err != nil {
			return nil, err
		}
		list = append(list, r.RecordPaper)
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
	packet, err := get[int64](ctx, tx, `SELECT @@max_allowed_packet`)
	if err != nil {
		return nil, err
	}
	if packet = packet * 9 / 10; room == 0 || packet < room {
		room = packet
	}
	var filings []int64
	for _, r := range rows {
		for _, part := range r.parts() {
			filings = append(filings, part.FilingID)
		}
	}
	type weight struct {
		FilingID int64 `db:"filing_id"`
		Revision int   `db:"revision"`
		Weight   int64 `db:"weight"`
	}
	weights, err := selectAll[weight](ctx, tx, `
		SELECT d.filing_id, d.revision, SUM((p.bytes + 2) DIV 3 * 4 + ?) AS weight
		FROM dossier_papers d JOIN papers p ON p.id = d.paper_id WHERE d.filing_id IN (?)
		AND `+inDataFile+` GROUP BY d.filing_id, d.revision`, paperWeight, filings)
	if err != nil {
		return nil, err
	}
	weigh := map[weight]int64{}
	for _, w := range weights {
		weigh[weight{FilingID: w.FilingID, Revision: w.Revision}] = w.Weight
	}
	over := slices.IndexFunc(rows, func(r waitingRow) bool {
		for _, part := range r.parts() {
			room -= recordWeight + weigh[weight{FilingID: part.FilingID, Revision: part.Revision}]
		}
		return room < 0
	})
	if over < 0 {
		return rows, nil
	}
	return rows[:max(over, 1)], nil
}
