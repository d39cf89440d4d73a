package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// ErrFileTooBig: the rows' data file would exceed the interface's limit, so fewer are packed. The builder must report a
// single row that is too big as unfit.
var ErrFileTooBig = errors.New("the data file is too big")

// papersPerFile keeps a data file of papers, each up to 150 KB and base64-encoded, below its limit of 50 MB (interface
// 3-3-1-3).
const papersPerFile = 200

// Builder makes a data file from rows and returns the unfit ones by their ID.
type Builder[R any] func(sequence int64, rows []R) (file []byte, unfit map[int64]filing.Unfit, err error)

// Builders make the data files of each kind of row; kinds without one aren't packed.
type Builders struct {
	Addresses, Answers Builder[StaffRecord]
	Filings            Builder[WaitingRecord]
	// MaxFile limits a data file's XML in bytes; 0: only the database's limit applies.
	MaxFile int64
}

// source is a kind of row with its own data files.
type source struct {
	// table holds the rows; its column sequence says which file a row is in.
	table string
	// build makes a file of the waiting rows and returns which are in it and which are unfit.
	build func(tx *sqlx.Tx, sequence int64) (file []byte, packed []int64, unfit map[int64]filing.Unfit, err error)
	// refuse refuses a row that can't be put in a data file.
	refuse func(ctx context.Context, tx *sqlx.Tx, id int64, unfit filing.Unfit) error
}

// Row is something that waits for a data file.
type Row interface {
	RowID() int64
	// With are the IDs of the rows that travel within it: all of them are in the file, or none.
	With() []int64
}

// PackNext makes the account's next data file from up to limit waiting rows, oldest first, and stores it under the next
// sequence number before anything is sent, in one transaction that locks the account's row, so that there is one
// writer. While an earlier file isn't accepted yet, it returns that one and packs nothing. Sequence 0 means there is
// nothing to submit. Unfit rows are refused, as by our own check.
func (s *Store) PackNext(ctx context.Context, accountID int64, limit int,
	builders Builders) (sequence int64, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		sequence = 0
		last, err := find[int64](ctx, tx, "bureau account", `SELECT last_sequence FROM bureau_accounts WHERE id = ?
			FOR UPDATE`, accountID)
		if err != nil {
			return err
		}
		var open bool
		if sequence, open, err = getOptional[int64](ctx, tx, `SELECT sequence FROM bureau_uploads WHERE account_id = ?
			AND accepted_at IS NULL ORDER BY sequence LIMIT 1`, accountID); err != nil || open {
			return err
		}
		for _, source := range s.sources(ctx, accountID, limit, builders) {
			packed, err := s.packFrom(ctx, tx, source, accountID, last+1)
			if err != nil {
				return err
			}
			if packed {
				sequence = last + 1
				return nil
			}
		}
		return nil
	})
	return sequence, during(err, "packing the next data file of account %d", accountID)
}

// sources returns the kinds of rows in the order of submission: address blocks first, since a filing may use only
// reported ones (result code 1063); staff answers, which have a deadline; papers; filings.
func (s *Store) sources(ctx context.Context, accountID int64, limit int, b Builders) []source {
	staffs := func(build Builder[StaffRecord], limit int, kinds ...StaffKind) source {
		return sourceOf("staff_records", build, s.refuseStaffUnfit, func(tx *sqlx.Tx) ([]StaffRecord, error) {
			return s.waitingStaff(ctx, tx, accountID, limit, kinds)
		})
	}
	return []source{
		staffs(b.Addresses, limit, StaffAddresses),
		staffs(b.Answers, limit, StaffVerification, StaffUnfiled),
		staffs(b.Answers, min(limit, papersPerFile), StaffPapers),
		sourceOf("records", b.Filings, s.refuseUnfit,
			func(tx *sqlx.Tx) ([]WaitingRecord, error) { return s.waiting(ctx, tx, accountID, limit, b.MaxFile) }),
	}
}

func sourceOf[R Row](table string, build Builder[R], refuse func(context.Context, *sqlx.Tx, int64, filing.Unfit) error,
	waiting func(*sqlx.Tx) ([]R, error)) source {
	return source{table: table, refuse: refuse,
		build: func(tx *sqlx.Tx, sequence int64) (file []byte, packed []int64, unfit map[int64]filing.Unfit, err error) {
			if build == nil {
				return nil, nil, nil, nil
			}
			rows, err := waiting(tx)
			if err != nil || len(rows) == 0 {
				return nil, nil, nil, err
			}
			for {
				file, unfit, err = build(sequence, rows)
				if !errors.Is(err, ErrFileTooBig) || len(rows) == 1 {
					break
				}
				rows = rows[:len(rows)/2] // send the older half; the rest go in the next file
			}
			if err != nil {
				return nil, nil, nil, err
			}
			for _, r := range rows {
				ids := append([]int64{r.RowID()}, r.With()...)
				if !slices.ContainsFunc(ids, func(id int64) bool { return unfit[id].Code != 0 }) {
					packed = append(packed, ids...)
				}
			}
			return file, packed, unfit, nil
		}}
}

// packFrom stores a data file of a source's rows, if there are any.
func (s *Store) packFrom(ctx context.Context, tx *sqlx.Tx, from source, accountID, sequence int64) (bool, error) {
	file, packed, unfit, err := from.build(tx, sequence)
	if err != nil {
		return false, err
	}
	for id, why := range unfit {
		if err := from.refuse(ctx, tx, id, why); err != nil {
			return false, err
		}
	}
	if len(packed) == 0 {
		return false, nil
	}
	return true, s.storeUpload(ctx, tx, accountID, sequence, file, from.table, packed)
}

// nextBatch selects the oldest rows that may share a data file: rows from a file that violated the schema stay among
// themselves, at most max_batch at a time.
func nextBatch[R any](ctx context.Context, tx *sqlx.Tx, columns, from string, limit int, args ...any) ([]R, error) {
	batch, found, err := getOptional[sql.NullInt64](ctx, tx, `SELECT r.max_batch`+from+` ORDER BY r.id LIMIT 1`, args...)
	if err != nil || !found {
		return nil, err
	}
	if batch.Valid {
		limit = min(limit, int(batch.Int64))
	}
	return selectAll[R](ctx, tx, `SELECT `+columns+from+` AND r.max_batch <=> ? ORDER BY r.id LIMIT ?`,
		append(args, batch, limit)...)
}
