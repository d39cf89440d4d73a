package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// APICustomer is a customer as the provider's panel knows them.
type APICustomer struct {
	ExternalID string    `db:"external_id"`
	UserID     int64     `db:"user_id"`
	Login      string    `db:"login"`
	CreatedAt  time.Time `db:"created_at"`
	// HasMobile and HasEmail: the provider gave a contact address.
	HasMobile bool `db:"has_mobile"`
	HasEmail  bool `db:"has_email"`
}

const apiCustomerSelect = `SELECT c.external_id, c.user_id, u.login, c.created_at,
	u.provider_mobile_hash IS NOT NULL AS has_mobile, u.provider_email_hash IS NOT NULL AS has_email
	FROM api_customers c JOIN users u ON u.id = c.user_id `

// APICustomer finds a customer by the ID in a key's namespace.
func (s *Store) APICustomer(ctx context.Context, k APIKey, id string) (APICustomer, error) {
	return find[APICustomer](ctx, s.db, "customer", apiCustomerSelect+`WHERE c.namespace = ? AND c.sandbox = ?
		AND c.external_id = ?`, k.Namespace, k.Sandbox, id)
}

// PutAPICustomer makes the account of a customer, which has no password, or finds it, and stores the contact addresses
// that the provider gives, as setProviderAddresses. An account that exists otherwise, a customer's or staff's, is never
// adopted. What is so already isn't written, and leaves no audit entry.
func (s *Store) PutAPICustomer(ctx context.Context, k APIKey, id string,
	mobile, email *string) (created bool, err error) {
	put := func(tx *sqlx.Tx) error {
		user, found, err := getOptional[int64](ctx, tx, `SELECT user_id FROM api_customers WHERE namespace = ? AND sandbox = ?
			AND external_id = ? FOR UPDATE`, k.Namespace, k.Sandbox, id)
		if err != nil {
			return err
		}
		if created = !found; created {
			if user, err = s.newAPICustomer(ctx, tx, k, id); err != nil {
				return err
			}
		}
		changed, err := s.setProviderAddresses(ctx, tx, user, mobile, email)
		auditOnly(ctx, created || changed)
		return err
	}
	if err = s.tx(ctx, put); isDuplicate(err) { // another request made it first
		err = s.tx(ctx, put)
	}
	return created, during(err, "putting a customer")
}

// apiLogin is the login of a customer of the API.
func apiLogin(k APIKey, id string) string {
	login := k.Namespace + "/" + id
	if k.Sandbox {
		login = "test/" + login
	}
	return login
}

// maxLogin is the longest login.
const maxLogin = 64

func (s *Store) newAPICustomer(ctx context.Context, tx *sqlx.Tx, k APIKey, id string) (user int64, err error) {
	now, login := s.utcNow(), apiLogin(k, id)
	taken, err := get[int](ctx, tx, `SELECT COUNT(*) FROM users WHERE login = ?`, login)
	if err != nil {
		return 0, err
	}
	if taken > 0 { // by an account of another origin
		mark := fmt.Sprintf("-%s", strings.ToLower(rand.Text()[:6]))
		login = clip(login, maxLogin-len(mark)) + mark
	}
	if user, err = insert(ctx, tx, `INSERT INTO users (role, login, password_hash, created_at) VALUES (?, ?, '', ?)`,
		RoleCustomer, login, now); err != nil {
		return 0, err
	}
	return user, exec(ctx, tx, `INSERT INTO api_customers (namespace, sandbox, external_id, user_id, created_at)
		VALUES (?, ?, ?, ?, ?)`, k.Namespace, k.Sandbox, id, user, now)
}

// APICustomerIDs are the IDs of accounts in a key's namespace; accounts that it doesn't know have none.
func (s *Store) APICustomerIDs(ctx context.Context, k APIKey, users ...int64) (map[int64]string, error) {
	ids := map[int64]string{}
	if len(users) == 0 {
		return ids, nil
	}
	rows, err := selectAll[APICustomer](ctx, s.db, `SELECT external_id, user_id FROM api_customers WHERE namespace = ?
		AND sandbox = ? AND user_id IN (?)`, k.Namespace, k.Sandbox, users)
	for _, c := range rows {
		ids[c.UserID] = c.ExternalID
	}
	return ids, err
}
