package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
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
	// HostKey is the pinned key of an SFTP server (HostKeys); it isn't written with the rest.
	HostKey string `json:"-"`
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
		// It changes 1 row if it inserts, 2 if it updates.
		if created, err = changed(ctx, tx, `
			INSERT INTO orders (number, customer_id, product, expires_on, sealed_web_space, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE customer_id = VALUES(customer_id), product = VALUES(product),
				expires_on = VALUES(expires_on), sealed_web_space = VALUES(sealed_web_space), updated_at = VALUES(updated_at)`,
			in.Number, customer, in.Product, expires, sealed, now, now); err != nil {
			return err
		}
		id, err := get[int64](ctx, tx, `SELECT id FROM orders WHERE number = ?`, in.Number)
		if err != nil {
			return err
		}
		if err := replaceList(ctx, tx, id, "order_domains", "domain", in.Domains); err != nil {
			return err
		}
		return replaceList(ctx, tx, id, "order_ips", "ip_range", in.IPs)
	})
	return created, during(err, "importing order %s", in.Number)
}

func replaceList(ctx context.Context, tx *sqlx.Tx, orderID int64, table, column string, values []string) error {
	if err := exec(ctx, tx, `DELETE FROM `+table+` WHERE order_id = ?`, orderID); err != nil {
		return err
	}
	if len(values) == 0 {
		return nil
	}
	args := make([]any, 0, 3*len(values))
	for i, v := range values {
		args = append(args, orderID, i, v)
	}
	return exec(ctx, tx, `INSERT INTO `+table+` (order_id, position, `+column+`) VALUES `+
		strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", len(values)), ", "), args...)
}

const orderColumns = `o.id, o.number, o.customer_id, o.product, o.expires_on, o.filing_number, o.filing_number_at, o.created_at,
	o.police_number, o.police_declined`

// OrderOf returns a customer's order by its number. Another customer's order is ErrNotFound, like one that doesn't
// exist.
func (s *Store) OrderOf(ctx context.Context, customerID int64, number string) (Order, error) {
	return s.order(ctx, `o.number = ? AND o.customer_id = ?`, number, customerID)
}

// Order returns an order by its ID.
func (s *Store) Order(ctx context.Context, id int64) (Order, error) {
	return s.order(ctx, `o.id = ?`, id)
}

func (s *Store) order(ctx context.Context, where string, args ...any) (Order, error) {
	o, err := find[Order](ctx, s.db, "order", `SELECT `+orderColumns+` FROM orders o WHERE `+where, args...)
	if err != nil {
		return o, err
	}
	return o, s.fillLists(ctx, []*Order{&o})
}

// WebSpaceOf returns an order's web space; nil if it has none.
func (s *Store) WebSpaceOf(ctx context.Context, orderID int64) (*WebSpace, error) {
	var number string
	var sealed []byte
	var w WebSpace
	if err := scan(ctx, s.db, "order", fragmentOf(`SELECT o.number, o.sealed_web_space, COALESCE(k.pinned, '')
		FROM orders o LEFT JOIN web_space_host_keys k ON k.order_id = o.id WHERE o.id = ?`, orderID),
		&number, &sealed, &w.HostKey); err != nil || sealed == nil {
		return nil, err
	}
	return &w, s.keys.OpenJSON(orderAAD(number), sealed, &w)
}

// CorrectWebSpace replaces an order's web space. The next import of the order overwrites it with the provider's data.
func (s *Store) CorrectWebSpace(ctx context.Context, o Order, w WebSpace) error {
	sealed, err := s.keys.SealJSON(orderAAD(o.Number), w)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		return exec(ctx, tx, `UPDATE orders SET sealed_web_space = ?, updated_at = ? WHERE id = ?`, sealed, s.utcNow(), o.ID)
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
	byID := make(map[int64]*Order, len(orders))
	for _, o := range orders {
		byID[o.ID] = o
	}
	fill := func(table, column string, list func(*Order) *[]string) error {
		values, err := selectAll[struct {
			OrderID int64  `db:"order_id"`
			Value   string `db:"value"`
		}](ctx, s.db, `SELECT order_id, `+column+` AS value FROM `+table+` WHERE order_id IN (?) ORDER BY order_id, position`,
			slices.Collect(maps.Keys(byID)))
		for _, v := range values {
			to := list(byID[v.OrderID])
			*to = append(*to, v.Value)
		}
		return err
	}
	if err := fill("order_domains", "domain", func(o *Order) *[]string { return &o.Domains }); err != nil {
		return err
	}
	return fill("order_ips", "ip_range", func(o *Order) *[]string { return &o.IPs })
}
