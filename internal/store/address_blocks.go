package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
)

// The operations on a block, with the values of Czlx in IP results.
const (
	OperationAdd    = 1
	OperationChange = 2
	OperationRemove = 3
)

// The states of an address block, as far as the bureau knows it.
const (
	BlockWaiting  = "waiting"
	BlockReported = "reported"
	BlockRefused  = "refused"
	BlockRemoved  = "removed"
)

// BlockValues is the reported data of a block of IPv4 addresses.
type BlockValues struct {
	From uint32 `db:"from_ip"`
	To   uint32 `db:"to_ip"`
	// Source is the unit that the block comes from (Lydw); 0: the block reports its use instead.
	Source int64 `db:"source"`
	// Use is Fpfs, Assignment Syfs, Since their date; only for blocks without a source.
	Use        int       `db:"used_as"`
	Assignment int       `db:"assignment"`
	Since      time.Time `db:"-"`
	Remark     string    `db:"-"`
}

// BlockOperation is the content of a record of kind StaffAddresses.
type BlockOperation struct {
	BlockValues
	// BureauID is the bureau's ID of the block, needed to change or remove it.
	BureauID int64
}

// AddressBlock is a block with its state.
type AddressBlock struct {
	ID        int64 `db:"id"`
	AccountID int64 `db:"account_id"`
	BlockValues
	State     string        `db:"state"`
	BureauID  sql.NullInt64 `db:"bureau_id"`
	CreatedAt time.Time     `db:"created_at"`
	// Latest is the last record submitted for it, without its data.
	Latest StaffRecord `db:"-"`

	SinceDay     sql.NullTime `db:"since"`
	SealedRemark []byte       `db:"sealed_remark"`
}

// UnderWay reports whether the bureau's answer about the block is pending.
func (b AddressBlock) UnderWay() bool { return b.Latest.ID != 0 && !b.Latest.Code.Valid }

func remarkAAD(id int64) string { return fmt.Sprintf("address_blocks/%d/remark", id) }

func (s *Store) setBlock(ctx context.Context, tx *sqlx.Tx, id int64, v BlockValues) error {
	remark, err := s.keys.Seal(remarkAAD(id), []byte(v.Remark))
	if err != nil {
		return err
	}
	return exec(ctx, tx, `UPDATE address_blocks SET from_ip = ?, to_ip = ?, source = ?, used_as = ?, assignment = ?,
		since = ?, sealed_remark = ? WHERE id = ?`,
		v.From, v.To, v.Source, v.Use, v.Assignment, sql.NullTime{Time: v.Since, Valid: !v.Since.IsZero()}, remark, id)
}

func (s *Store) operate(ctx context.Context, tx *sqlx.Tx, b AddressBlock, operation int, v BlockValues,
	actor string) error {
	r := StaffRecord{AccountID: b.AccountID, Kind: StaffAddresses, BlockID: sql.NullInt64{Int64: b.ID, Valid: true},
		Operation: operation, CreatedBy: actor}
	return s.addStaff(ctx, tx, r, "", BlockOperation{BlockValues: v, BureauID: b.BureauID.Int64})
}

// ReportBlocks queues blocks to be reported to an account's bureau, all or none.
func (s *Store) ReportBlocks(ctx context.Context, accountID int64, blocks []BlockValues, actor string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		for _, v := range blocks {
			id, err := insert(ctx, tx, `INSERT INTO address_blocks (account_id, from_ip, to_ip, state, created_at)
				VALUES (?, ?, ?, ?, ?)`, accountID, v.From, v.To, BlockWaiting, s.utcNow())
			if err != nil {
				return err
			}
			if err := s.setBlock(ctx, tx, id, v); err != nil {
				return err
			}
			if err := s.operate(ctx, tx, AddressBlock{ID: id, AccountID: accountID}, OperationAdd, v, actor); err != nil {
				return err
			}
		}
		return nil
	})
}

func lockBlock(ctx context.Context, tx *sqlx.Tx, id int64) (AddressBlock, error) {
	return find[AddressBlock](ctx, tx, "address block", `SELECT id, account_id, from_ip, to_ip, source, state, bureau_id
		FROM address_blocks WHERE id = ? FOR UPDATE`, id)
}

func setBlockState(ctx context.Context, tx *sqlx.Tx, id int64, state string) error {
	return exec(ctx, tx, `UPDATE address_blocks SET state = ? WHERE id = ?`, state, id)
}

// ChangeBlock queues new values for a reported block, which take effect when the bureau accepts them; a refused block
// is reported again with them. It returns ErrConflict if the block is gone or another operation is under way.
func (s *Store) ChangeBlock(ctx context.Context, id int64, v BlockValues, actor string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		b, err := lockBlock(ctx, tx, id)
		if err != nil {
			return err
		}
		switch {
		case (v.Source == 0) != (b.Source == 0): // a bureau ID belongs to one kind only
			return ErrConflict
		case b.State == BlockReported && b.BureauID.Valid:
			return s.operate(ctx, tx, b, OperationChange, v, actor)
		case b.State == BlockRefused:
			if err := s.operate(ctx, tx, b, OperationAdd, v, actor); err != nil {
				return err
			}
			if err := s.setBlock(ctx, tx, id, v); err != nil {
				return err
			}
			return setBlockState(ctx, tx, id, BlockWaiting)
		}
		return ErrConflict
	})
}

// RemoveBlock queues the removal of a reported block; one that never reached the bureau is deleted at once. It returns
// ErrConflict while an operation is under way.
func (s *Store) RemoveBlock(ctx context.Context, id int64, actor string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		b, err := lockBlock(ctx, tx, id)
		if err != nil {
			return err
		}
		switch {
		case b.State == BlockReported && b.BureauID.Valid:
			return s.operate(ctx, tx, b, OperationRemove, BlockValues{From: b.From, To: b.To, Source: b.Source}, actor)
		case b.State == BlockWaiting: // a conflict if it is on its way to the bureau
			if err := changeOne(ctx, tx, `DELETE FROM staff_records WHERE block_id = ? AND sequence IS NULL
				AND doubtful = FALSE AND result_at IS NULL`, id); err != nil {
				return err
			}
		case b.State != BlockRefused:
			return ErrConflict
		}
		return setBlockState(ctx, tx, id, BlockRemoved)
	})
}

const blockColumns = `b.id, b.account_id, b.from_ip, b.to_ip, b.source, b.used_as, b.assignment, b.since, b.sealed_remark, b.state, b.bureau_id, b.created_at`

// Block returns one block.
func (s *Store) Block(ctx context.Context, id int64) (AddressBlock, error) {
	list, err := s.blocks(ctx, `b.id = ?`, id, 1)
	if err != nil || len(list) == 0 {
		return AddressBlock{}, notFoundAs(cmp.Or(err, sql.ErrNoRows), "address block")
	}
	return list[0], nil
}

// Blocks lists blocks that aren't removed, newest first, before an ID (0: from the newest).
func (s *Store) Blocks(ctx context.Context, before int64, limit int) ([]AddressBlock, error) {
	return s.blocks(ctx, `b.id < ? AND b.state <> '`+BlockRemoved+`'`, idBelow(before), limit)
}

func (s *Store) blocks(ctx context.Context, where string, arg int64, limit int) ([]AddressBlock, error) {
	list, err := selectAll[AddressBlock](ctx, s.db, `SELECT `+blockColumns+` FROM address_blocks b
		WHERE `+where+` ORDER BY b.id DESC LIMIT ?`, arg, limit)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	at := map[int64]int{}
	for i := range list {
		b := &list[i]
		at[b.ID] = i
		b.Since = b.SinceDay.Time
		if b.Remark, err = s.openText(remarkAAD(b.ID), b.SealedRemark); err != nil {
			return nil, err
		}
	}
	latest, err := s.staffRecords(ctx, `r.id IN (SELECT MAX(id) FROM staff_records
		WHERE block_id IN (?) GROUP BY block_id)`, slices.Collect(maps.Keys(at)))
	for _, r := range latest {
		list[at[r.BlockID.Int64]].Latest = r
	}
	return list, err
}
