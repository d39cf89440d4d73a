package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// LaunchLifetime is how long a launch can be used: a browser follows the link at once.
	LaunchLifetime = time.Minute
	// keepLaunches is how long it is known afterwards, so that the audit log tells a late or second use.
	keepLaunches = 24 * time.Hour
)

// ErrLaunchOver: there is no such launch, or it has been used, is too old, or no longer leads anywhere. Whoever has the
// link learns no more.
var ErrLaunchOver = errors.New("the launch can't be used")

// Launch signs a customer of the API on, once.
type Launch struct {
	// UserID is the customer's account, and Login its name.
	UserID int64  `db:"user_id"`
	Login  string `db:"login"`
	// Target is where it leads; OrderNumber is empty where it leads to no order.
	Target      string `db:"target"`
	OrderNumber string `db:"order_number"`
	// Language is empty for the browser's.
	Language string `db:"language"`
}

// launchRow is a launch with what decides whether it may be used.
type launchRow struct {
	Launch
	ID        int64        `db:"id"`
	KeyID     int64        `db:"key_id"`
	ExpiresAt time.Time    `db:"expires_at"`
	UsedAt    sql.NullTime `db:"used_at"`
	// Allowed: it is a customer's account that isn't disabled, and the order, if there is one, is still theirs.
	Allowed bool `db:"allowed"`
}

// NewLaunch makes a launch for a customer of a key, to a target and, unless it is 0, one of their orders, which the
// caller has checked. The token is in the link, and stored nowhere. ErrQuota: too many were made for the customer.
func (s *Store) NewLaunch(ctx context.Context, k APIKey, l Launch, orderID int64) (token string, err error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // which never fails
	token = base64.RawURLEncoding.EncodeToString(secret)
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := s.spend(ctx, tx, spending{kind: QuotaLaunch, subjects: map[QuotaScope]string{
			ByCustomer: strconv.FormatInt(l.UserID, 10)}}); err != nil {
			return err
		}
		now := s.utcNow()
		return exec(ctx, tx, `INSERT INTO launches (token_hash, key_id, user_id, target, order_id, language, created_at,
			expires_at) VALUES (?, ?, ?, ?, NULLIF(?, 0), ?, ?, ?)`, secretHash(token), k.ID, l.UserID, l.Target, orderID,
			l.Language, now, now.Add(LaunchLifetime))
	})
	return token, during(err, "making a launch")
}

// UseLaunch uses a launch up and begins the session that it is for. ErrLaunchOver: it can't be used. The audit log says
// which key's launch was used or, of one that exists, refused.
func (s *Store) UseLaunch(ctx context.Context, token, agent string, lifetime time.Duration) (l Launch, session int64,
	err error) {
	row, err := find[launchRow](ctx, s.db, "launch", launchSelect, secretHash(token))
	if errors.Is(err, ErrNotFound) {
		return l, 0, ErrLaunchOver
	} else if err != nil {
		return l, 0, err
	}
	key, err := s.APIKey(ctx, row.KeyID)
	if err != nil {
		return l, 0, err
	}
	entry := AuditEntry{By: key.APIActor(), Action: "launch.use", Kind: "user", Object: strconv.FormatInt(row.UserID, 10)}
	err = s.tx(WithAudit(ctx, &entry), func(tx *sqlx.Tx) error {
		now := s.utcNow()
		row, err := find[launchRow](ctx, tx, "launch", launchSelect+` FOR UPDATE`, secretHash(token))
		if err != nil {
			return err
		}
		if row.UsedAt.Valid || !now.Before(row.ExpiresAt) || !row.Allowed || !key.Live(now) {
			return ErrLaunchOver
		}
		l = row.Launch
		if err := exec(ctx, tx, `UPDATE launches SET used_at = ? WHERE id = ?`, now, row.ID); err != nil {
			return err
		}
		session, err = insert(ctx, tx, `INSERT INTO user_sessions (user_id, agent, created_at, last_seen_at, expires_at,
			launched_by) VALUES (?, ?, ?, ?, ?, ?)`, l.UserID, agent, now, now, now.Add(lifetime), key.ID)
		return err
	})
	if errors.Is(err, ErrLaunchOver) {
		entry.Outcome = OutcomeRefused
		if _, auditErr := s.Audit(ctx, entry); auditErr != nil {
			return l, 0, auditErr
		}
	}
	return l, session, during(err, "using a launch")
}

const launchSelect = `SELECT l.id, l.key_id, l.user_id, u.login, l.target, COALESCE(o.number, '') AS order_number,
	l.language, l.expires_at, l.used_at, u.role = '` + string(RoleCustomer) + `' AND u.disabled_at IS NULL
		AND (l.order_id IS NULL OR COALESCE(o.customer_id = l.user_id, FALSE)) AS allowed
	FROM launches l JOIN users u ON u.id = l.user_id LEFT JOIN orders o ON o.id = l.order_id WHERE l.token_hash = ?`
