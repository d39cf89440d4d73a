package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// WebSpace is where an order's site is hosted and how to access it; sealed at rest.
type WebSpace struct {
	Protocol     string `json:"protocol"`
	Host         string `json:"host"`
	Port         int    `json:"port"`
	User         string `json:"user"`
	Password     string `json:"password"`
	DocumentRoot string `json:"document_root"`
}

// Order is a hosting customer's order.
type Order struct {
	ID             int64          `db:"id"`
	Number         string         `db:"number"`
	CustomerID     int64          `db:"customer_id"`
	Product        string         `db:"product"`
	ExpiresOn      sql.NullTime   `db:"expires_on"`
	FilingNumber   sql.NullString `db:"filing_number"`
	FilingNumberAt sql.NullTime   `db:"filing_number_at"`
	CreatedAt      time.Time      `db:"created_at"`
	// PoliceNumber is the number of the public-security filing (公安联网备案); PoliceDeclined: the customer needs none.
	PoliceNumber   sql.NullString `db:"police_number"`
	PoliceDeclined bool           `db:"police_declined"`
	Domains        []string       `db:"-"`
	IPs            []string       `db:"-"`
}

// OrderImport is a row from a provider's panel or a CSV file.
type OrderImport struct {
	Number   string
	Customer string // the customer's login
	Product  string
	Domains  []string
	IPs      []string
	// WebSpace is nil if the provider doesn't know it: the customer then installs the certificate by hand.
	WebSpace  *WebSpace
	ExpiresOn time.Time // zero: never
}

func orderAAD(number string) string { return "orders/" + number + "/web_space" }

// ImportOrder inserts an order or updates the one with its number. It is idempotent. A missing customer is created
// without a password. It reports whether the order is new.
func (s *Store) ImportOrder(ctx context.Context, in OrderImport) (created bool, err error) {
	customer, err := s.EnsureUser(ctx, RoleCustomer, in.Customer, "")
	if err != nil {
		return false, err
	}
	var sealed []byte
	if in.WebSpace != nil {
		if sealed, err = s.keys.SealJSON(orderAAD(in.Number), in.WebSpace); err != nil {
			return false, err
		}
	}
	expires := sql.NullTime{Time: in.ExpiresOn, Valid: !in.ExpiresOn.IsZero()}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		res, err := tx.ExecContext(ctx, `
			INSERT INTO orders (number, customer_id, product, expires_on, sealed_web_space, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)
			ON DUPLICATE KEY UPDATE customer_id = VALUES(customer_id), product = VALUES(product),
				expires_on = VALUES(expires_on), sealed_web_space = VALUES(sealed_web_space), updated_at = VALUES(updated_at)`,
			in.Number, customer, in.Product, expires, sealed, now, now)
		if err != nil {
			return err
		}
		if created, err = changedOneRow(res); err != nil { // 1 inserted, 2 updated
			return err
		}
		var id int64
		if err := tx.GetContext(ctx, &id, `SELECT id FROM orders WHERE number = ?`, in.Number); err != nil {
			return err
		}
		if err := replaceList(ctx, tx, id, "order_domains", "domain", in.Domains); err != nil {
			return err
		}
		return replaceList(ctx, tx, id, "order_ips", "ip_range", in.IPs)
	})
	if err != nil {
		return false, fmt.Errorf("importing order %s: %w", in.Number, err)
	}
	return created, nil
}

func replaceList(ctx context.Context, tx *sqlx.Tx, orderID int64, table, column string, values []string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE order_id = ?`, orderID); err != nil {
		return err
	}
	if len(values) == 0 {
		return nil
	}
	args := make([]any, 0, 3*len(values))
	for i, v := range values {
		args = append(args, orderID, i, v)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (order_id, position, `+column+`) VALUES `+
		strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", len(values)), ", "), args...)
	return err
}

const orderColumns = `o.id, o.number, o.customer_id, o.product, o.expires_on, o.filing_number, o.filing_number_at, o.created_at,
	o.police_number, o.police_declined`

// OrderOf returns a customer's order by its number. Another customer's order is ErrNotFound, like one that doesn't
// exist.
func (s *Store) OrderOf(ctx context.Context, customerID int64, number string) (Order, error) {
	var o Order
	err := s.db.GetContext(ctx, &o, `SELECT `+orderColumns+` FROM orders o WHERE o.number = ?
		AND o.customer_id = ?`, number, customerID)
	if err != nil {
		return o, notFoundAs(err, "order")
	}
	return o, s.fillLists(ctx, []*Order{&o})
}

// Order returns an order by its ID.
func (s *Store) Order(ctx context.Context, id int64) (Order, error) {
	var o Order
	err := s.db.GetContext(ctx, &o, `SELECT `+orderColumns+` FROM orders o WHERE o.id = ?`, id)
	if err != nil {
		return o, notFoundAs(err, "order")
	}
	return o, s.fillLists(ctx, []*Order{&o})
}

// WebSpaceOf returns an order's web space; nil if it has none.
func (s *Store) WebSpaceOf(ctx context.Context, orderID int64) (*WebSpace, error) {
	var row struct {
		Number string `db:"number"`
		Sealed []byte `db:"sealed_web_space"`
	}
	err := s.db.GetContext(ctx, &row, `SELECT number, sealed_web_space FROM orders WHERE id = ?`, orderID)
	if err != nil || row.Sealed == nil {
		return nil, notFoundAs(err, "order")
	}
	var w WebSpace
	return &w, s.keys.OpenJSON(orderAAD(row.Number), row.Sealed, &w)
}

// CorrectWebSpace replaces an order's web space. The next import of the order overwrites it with the provider's data.
func (s *Store) CorrectWebSpace(ctx context.Context, o Order, w WebSpace) error {
	sealed, err := s.keys.SealJSON(orderAAD(o.Number), w)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE orders SET sealed_web_space = ?, updated_at = ?
			WHERE id = ?`, sealed, s.utcNow(), o.ID)
		return err
	})
}

// Cursor is a position in a list ordered by creation time, newest first. Its zero value is the start.
type Cursor struct {
	CreatedAt time.Time
	ID        int64
}

// fillLists loads the domains and addresses of a page of orders in two queries.
func (s *Store) fillLists(ctx context.Context, orders []*Order) error {
	if len(orders) == 0 {
		return nil
	}
	ids := make([]int64, len(orders))
	byID := make(map[int64]*Order, len(orders))
	for i, o := range orders {
		ids[i], byID[o.ID] = o.ID, o
	}
	for _, list := range []struct {
		query string
		add   func(*Order, string)
	}{
		{`SELECT order_id, domain AS value FROM order_domains WHERE order_id IN (?) ORDER BY order_id, position`,
			func(o *Order, v string) { o.Domains = append(o.Domains, v) }},
		{`SELECT order_id, ip_range AS value FROM order_ips WHERE order_id IN (?) ORDER BY order_id, position`,
			func(o *Order, v string) { o.IPs = append(o.IPs, v) }},
	} {
		query, args, err := sqlx.In(list.query, ids)
		if err != nil {
			return err
		}
		var values []struct {
			OrderID int64  `db:"order_id"`
			Value   string `db:"value"`
		}
		if err := s.db.SelectContext(ctx, &values, query, args...); err != nil {
			return err
		}
		for _, v := range values {
			list.add(byID[v.OrderID], v.Value)
		}
	}
	return nil
}
