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
	Status         OrderStatus    `db:"status"`
	// SourceVersion is the version that the provider gave what it sent last.
	SourceVersion sql.NullInt64 `db:"source_version"`
	// Sandbox: a test key of the API made it, and it can't be filed.
	Sandbox   bool      `db:"sandbox"`
	UpdatedAt time.Time `db:"updated_at"`
	Domains   []string  `db:"-"`
	IPs       []string  `db:"-"`
}

// OrderStatus is what the provider's panel says about an order.
type OrderStatus string

// The statuses.
const (
	OrderActive     OrderStatus = "active"
	OrderSuspended  OrderStatus = "suspended"
	OrderTerminated OrderStatus = "terminated"
)

// OrderStatuses lists the statuses.
var OrderStatuses = []OrderStatus{OrderActive, OrderSuspended, OrderTerminated}

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
	// CustomerID is the customer's account, for those who don't say the login; 0: Customer says who it is.
	CustomerID int64
	// Status is empty to keep it.
	Status OrderStatus
	// SourceVersion is the provider's version of all this; nil keeps the one of before, and an older one is ErrStale.
	SourceVersion *int64
	// NoSourceVersion removes the version.
	NoSourceVersion bool
	// Sandbox: a test key of the API says it.
	Sandbox bool
}

var (
	// ErrOtherCustomer: the order belongs to another customer.
	ErrOtherCustomer = errors.New("the order belongs to another customer")
	// ErrIncomplete: a new order needs a customer and a product.
	ErrIncomplete = errors.New("a new order needs a customer and a product")
	// ErrStale: the provider has sent a newer version already.
	ErrStale = errors.New("a newer version of the order is known")
	// ErrSandbox: a test key of the API made the order, and who asks isn't one, or the other way round.
	ErrSandbox = errors.New("the order is on the other side of the sandbox")
)

func orderAAD(number string) string { return "orders/" + number + "/web_space" }

// Imported is what an import did.
type Imported struct {
	// Created: the order is new. Changed: it, or its customer, is another than before.
	Created, Changed bool
}

// ImportOrder is PutOrder for a row of a file. It reports whether the order is new.
func (s *Store) ImportOrder(ctx context.Context, in OrderImport) (created bool, err error) {
	done, err := s.PutOrder(ctx, in)
	return done.Created, err
}

// PutOrder inserts an order or updates the one with its number. It is idempotent: what is so already isn't written, and
// leaves no audit entry. A missing customer is created without a password. It returns ErrOtherCustomer, ErrNotCustomer
// for a login of staff, ErrIncomplete, ErrStale and ErrSandbox.
func (s *Store) PutOrder(ctx context.Context, in OrderImport) (done Imported, err error) {
	importIt := func(tx *sqlx.Tx) error {
		if done, err = s.importOrder(ctx, tx, in); err == nil {
			auditOnly(ctx, done.Changed)
		}
		return err
	}
	if err = s.tx(ctx, importIt); isDuplicate(err) { // another import created it first, and this one updates it
		err = s.tx(ctx, importIt)
	}
	return done, err
}

// ImportOrders imports many orders in one transaction, all or none: run calls its argument for each, and an error of
// run undoes them all. After a deadlock run is called again.
func (s *Store) ImportOrders(ctx context.Context,
	run func(importOne func(OrderImport) (created bool, err error)) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		return run(func(in OrderImport) (bool, error) {
			done, err := s.importOrder(ctx, tx, in)
			return done.Created, err
		})
	})
}

// importedOrder is what an import depends on.
type importedOrder struct {
	ID            int64         `db:"id"`
	CustomerID    int64         `db:"customer_id"`
	Product       string        `db:"product"`
	ExpiresOn     sql.NullTime  `db:"expires_on"`
	Status        OrderStatus   `db:"status"`
	SourceVersion sql.NullInt64 `db:"source_version"`
	Sandbox       bool          `db:"sandbox"`
	Sealed        []byte        `db:"sealed_web_space"`
	Hash          []byte        `db:"provider_space_hash"`
}

const importedColumns = `id, customer_id, product, expires_on, status, source_version, sandbox, sealed_web_space,
	provider_space_hash`

// mayImport refuses what mustn't change an order that exists.
func (o importedOrder) mayImport(in OrderImport) error {
	switch {
	case o.Sandbox != in.Sandbox:
		return ErrSandbox
	case in.SourceVersion != nil && o.SourceVersion.Valid && *in.SourceVersion < o.SourceVersion.Int64:
		return ErrStale
	}
	return nil
}

func (s *Store) importOrder(ctx context.Context, tx *sqlx.Tx, in OrderImport) (done Imported, err error) {
	o, found, err := getOptional[importedOrder](ctx, tx, `SELECT `+importedColumns+` FROM orders
		WHERE number = ? FOR UPDATE`, in.Number)
	if err == nil && found {
		err = o.mayImport(in)
	}
	if err == nil {
		o.CustomerID, err = s.importCustomer(ctx, tx, in, o.CustomerID)
	}
	if err != nil {
		return done, during(err, "importing order %s", in.Number)
	}
	now := s.utcNow()
	if !found {
		if o.ID, err = insert(ctx, tx, `INSERT INTO orders (number, customer_id, product, sandbox, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?, ?)`, in.Number, o.CustomerID, in.Product, in.Sandbox, now, now); err != nil {
			return done, during(err, "importing order %s", in.Number)
		}
		o.Product, o.Status = in.Product, OrderActive
	}
	done = Imported{Created: !found, Changed: !found}
	columns, err := s.importColumns(ctx, tx, in, o)
	if err == nil {
		done.Changed = done.Changed || columns
		err = s.importLists(ctx, tx, in, o.ID, &done)
	}
	if err == nil {
		var addresses bool
		addresses, err = s.setProviderAddresses(ctx, tx, o.CustomerID, in.Mobile, in.Email)
		done.Changed = done.Changed || addresses
	}
	return done, during(err, "importing order %s", in.Number)
}

// importColumns writes the columns of an order that an import changes, and reports whether it is another order now: a
// version that is all that is new makes it none.
func (s *Store) importColumns(ctx context.Context, tx *sqlx.Tx, in OrderImport,
	o importedOrder) (changed bool, err error) {
	var set fragment
	if in.Product != "" && in.Product != o.Product {
		set = set.also(`product = ?`, in.Product)
	}
	if in.NeverExpires && o.ExpiresOn.Valid {
		set = set.also(`expires_on = NULL`)
	} else if !in.ExpiresOn.IsZero() && !in.ExpiresOn.Equal(o.ExpiresOn.Time) {
		set = set.also(`expires_on = ?`, in.ExpiresOn)
	}
	if in.Status != "" && in.Status != o.Status {
		set = set.also(`status = ?`, in.Status)
	}
	if set, err = s.importSpace(ctx, tx, set, in, o); err != nil {
		return false, err
	}
	changed = set.sql != ""
	switch {
	case in.SourceVersion != nil && (!o.SourceVersion.Valid || *in.SourceVersion != o.SourceVersion.Int64):
		set = set.also(`source_version = ?`, *in.SourceVersion)
	case in.NoSourceVersion && o.SourceVersion.Valid:
		set = set.also(`source_version = NULL`)
	}
	if set.sql == "" {
		return false, nil
	}
	if changed {
		set = set.also(`updated_at = ?`, s.utcNow())
	}
	set.sql = strings.TrimPrefix(set.sql, `, `)
	return changed, exec(ctx, tx, `UPDATE orders SET `+set.sql+` WHERE id = ?`, set.with(o.ID)...)
}

// importLists replaces an order's host names and addresses where they are others.
func (s *Store) importLists(ctx context.Context, tx *sqlx.Tx, in OrderImport, orderID int64, done *Imported) error {
	if in.Domains != nil || done.Created {
		changed, err := s.importDomains(ctx, tx, orderID, in.Domains)
		if err != nil {
			return err
		}
		done.Changed = done.Changed || changed
	}
	if in.IPs == nil {
		return nil
	}
	known, err := selectAll[string](ctx, tx, `SELECT ip_range FROM order_ips WHERE order_id = ? ORDER BY position`,
		orderID)
	if err != nil || slices.Equal(known, in.IPs) {
		return err
	}
	done.Changed = true
	return replaceList(ctx, tx, orderID, "order_ips", "ip_range", len(known) > 0, in.IPs)
}

// importDomains replaces an order's host names, and gives new ones their sites. It reports whether they are others;
// most imports change none.
func (s *Store) importDomains(ctx context.Context, tx *sqlx.Tx, orderID int64,
	domains []string) (changed bool, err error) {
	was, err := hostSites(ctx, tx, orderID)
	if err != nil || was.are(domains) {
		return false, err
	}
	if domains != nil {
		changed = !slices.EqualFunc(was, domains, func(host placedHost, domain string) bool { return host.Domain == domain })
		if err := replaceList(ctx, tx, orderID, "order_domains", "domain", len(was) > 0, domains); err != nil {
			return changed, err
		}
	}
	if err := s.placeHosts(ctx, tx, orderID, was); err != nil {
		return changed, err
	}
	return changed, s.updateOrderState(ctx, tx, orderID)
}

// importCustomer returns the customer of an imported order, who is created for a new order; owner is 0 for one.
func (s *Store) importCustomer(ctx context.Context, tx *sqlx.Tx, in OrderImport, owner int64) (int64, error) {
	switch {
	case owner == 0 && (in.Customer == "" && in.CustomerID == 0 || in.Product == ""):
		return 0, ErrIncomplete
	case owner == 0 && in.CustomerID != 0:
		return in.CustomerID, isCustomer(ctx, tx, in.CustomerID)
	case in.CustomerID != 0 && in.CustomerID != owner:
		return 0, ErrOtherCustomer
	case in.Customer == "":
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
func (s *Store) importSpace(ctx context.Context, tx *sqlx.Tx, set fragment, in OrderImport,
	o importedOrder) (fragment, error) {
	if in.WebSpace == nil && !in.NoWebSpace {
		return set, nil
	}
	hash, err := s.spaceHash(in.Number, in.WebSpace)
	if err != nil || bytes.Equal(hash, o.Hash) {
		return set, err
	}
	if err := forgetSpaceTest(ctx, tx, o.ID); err != nil {
		return set, err
	}
	set = set.also(`provider_space_hash = ?, web_space_by = ?, web_space_at = ?`, hash, SpaceByProvider, s.utcNow())
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
// it. It reports whether one is another than before.
func (s *Store) setProviderAddresses(ctx context.Context, tx *sqlx.Tx, userID int64,
	mobile, email *string) (changed bool, err error) {
	for ch, to := range map[filing.Channel]*string{filing.SMS: mobile, filing.Mail: email} {
		if to == nil {
			continue
		}
		column := contactAddressColumns[ch]
		var sealed, hash []byte
		if *to != "" {
			if sealed, err = s.keys.SealJSON(providerAddressAAD(userID, ch), *to); err != nil {
				return changed, err
			}
			if hash, err = s.keys.Hash(column.use, *to); err != nil {
				return changed, err
			}
		}
		// The hash is always the same, the sealed text never: an unchanged address needn't be written.
		n, err := affected(ctx, tx, `UPDATE users SET `+column.providerSealed+` = ?, `+column.providerHash+` = ?
			WHERE id = ? AND NOT `+column.providerHash+` <=> ?`, sealed, hash, userID, hash)
		if err != nil {
			return changed, err
		}
		changed = changed || n > 0
	}
	return changed, nil
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
	o.police_number, o.police_declined, o.status, o.source_version, o.sandbox, o.updated_at`

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
		was, err := find[importedOrder](ctx, tx, "order", `SELECT `+importedColumns+` FROM orders WHERE id = ? FOR UPDATE`,
			o.ID)
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
		if err := forgetSpaceTest(ctx, tx, o.ID); err != nil {
			return err
		}
		now := s.utcNow()
		return exec(ctx, tx, `UPDATE orders SET sealed_web_space = ?, provider_space_hash = ?, web_space_by = ?,
			web_space_at = ?, updated_at = ? WHERE id = ?`, sealed, was.Hash, SpaceByStaff, now, now, o.ID)
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
