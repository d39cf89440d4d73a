package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
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

// SameSignIn reports whether two web spaces have the same address and user.
func (w WebSpace) SameSignIn(other WebSpace) bool {
	return w.Protocol == other.Protocol && w.Host == other.Host && w.Port == other.Port && w.User == other.User
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

// OrderImport is what a provider's panel or a CSV file says about an order. What it doesn't say stays as it is.
type OrderImport struct {
	Number string
	// Customer is the customer's login, Product what was ordered. A new order needs both. The customer of an existing one
	// must be the same: only TransferOrder gives it to another.
	Customer, Product string
	// Domains and IPs replace the lists; nil keeps them.
	Domains []string
	IPs     []string
	// WebSpace is how the site is reached; nil keeps it.
	WebSpace *WebSpace
	// KeepPassword and KeepDocumentRoot: the provider doesn't say them, so they stay if the address and user do.
	KeepPassword, KeepDocumentRoot bool
	// NoWebSpace: the provider doesn't know it, so the customer installs the certificate by hand.
	NoWebSpace bool
	ExpiresOn  time.Time // zero: keep
	// NeverExpires removes the last day.
	NeverExpires bool
	// Mobile and Email are the customer's, in their normal form; nil keeps them, empty removes them.
	Mobile, Email *string
}

var (
	// ErrOtherCustomer: the order belongs to another customer.
	ErrOtherCustomer = errors.New("the order belongs to another customer")
	// ErrIncomplete: a new order needs a customer and a product.
	ErrIncomplete = errors.New("a new order needs a customer and a product")
)

func orderAAD(number string) string { return "orders/" + number + "/web_space" }

// ImportOrder inserts an order or updates the one with its number. It is idempotent. A missing customer is created
// without a password. It reports whether the order is new. It returns ErrOtherCustomer, ErrNotCustomer for a login of
// staff, and ErrIncomplete.
func (s *Store) ImportOrder(ctx context.Context, in OrderImport) (created bool, err error) {
	importIt := func(tx *sqlx.Tx) error {
		created, err = s.importOrder(ctx, tx, in)
		return err
	}
	if err = s.tx(ctx, importIt); isDuplicate(err) { // another import created it first, and this one updates it
		err = s.tx(ctx, importIt)
	}
	return created, err
}

// ImportOrders imports many orders in one transaction, all or none: run calls its argument for each, and an error of
// run undoes them all. After a deadlock run is called again.
func (s *Store) ImportOrders(ctx context.Context,
	run func(importOne func(OrderImport) (created bool, err error)) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		return run(func(in OrderImport) (bool, error) { return s.importOrder(ctx, tx, in) })
	})
}

// importedOrder is what an import depends on.
type importedOrder struct {
	ID         int64  `db:"id"`
	CustomerID int64  `db:"customer_id"`
	Sealed     []byte `db:"sealed_web_space"`
	Hash       []byte `db:"provider_space_hash"`
}

func (s *Store) importOrder(ctx context.Context, tx *sqlx.Tx, in OrderImport) (created bool, err error) {
	o, found, err := getOptional[importedOrder](ctx, tx, `SELECT id, customer_id, sealed_web_space, provider_space_hash
		FROM orders WHERE number = ? FOR UPDATE`, in.Number)
	if err == nil {
		o.CustomerID, err = s.importCustomer(ctx, tx, in, o.CustomerID)
	}
	if err != nil {
		return false, during(err, "importing order %s", in.Number)
	}
	now := s.utcNow()
	if !found {
		if o.ID, err = insert(ctx, tx, `INSERT INTO orders (number, customer_id, product, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?)`, in.Number, o.CustomerID, in.Product, now, now); err != nil {
			return false, during(err, "importing order %s", in.Number)
		}
	}
	set := fragmentOf(`updated_at = ?`, now)
	if found && in.Product != "" {
		set = set.also(`product = ?`, in.Product)
	}
	if in.NeverExpires || !in.ExpiresOn.IsZero() {
		set = set.also(`expires_on = ?`, sql.NullTime{Time: in.ExpiresOn, Valid: !in.NeverExpires})
	}
	if set, err = s.importSpace(set, in, o); err != nil {
		return false, err
	}
	err = exec(ctx, tx, `UPDATE orders SET `+set.sql+` WHERE id = ?`, set.with(o.ID)...)
	if err == nil && (in.Domains != nil || !found) {
		err = s.importDomains(ctx, tx, o.ID, in.Domains)
	}
	if err == nil && in.IPs != nil {
		err = importIPs(ctx, tx, o.ID, in.IPs)
	}
	if err == nil {
		err = s.setProviderAddresses(ctx, tx, o.CustomerID, in.Mobile, in.Email)
	}
	return !found, during(err, "importing order %s", in.Number)
}

// importDomains replaces an order's host names, and gives new ones their sites. Most imports change none.
func (s *Store) importDomains(ctx context.Context, tx *sqlx.Tx, orderID int64, domains []string) error {
	was, err := hostSites(ctx, tx, orderID)
	if err != nil || was.are(domains) {
		return err
	}
	if domains != nil {
		if err := replaceList(ctx, tx, orderID, "order_domains", "domain", len(was) > 0, domains); err != nil {
			return err
		}
	}
	if err := s.placeHosts(ctx, tx, orderID, was); err != nil {
		return err
	}
	return s.updateOrderState(ctx, tx, orderID)
}

// importIPs replaces an order's addresses.
func importIPs(ctx context.Context, tx *sqlx.Tx, orderID int64, ips []string) error {
	was, err := selectAll[string](ctx, tx, `SELECT ip_range FROM order_ips WHERE order_id = ? ORDER BY position`, orderID)
	if err != nil || slices.Equal(was, ips) {
		return err
	}
	return replaceList(ctx, tx, orderID, "order_ips", "ip_range", len(was) > 0, ips)
}

// importCustomer returns the customer of an imported order, who is created for a new order; owner is 0 for one.
func (s *Store) importCustomer(ctx context.Context, tx *sqlx.Tx, in OrderImport, owner int64) (int64, error) {
	if owner == 0 && (in.Customer == "" || in.Product == "") {
		return 0, ErrIncomplete
	}
	if in.Customer == "" {
		return owner, nil
	}
	const byLogin = `SELECT id, role FROM users WHERE login = ?`
	u, found, err := getOptional[User](ctx, tx, byLogin, in.Customer)
	if err == nil && !found && owner == 0 {
		if err = exec(ctx, tx, `INSERT IGNORE INTO users (role, login, password_hash, created_at) VALUES (?, ?, '', ?)`,
			RoleCustomer, in.Customer, s.utcNow()); err == nil {
			u, err = get[User](ctx, tx, byLogin, in.Customer)
		}
	}
	switch {
	case err != nil:
		return 0, err
	case u.Role == RoleSupport:
		return 0, ErrNotCustomer
	case owner != 0 && u.ID != owner:
		return 0, ErrOtherCustomer
	}
	return u.ID, nil
}

// importSpace adds the web space to an order's changes. The provider's data win only if they differ from what the
// provider sent last, so that a correction by staff stays until the provider has something newer.
func (s *Store) importSpace(set fragment, in OrderImport, o importedOrder) (fragment, error) {
	if in.WebSpace == nil && !in.NoWebSpace {
		return set, nil
	}
	hash, err := s.spaceHash(in.Number, in.WebSpace)
	if err != nil || bytes.Equal(hash, o.Hash) {
		return set, err
	}
	set = set.also(`provider_space_hash = ?`, hash)
	if in.WebSpace == nil {
		return set.also(`sealed_web_space = NULL`), nil
	}
	w := *in.WebSpace
	if o.Sealed != nil && (in.KeepPassword || in.KeepDocumentRoot) {
		var known WebSpace
		if err := s.keys.OpenJSON(orderAAD(in.Number), o.Sealed, &known); err != nil {
			return set, err
		}
		if known.SameSignIn(w) && in.KeepPassword {
			w.Password = known.Password
		}
		if known.SameSignIn(w) && in.KeepDocumentRoot {
			w.DocumentRoot = known.DocumentRoot
		}
	}
	sealed, err := s.keys.SealJSON(orderAAD(in.Number), w)
	return set.also(`sealed_web_space = ?`, sealed), err
}

// spaceHash recognises what the provider sent; nil is that there is no web space.
func (s *Store) spaceHash(number string, w *WebSpace) ([]byte, error) {
	text, err := json.Marshal(w) //nolint:gosec // only its keyed hash is kept
	if err != nil {
		return nil, err
	}
	return s.keys.Hash("orders/web_space", number+"/"+string(text))
}

// setProviderAddresses stores the contact addresses that the provider gave for a customer; nil keeps one, empty removes
// it.
func (s *Store) setProviderAddresses(ctx context.Context, tx *sqlx.Tx, userID int64, mobile, email *string) error {
	for ch, to := range map[filing.Channel]*string{filing.SMS: mobile, filing.Mail: email} {
		if to == nil {
			continue
		}
		column := contactAddressColumns[ch]
		var sealed, hash []byte
		if *to != "" {
			var err error
			if sealed, err = s.keys.SealJSON(providerAddressAAD(userID, ch), *to); err != nil {
				return err
			}
			if hash, err = s.keys.Hash(column.use, *to); err != nil {
				return err
			}
		}
		// The hash is always the same, the sealed text never: an unchanged address needn't be written.
		if err := exec(ctx, tx, `UPDATE users SET `+column.providerSealed+` = ?, `+column.providerHash+` = ?
			WHERE id = ? AND NOT `+column.providerHash+` <=> ?`, sealed, hash, userID, hash); err != nil {
			return err
		}
	}
	return nil
}

// replaceList replaces a list of an order; some: there is one.
func replaceList(ctx context.Context, tx *sqlx.Tx, orderID int64, table, column string, some bool,
	values []string) error {
	if some {
		if err := exec(ctx, tx, `DELETE FROM `+table+` WHERE order_id = ?`, orderID); err != nil {
			return err
		}
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
	var values []listValue
	var valuesErr error
	var both sync.WaitGroup
	both.Go(func() {
		values, valuesErr = s.listValues(ctx, `SELECT o.id FROM orders o WHERE `+where, args...)
	})
	o, err := find[Order](ctx, s.db, "order", `SELECT `+orderColumns+` FROM orders o WHERE `+where, args...)
	if both.Wait(); err != nil {
		return o, err
	}
	for _, v := range values {
		v.addTo(&o)
	}
	return o, valuesErr
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

// CorrectWebSpace replaces an order's web space. The correction stays until the provider sends other data than the last
// time.
func (s *Store) CorrectWebSpace(ctx context.Context, o Order, w WebSpace) error {
	sealed, err := s.keys.SealJSON(orderAAD(o.Number), w)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		was, err := find[importedOrder](ctx, tx, "order", `SELECT id, customer_id, sealed_web_space, provider_space_hash
			FROM orders WHERE id = ? FOR UPDATE`, o.ID)
		if err != nil {
			return err
		}
		if was.Hash == nil { // imported by a build that didn't store it
			var known *WebSpace
			if was.Sealed != nil {
				err = s.keys.OpenJSON(orderAAD(o.Number), was.Sealed, &known)
			}
			if err == nil {
				was.Hash, err = s.spaceHash(o.Number, known)
			}
			if err != nil {
				return err
			}
		}
		return exec(ctx, tx, `UPDATE orders SET sealed_web_space = ?, provider_space_hash = ?, updated_at = ? WHERE id = ?`,
			sealed, was.Hash, s.utcNow(), o.ID)
	})
}

// Cursor is a position in a list ordered by creation time, newest first. Its zero value is the start.
type Cursor struct {
	CreatedAt time.Time
	ID        int64
}

// listValue is a domain or an address of an order, and the site that the domain belongs to, if any.
type listValue struct {
	OrderID  int64  `db:"order_id"`
	Position int    `db:"position"`
	IsIP     bool   `db:"is_ip"`
	Value    string `db:"value"`
	SiteID   int64  `db:"site_id"`
}

// listValues reads the domains and addresses of orders, which in selects, in their order. Sorted by the server, a union
// costs twice as much.
func (s *Store) listValues(ctx context.Context, in string, args ...any) ([]listValue, error) {
	values, err := selectAll[listValue](ctx, s.db, `
		SELECT order_id, position, FALSE AS is_ip, domain AS value, COALESCE(site_id, 0) AS site_id FROM order_domains
			WHERE order_id IN (`+in+`)
		UNION ALL SELECT order_id, position, TRUE, ip_range, 0 FROM order_ips WHERE order_id IN (`+in+`)`,
		append(slices.Clone(args), args...)...)
	slices.SortFunc(values, func(a, b listValue) int { return cmp.Compare(a.Position, b.Position) })
	return values, during(err, "listing domains and addresses")
}

func (v listValue) addTo(o *Order) {
	if v.IsIP {
		o.IPs = append(o.IPs, v.Value)
	} else {
		o.Domains = append(o.Domains, v.Value)
	}
}
