package store

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// HostKeys are SSH keys of a web space's server, as lines of known_hosts.
type HostKeys struct {
	// Pinned is the key of the first use, or the one accepted since.
	Pinned string `db:"pinned"`
	// Offered is another one that the server showed; empty if it showed none.
	Offered string `db:"offered"`
}

// HostKeysOf returns the keys of an order's web space; both are empty before its first use.
func (s *Store) HostKeysOf(ctx context.Context, orderID int64) (HostKeys, error) {
	k, _, err := getOptional[HostKeys](ctx, s.db, `SELECT pinned, COALESCE(offered, '') AS offered
		FROM web_space_host_keys WHERE order_id = ?`, orderID)
	return k, err
}

// PinHostKey pins a key in place of one of another address.
func (s *Store) PinHostKey(ctx context.Context, orderID int64, line string) error {
	return exec(ctx, s.db, `INSERT INTO web_space_host_keys (order_id, pinned, updated_at) VALUES (?, ?, ?)
		ON DUPLICATE KEY UPDATE pinned = VALUES(pinned), offered = NULL, updated_at = VALUES(updated_at)`,
		orderID, line, s.utcNow())
}

// OfferHostKey records a key that differs from the pinned one, for staff to accept.
func (s *Store) OfferHostKey(ctx context.Context, orderID int64, line string) error {
	return exec(ctx, s.db, `UPDATE web_space_host_keys SET offered = ?, updated_at = ? WHERE order_id = ?`,
		line, s.utcNow(), orderID)
}

// AcceptHostKey pins the offered key. It returns ErrConflict if another one is offered by now.
func (s *Store) AcceptHostKey(ctx context.Context, orderID int64, line string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		return changeOne(ctx, tx, `UPDATE web_space_host_keys SET pinned = offered, offered = NULL, updated_at = ?
			WHERE order_id = ? AND offered = ?`, s.utcNow(), orderID, line)
	})
}
