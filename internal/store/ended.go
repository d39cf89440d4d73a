package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// EndFilings takes the numbers of filings off their orders that the bureau
// deregistered (ZXSJ): a holder's with all its sites, or a site's, by the
// bureau's ID. Only filings that are done end here; one that is still under way
// is staff's to look at. It returns how many ended; doing it again ends none.
func (s *Store) EndFilings(ctx context.Context, accountID int64, site bool, bureauID int64, actor string) (ended int, err error) {
	column := "d.holder_id"
	if site {
		column = "d.site_id"
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		ended = 0
		var filings []struct {
			ID      int64 `db:"id"`
			OrderID int64 `db:"order_id"`
			Seq     int64 `db:"seq"`
		}
		err := tx.SelectContext(ctx, &filings, `
			SELECT DISTINCT f.id, f.order_id, f.seq FROM filings f JOIN records r ON r.filing_id = f.id JOIN decisions d ON d.record_id = r.id
			WHERE r.account_id = ? AND `+column+` = ? AND d.approved AND f.stage = ? FOR UPDATE`, accountID, bureauID, filing.Filed)
		if err != nil {
			return err
		}
		for _, f := range filings {
			none := ""
			if err := s.advance(ctx, tx, Progress{FilingID: f.ID, Seq: f.Seq + 1, Stage: filing.Deregistered, Attention: &none, Kind: "deregistered", Actor: actor}); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE orders SET filing_number = NULL, filing_number_at = NULL, updated_at = ? WHERE id = ?`, s.utcNow(), f.OrderID); err != nil {
				return err
			}
			ended++
		}
		return nil
	})
	return ended, err
}
