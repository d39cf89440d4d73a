package store

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// AddressVerdict is the bureau's result for a block.
type AddressVerdict struct {
	// RecordID identifies a record that adds a block (IspId); otherwise BureauID and the kind do.
	RecordID, BureauID int64
	Source             bool
	Operation          int
	Code               int
	Done               bool
	Opinion            string
}

// ApplyAddresses applies results to address blocks. It is idempotent and ignores results for blocks that we didn't
// report.
func (s *Store) ApplyAddresses(ctx context.Context, accountID int64, verdicts []AddressVerdict) error {
	if len(verdicts) == 0 {
		return nil
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		for _, v := range verdicts {
			if err := s.applyAddress(ctx, tx, accountID, v); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) applyAddress(ctx context.Context, tx *sqlx.Tx, accountID int64, v AddressVerdict) error {
	const from = `SELECT r.id, r.kind, r.block_id, r.operation, r.created_at, r.sealed FROM staff_records r
		JOIN address_blocks b ON b.id = r.block_id
		WHERE r.account_id = ? AND r.operation = ? AND r.sequence IS NOT NULL AND r.result_at IS NULL AND (b.source <> 0) = ?`
	query, key := from+` AND r.id = ?`, v.RecordID
	if v.Operation != OperationAdd {
		query, key = from+` AND b.bureau_id = ? ORDER BY r.id LIMIT 1`, v.BureauID
	}
	r, found, err := getOptional[StaffRecord](ctx, tx, query+` FOR UPDATE`, accountID, v.Operation, v.Source, key)
	if err != nil || !found {
		return err
	}
	if fresh, err := s.staffDecided(ctx, tx, r.ID, v.Code, v.Opinion); err != nil || !fresh || !v.Done {
		return err
	}
	switch v.Operation {
	case OperationAdd:
		return exec(ctx, tx, `UPDATE address_blocks SET state = ?, bureau_id = NULLIF(?, 0) WHERE id = ?`,
			BlockReported, v.BureauID, r.BlockID)
	case OperationRemove:
		return setBlockState(ctx, tx, r.BlockID.Int64, BlockRemoved)
	}
	var values BlockOperation
	if err := s.keys.OpenJSON(r.aad(), r.Sealed, &values); err != nil {
		return err
	}
	return s.setBlock(ctx, tx, r.BlockID.Int64, values.BlockValues)
}
