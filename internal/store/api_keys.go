package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// APIScope is something that a key of the API may do.
type APIScope string

// The scopes. Whoever may write orders may read them too.
const (
	ScopeOrders   APIScope = "orders:write"
	ScopeSpaces   APIScope = "webspace:write"
	ScopeLaunches APIScope = "launches:write"
	ScopeFilings  APIScope = "filings:read"
	ScopeWebhooks APIScope = "webhooks:manage"
)

// APIScopes lists the scopes.
var APIScopes = []APIScope{ScopeOrders, ScopeSpaces, ScopeLaunches, ScopeFilings, ScopeWebhooks}

// APIKey is a key of the API, without its secret.
type APIKey struct {
	ID        int64         `db:"id"`
	Name      string        `db:"name"`
	FamilyID  sql.NullInt64 `db:"family_id"`
	Namespace string        `db:"namespace"`
	// Sandbox marks a test key.
	Sandbox bool `db:"sandbox"`
	// Hint are the secret's last characters.
	Hint        string       `db:"hint"`
	ScopeList   string       `db:"scopes"`
	AddressList string       `db:"addresses"`
	CreatedAt   time.Time    `db:"created_at"`
	ExpiresAt   sql.NullTime `db:"expires_at"`
	RevokedAt   sql.NullTime `db:"revoked_at"`
	// LastUsedAt is when it was last used, to the minute, and LastAddress from where.
	LastUsedAt  sql.NullTime `db:"last_used_at"`
	LastAddress string       `db:"last_address"`
}

const apiKeyColumns = `id, name, family_id, namespace, sandbox, hint, scopes, addresses, created_at, expires_at,
	revoked_at, last_used_at, last_address`

// Prefixes of secrets: whoever finds one in a log sees what it opens.
const (
	livePrefix = "bk_live_"
	testPrefix = "bk_test_"
)

func (k APIKey) prefix() string {
	if k.Sandbox {
		return testPrefix
	}
	return livePrefix
}

// Label is how people recognise the key's secret.
func (k APIKey) Label() string { return k.prefix() + "…" + k.Hint }

// Scopes are what it may do.
func (k APIKey) Scopes() (list []APIScope) {
	for _, scope := range strings.Split(k.ScopeList, ",") {
		list = append(list, APIScope(scope))
	}
	return list
}

// May reports whether it has one of some scopes.
func (k APIKey) May(scopes ...APIScope) bool {
	return slices.ContainsFunc(k.Scopes(), func(scope APIScope) bool { return slices.Contains(scopes, scope) })
}

// Admits reports whether it may be used from an address.
func (k APIKey) Admits(from netip.Addr) bool {
	if k.AddressList == "" {
		return true
	}
	return slices.ContainsFunc(strings.Split(k.AddressList, ","), func(text string) bool {
		prefix, err := netip.ParsePrefix(text)
		return err == nil && prefix.Contains(from.Unmap())
	})
}

// Live reports whether it still opens the API.
func (k APIKey) Live(now time.Time) bool {
	return !k.RevokedAt.Valid && (!k.ExpiresAt.Valid || now.Before(k.ExpiresAt.Time))
}

// quietKey is how long a live key may be silent: a panel's nightly reconciliation calls once a day.
const quietKey = 24 * time.Hour

// Quiet reports whether it should have been used by now and wasn't: the provider's panel may have stopped calling. A
// key that is being replaced may be silent.
func (k APIKey) Quiet(now time.Time) bool {
	return k.Live(now) && !k.Sandbox && !k.ExpiresAt.Valid && now.Sub(cmp.Or(k.LastUsedAt.Time, k.CreatedAt)) > quietKey
}

// NewAPIKey is a key to be made.
type NewAPIKey struct {
	Name, Namespace string
	Sandbox         bool
	Scopes          []APIScope
	// Addresses are those from which it may be used, or ranges (192.0.2.0/24); none: any.
	Addresses []string
	// ExpiresAt is zero for a key that doesn't expire.
	ExpiresAt time.Time
}

// namespaceForm restricts namespaces, which begin the logins of the customers that the API makes.
var namespaceForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,19}$`)

const (
	maxKeyName      = 64
	maxKeyAddresses = 1024
)

// Validate finds what is wrong with it, and brings its addresses into one form.
func (n *NewAPIKey) Validate(now time.Time) (problems filing.Problems) {
	wrong := func(field, key string, args map[string]any) {
		problems = append(problems, filing.Problem{Field: field, Key: key, Args: args})
	}
	switch {
	case n.Name == "":
		wrong("name", "required", nil)
	case utf8.RuneCountInString(n.Name) > maxKeyName:
		wrong("name", "too_long", map[string]any{"max": maxKeyName})
	}
	if !namespaceForm.MatchString(n.Namespace) {
		wrong("namespace", "api_namespace", nil)
	}
	unknown := func(s APIScope) bool { return !slices.Contains(APIScopes, s) }
	if len(n.Scopes) == 0 || slices.ContainsFunc(n.Scopes, unknown) {
		wrong("scopes", "api_scopes", nil)
	}
	for i, text := range n.Addresses {
		prefix, err := netip.ParsePrefix(text)
		if addr, single := netip.ParseAddr(text); single == nil {
			prefix, err = addr.Unmap().Prefix(addr.Unmap().BitLen())
		}
		if err != nil {
			wrong("addresses", "api_addresses", nil)
			break
		}
		n.Addresses[i] = prefix.Masked().String()
	}
	if len(strings.Join(n.Addresses, ",")) > maxKeyAddresses {
		wrong("addresses", "too_long", map[string]any{"max": maxKeyAddresses})
	}
	if !n.ExpiresAt.IsZero() && !n.ExpiresAt.After(now) {
		wrong("expires_on", "api_expires", nil)
	}
	return problems
}

// secretHash finds a secret's row. A secret has 260 random bits, so a fast hash without salt betrays nothing.
func secretHash(secret string) []byte {
	hash := sha256.Sum256([]byte(secret))
	return hash[:]
}

// CreateAPIKey makes a valid key. Its secret is shown once and stored nowhere.
func (s *Store) CreateAPIKey(ctx context.Context, n NewAPIKey) (secret string, key APIKey, err error) {
	key = APIKey{Name: n.Name, Namespace: n.Namespace, Sandbox: n.Sandbox, AddressList: strings.Join(n.Addresses, ","),
		ExpiresAt: sql.NullTime{Time: n.ExpiresAt.UTC(), Valid: !n.ExpiresAt.IsZero()}}
	var scopes []string
	for _, scope := range APIScopes {
		if slices.Contains(n.Scopes, scope) {
			scopes = append(scopes, string(scope))
		}
	}
	key.ScopeList = strings.Join(scopes, ",")
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		secret, err = s.insertAPIKey(ctx, tx, &key)
		return err
	})
	return secret, key, during(err, "creating an API key")
}

func (s *Store) insertAPIKey(ctx context.Context, tx *sqlx.Tx, key *APIKey) (secret string, err error) {
	secret = key.prefix() + strings.ToLower(rand.Text()+rand.Text())
	key.Hint, key.CreatedAt = secret[len(secret)-4:], s.utcNow()
	key.ID, err = insert(ctx, tx, `INSERT INTO api_keys (name, family_id, namespace, sandbox, secret_hash, hint, scopes,
			addresses, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, key.Name, key.FamilyID, key.Namespace,
		key.Sandbox, secretHash(secret), key.Hint, key.ScopeList, key.AddressList, key.CreatedAt, key.ExpiresAt)
	return secret, err
}

// RotateAPIKey makes a successor with the same rights; the key itself ends after the overlap. ErrConflict: it has
// ended, or has a successor already, since at most two keys of a rotation are live at once.
func (s *Store) RotateAPIKey(ctx context.Context, id int64, overlap time.Duration) (secret string,
	next APIKey, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		old, err := find[APIKey](ctx, tx, "API key", `SELECT `+apiKeyColumns+` FROM api_keys WHERE id = ? FOR UPDATE`, id)
		if err != nil {
			return err
		}
		now := s.utcNow()
		family := cmp.Or(old.FamilyID.Int64, old.ID)
		others, err := get[int](ctx, tx, `SELECT COUNT(*) FROM api_keys WHERE (id = ? OR family_id = ?) AND id <> ?
			AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)`, family, family, id, now)
		if err != nil {
			return err
		}
		if !old.Live(now) || others > 0 {
			return ErrConflict
		}
		next = APIKey{Name: old.Name, FamilyID: sql.NullInt64{Int64: family, Valid: true}, Namespace: old.Namespace,
			Sandbox: old.Sandbox, ScopeList: old.ScopeList, AddressList: old.AddressList}
		if secret, err = s.insertAPIKey(ctx, tx, &next); err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE api_keys SET expires_at = LEAST(COALESCE(expires_at, ?), ?) WHERE id = ?`,
			now.Add(overlap), now.Add(overlap), id)
	})
	return secret, next, during(err, "rotating API key %d", id)
}

// RevokeAPIKey ends a key at once; ErrNotFound if there is none. Repeating it changes nothing.
func (s *Store) RevokeAPIKey(ctx context.Context, id int64) error {
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := find[int64](ctx, tx, "API key", `SELECT id FROM api_keys WHERE id = ? FOR UPDATE`, id); err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE api_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?`, s.utcNow(), id)
	})
	return during(err, "revoking API key %d", id)
}

// APIKeys lists the keys, newest first.
func (s *Store) APIKeys(ctx context.Context) ([]APIKey, error) {
	return selectAll[APIKey](ctx, s.db, `SELECT `+apiKeyColumns+` FROM api_keys ORDER BY id DESC`)
}

// APIKey returns a key by its ID.
func (s *Store) APIKey(ctx context.Context, id int64) (APIKey, error) {
	return find[APIKey](ctx, s.db, "API key", `SELECT `+apiKeyColumns+` FROM api_keys WHERE id = ?`, id)
}

// APIKeyOf finds the live key of a secret; ErrNotFound if there is none.
func (s *Store) APIKeyOf(ctx context.Context, secret string) (APIKey, error) {
	if !strings.HasPrefix(secret, livePrefix) && !strings.HasPrefix(secret, testPrefix) {
		return APIKey{}, ErrNotFound
	}
	k, err := find[APIKey](ctx, s.db, "API key", `SELECT `+apiKeyColumns+` FROM api_keys WHERE secret_hash = ?`,
		secretHash(secret))
	if err == nil && !k.Live(s.utcNow()) {
		err = ErrNotFound
	}
	return k, err
}

// NoteAPIKeyUse records that a key was used, at most once a minute from the same address.
func (s *Store) NoteAPIKeyUse(ctx context.Context, k APIKey, from string) error {
	now := s.utcNow()
	if k.LastUsedAt.Valid && now.Sub(k.LastUsedAt.Time) < time.Minute && k.LastAddress == from {
		return nil
	}
	return exec(ctx, s.db, `UPDATE api_keys SET last_used_at = ?, last_address = ? WHERE id = ?`, now, from, k.ID)
}

// APIActor is who a key is in the audit log.
func (k APIKey) APIActor() Actor {
	return Actor{Login: clip(fmt.Sprintf("api/%d %s", k.ID, k.Name), maxKeyName)}
}
