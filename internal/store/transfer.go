package store

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

var (
	// ErrFilingOpen: a filing of the order's customer is under way and must be withdrawn or finished first.
	ErrFilingOpen = errors.New("a filing of the order is open")
	// ErrNotCustomer: the login isn't a customer's: staff never own orders.
	ErrNotCustomer = errors.New("the login isn't a customer's")
)

// OrderByNumber returns an order by its number, for staff.
func (s *Store) OrderByNumber(ctx context.Context, number string) (Order, error) {
	return s.order(ctx, `o.number = ?`, number)
}

// OpenFilingOf returns the filing that represents an order, whoever opened it, for staff.
func (s *Store) OpenFilingOf(ctx context.Context, number string) (Filing, error) {
	return s.filing(ctx, `WHERE o.number = ? AND f.open_order_id = o.id`+leading, number)
}

// TransferOrder gives an order to another customer, the only way in which that happens. It returns ErrFilingOpen while
// a filing of somebody else is open on the order, ErrNotCustomer for a login of staff and ErrNotFound for one that
// doesn't exist.
//
// Nothing personal follows. Completed filings stay with the customer who made them and no longer represent the order;
// unsent drafts, copies of the home page and the public-security number go. The filing number stays, because the bureau
// has filed the site under it whoever has the order; it goes when the bureau deregisters it, or the new customer's
// filing replaces it. Repeating a transfer changes nothing.
func (s *Store) TransferOrder(ctx context.Context, number, login string) error {
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		o, err := find[Order](ctx, tx, "order", `SELECT id, customer_id FROM orders WHERE number = ? FOR UPDATE`, number)
		if err != nil {
			return err
		}
		to, err := find[User](ctx, tx, "customer", `SELECT id, role FROM users WHERE login = ?`, login)
		if err != nil {
			return err
		}
		if to.Role != RoleCustomer {
			return ErrNotCustomer
		}
		if err := s.placeOlder(ctx, tx, o.ID); err != nil {
			return err
		}
		if err := exec(ctx, tx, `UPDATE filings SET customer_id = ? WHERE order_id = ? AND customer_id IS NULL`,
			o.CustomerID, o.ID); err != nil {
			return err
		}
		theirs := `order_id = ? AND customer_id <> ?`
		open, err := selectAll[int64](ctx, tx, `SELECT id FROM filings WHERE `+theirs+` AND stage NOT IN (?) FOR UPDATE`,
			o.ID, to.ID, finalStages)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			return ErrFilingOpen
		}
		seal := []fragment{
			fragmentOf(`UPDATE filings SET superseded = TRUE WHERE `+theirs+` AND stage = ?`, o.ID, to.ID, filing.Filed),
			fragmentOf(`UPDATE footer_edits SET sealed_original = NULL, sealed_new = NULL WHERE filing_id IN (
				SELECT id FROM filings WHERE `+theirs+`)`, o.ID, to.ID),
			fragmentOf(`DELETE FROM order_drafts WHERE order_id = ? AND user_id <> ?`, o.ID, to.ID),
		}
		if o.CustomerID != to.ID {
			now := s.utcNow()
			seal = append(seal, fragmentOf(`UPDATE orders SET customer_id = ?, updated_at = ? WHERE id = ?`, to.ID, now, o.ID),
				fragmentOf(`UPDATE sites SET police_number = NULL, police_number_at = NULL, police_declined = FALSE, updated_at = ?
				WHERE order_id = ?`, now, o.ID))
		}
		if err := execAll(ctx, tx, seal...); err != nil {
			return err
		}
		return s.updateOrderState(ctx, tx, o.ID)
	})
	return during(err, "transferring order %s", number)
}

// lockOwner locks an order's row, so that it doesn't change hands meanwhile, and returns its customer.
func lockOwner(ctx context.Context, tx *sqlx.Tx, orderID int64) (int64, error) {
	return find[int64](ctx, tx, "order", `SELECT customer_id FROM orders WHERE id = ? FOR UPDATE`, orderID)
}
