package store

import (
	"context"
	"database/sql"
	"fmt"
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
	_, err = tx.ExecContext(ctx, `
		UPDATE address_blocks
		SET from_ip = ?, to_ip = ?, source = ?, used_as = ?, assignment = ?, since = ?, sealed_remark = ? WHERE id = ?`,
		v.From, v.To, v.Source, v.Use, v.Assignment, sql.NullTime{Time: v.Since, Valid: !v.Since.IsZero()}, remark, id)
	return err
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
			res, err := tx.ExecContext(ctx, `INSERT INTO address_blocks (account_id, from_ip, to_ip, state, created_at)
				VALUES (?, ?, ?, ?, ?)`,
				accountID, v.From, v.To, BlockWaiting, s.utcNow())
			if err != nil {
				return err
			}
			id, err := res.LastInsertId()
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

func (s *Store) lockBlock(ctx context.Context, tx *sqlx.Tx, id int64) (b AddressBlock, err error) {
	err = tx.GetContext(ctx, &b, `SELECT id, account_id, from_ip, to_ip, source, state, bureau_id FROM address_blocks
		WHERE id = ? FOR UPDATE`, id)
	return b, notFoundAs(err, "address block")
}

// ChangeBlock queues new values for a reported block, which take effect when the bureau accepts them; a refused block
// is reported again with them. It returns ErrConflict if the block is gone or another operation is under way.
func (s *Store) ChangeBlock(ctx context.Context, id int64, v BlockValues, actor string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		b, err := s.lockBlock(ctx, tx, id)
		if err != nil {
			return err
		}
		if (v.Source == 0) != (b.Source == 0) { // a bureau ID belongs to one kind only
			return ErrConflict
		}
		switch {
		case b.State == BlockReported && b.BureauID.Valid:
			return s.operate(ctx, tx, b, OperationChange, v, actor)
		case b.State == BlockRefused:
			if err := s.operate(ctx, tx, b, OperationAdd, v, actor); err != nil {
				return err
			}
			if err := s.setBlock(ctx, tx, id, v); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `UPDATE address_blocks SET state = ? WHERE id = ?`, BlockWaiting, id)
			return err
		}
		return ErrConflict
	})
}

// RemoveBlock queues the removal of a reported block; one that never reached the bureau is deleted at once. It returns
// ErrConflict while an operation is under way.
func (s *Store) RemoveBlock(ctx context.Context, id int64, actor string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		b, err := s.lockBlock(ctx, tx, id)
		if err != nil {
			return err
		}
		switch {
		case b.State == BlockReported && b.BureauID.Valid:
			return s.operate(ctx, tx, b, OperationRemove, BlockValues{From: b.From, To: b.To, Source: b.Source}, actor)
		case b.State == BlockWaiting:
			res, err := tx.ExecContext(ctx, `DELETE FROM staff_records WHERE block_id = ? AND sequence IS NULL
				AND doubtful = FALSE AND result_at IS NULL`, id)
			if err != nil {
				return err
			}
			if ok, err := changedOneRow(res); err != nil || !ok {
				return firstOf(err, ErrConflict) // on its way to the bureau
			}
		case b.State != BlockRefused:
			return ErrConflict
		}
		_, err = tx.ExecContext(ctx, `UPDATE address_blocks SET state = ? WHERE id = ?`, BlockRemoved, id)
		return err
	})
}

const blockColumns = `b.id, b.account_id, b.from_ip, b.to_ip, b.source, b.used_as, b.assignment, b.since, b.sealed_remark, b.state, b.bureau_id, b.created_at`

// Block returns one block.
func (s *Store) Block(ctx context.Context, id int64) (AddressBlock, error) {
	list, err := s.blocks(ctx, `b.id = ?`, id, 1)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("address block: %w", ErrNotFound)
	}
	if err != nil {
		return AddressBlock{}, err
	}
	return list[0], nil
}

// Blocks lists blocks that aren't removed, newest first, before an ID (0: from the newest).
func (s *Store) Blocks(ctx context.Context, before int64, limit int) ([]AddressBlock, error) {
	if before == 0 {
		before = 1<<62 - 1
	}
	return s.blocks(ctx, `b.id < ? AND b.state <> '`+BlockRemoved+`'`, before, limit)
}

func (s *Store) blocks(ctx context.Context, where string, arg int64, limit int) ([]AddressBlock, error) {
	var list []AddressBlock
	if err := s.db.SelectContext(ctx, &list, `SELECT `+blockColumns+` FROM address_blocks b
		WHERE `+where+` ORDER BY b.id DESC LIMIT ?`, arg, limit); err != nil || len(list) == 0 {
		return nil, err
	}
	at := map[int64]int{}
	ids := make([]int64, len(list))
	for i := range list {
		b := &list[i]
		at[b.ID], ids[i] = i, b.ID
		b.Since = b.SinceDay.Time
		if b.SealedRemark != nil {
			remark, err := s.keys.Open(remarkAAD(b.ID), b.SealedRemark)
			if err != nil {
				return nil, err
			}
			b.Remark = string(remark)
		}
	}
	query, in, err := sqlx.In(`SELECT `+staffColumns+` FROM staff_records r WHERE r.id IN (SELECT MAX(id)
		FROM staff_records WHERE block_id IN (?) GROUP BY block_id)`, ids)
	if err != nil {
		return nil, err
	}
	var latest []StaffRecord
	if err := s.db.SelectContext(ctx, &latest, query, in...); err != nil {
		return nil, err
	}
	if latest, err = s.openStaff(latest); err != nil {
		return nil, err
	}
	for _, r := range latest {
		list[at[r.BlockID.Int64]].Latest = r
	}
	return list, nil
}
