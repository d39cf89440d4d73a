package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// EndFilings removes the numbers of deregistered filings (ZXSJ) from their orders: a holder's with all its sites, or a
// site's, by the bureau's ID. It ends only completed filings, since staff must look at those still under way, and
// queues notices to the customers. It returns how many ended; it is idempotent.
func (s *Store) EndFilings(ctx context.Context, accountID int64, site bool, bureauID int64,
	actor string) (ended int, err error) {
	column := "d.holder_id"
	if site {
		column = "d.site_id"
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		ended, err = s.endWhere(ctx, tx, actor, 0, fragmentOf(`r.account_id = ? AND `+column+` = ?`, accountID, bureauID))
		return err
	})
	return ended, err
}

// ofAccount selects an account's records and numbers that customers registered themselves, which belong to no account.
const ofAccount = `(r.account_id = ? OR r.account_id IS NULL)`

// EndNumber removes the numbers that an approved deregistration was about from their orders and advances the filing
// that requested it, in one transaction: cancelled access ends the site's own filing; deregistering a site or holder
// ends those with its number at the account. It is idempotent.
func (s *Store) EndNumber(ctx context.Context, p Progress, kind filing.Kind, subject filing.Subject) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := s.adoptSite(ctx, tx, p.FilingID); err != nil {
			return err
		}
		row, err := approval(ctx, tx, p.FilingID)
		if err != nil {
			return err
		}
		match := fragmentOf(`f.site_id = ? AND COALESCE(f.customer_id = (SELECT customer_id FROM filings WHERE id = ?), TRUE)`,
			row.SiteID, p.FilingID)
		switch ends := kind.Spec().Ends; {
		case ends == filing.EndsSite && subject.SiteNumber != "":
			match = match.or(ofAccount+` AND d.site_number = ?`, row.AccountID, subject.SiteNumber)
		case ends == filing.EndsHolder && subject.HolderNumber != "":
			match = match.or(ofAccount+` AND d.holder_number = ?`, row.AccountID, subject.HolderNumber)
		}
		if _, err := s.endWhere(ctx, tx, p.Actor, row.OrderID, match); err != nil {
			return err
		}
		if err := s.advance(ctx, tx, p); err != nil {
			return err
		}
		return s.clearNumber(ctx, tx, p.FilingID)
	})
}

// endWhere ends the completed filings that match, clears their orders' numbers and queues notices to their customers,
// except for the order whose own filing requested it and sends its own message.
func (s *Store) endWhere(ctx context.Context, tx *sqlx.Tx, actor string, asking int64,
	match fragment) (ended int, err error) {
	filings, err := selectAll[Filing](ctx, tx, `
		SELECT DISTINCT f.id, f.order_id, f.seq FROM filings f JOIN records r ON r.filing_id = f.id JOIN decisions d
		ON d.record_id = r.id
		WHERE (`+match.sql+`) AND d.approved AND f.stage = ? FOR UPDATE`, match.with(filing.Filed)...)
	for _, f := range filings {
		if err := s.deregister(ctx, tx, f.ID, f.Seq, filing.EventDeregistered, actor); err != nil {
			return ended, err
		}
		if f.OrderID != asking {
			if err := s.addCustomerNotice(ctx, tx, CustomerNotice{FilingID: f.ID, Template: noticeDeregistered}); err != nil {
				return ended, err
			}
		}
		ended++
	}
	return ended, err
}

// deregister ends a completed filing and clears its order's number.
func (s *Store) deregister(ctx context.Context, tx *sqlx.Tx, filingID, seq int64, event filing.EventKind,
	actor string) error {
	if err := s.advance(ctx, tx, Progress{FilingID: filingID, Seq: seq + 1, Stage: filing.Deregistered,
		Attention: new(filing.Attention), EventKind: event, Actor: actor}); err != nil {
		return err
	}
	return s.clearNumber(ctx, tx, filingID)
}

// clearNumber removes the number of an ended filing from its site, and the public-security number, which is for the
// same site. A former customer's filing leaves the number that a later customer's filing brought.
func (s *Store) clearNumber(ctx context.Context, tx *sqlx.Tx, filingID int64) error {
	orderID, err := find[int64](ctx, tx, "filing", `SELECT order_id FROM filings WHERE id = ?`, filingID)
	if err != nil {
		return err
	}
	if err := exec(ctx, tx, `
		UPDATE sites w JOIN filings f ON f.site_id = w.id
			LEFT JOIN filings n ON n.open_site_id = w.id AND n.stage = ? AND n.customer_id <> f.customer_id
		SET w.filing_number = NULL, w.filing_number_at = NULL, w.police_number = NULL, w.police_number_at = NULL,
		w.police_declined = FALSE, w.updated_at = ?
		WHERE f.id = ? AND n.id IS NULL
			AND (w.filing_number IS NOT NULL OR w.police_number IS NOT NULL OR w.police_declined)`,
		filing.Filed, s.utcNow(), filingID); err != nil {
		return err
	}
	return s.updateOrderState(ctx, tx, orderID)
}
