package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// lockWait is how long a migration waits for another one. It is long because adding an index to a table of
// millions of rows takes minutes.
const lockWait = 15 * time.Minute

// lockName is unique per database, since MySQL's locks are shared by the whole server; at most 64 characters.
const lockName = `LEFT(CONCAT('beian-migrate/', DATABASE()), 64)`

// locker keeps two migrations from running at once. The lock belongs to the connection, so it is released if the
// process dies.
type locker struct{}

// SessionLock waits for the lock.
func (locker) SessionLock(ctx context.Context, conn *sql.Conn) error {
	var got sql.NullInt64
	err := conn.QueryRowContext(ctx, `SELECT GET_LOCK(`+lockName+`, ?)`, int(lockWait.Seconds())).Scan(&got)
	switch {
	case err != nil:
		return fmt.Errorf("waiting for another migration: %w", err)
	case got.Int64 != 1:
		return fmt.Errorf("another migration has been running for %s", lockWait)
	}
	return nil
}

// SessionUnlock releases the lock.
func (locker) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	var freed sql.NullInt64
	if err := conn.QueryRowContext(ctx, `SELECT RELEASE_LOCK(`+lockName+`)`).Scan(&freed); err != nil {
		return err
	}
	if freed.Int64 != 1 {
		return errors.New("the migration lock was lost in the meantime")
	}
	return nil
}
