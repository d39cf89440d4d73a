package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// lockWait is how long a migration waits for another one: an index on a table of
// millions of rows takes minutes.
const lockWait = 15 * time.Minute

// lockName is the database's own lock among the server's, 64 characters at most.
const lockName = `LEFT(CONCAT('beian-migrate/', DATABASE()), 64)`

// locker keeps two migrations from running at once. The lock is the connection's:
// a process that dies gives it back.
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

// SessionUnlock gives the lock back.
func (locker) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	var freed sql.NullInt64
	if err := conn.QueryRowContext(ctx, `SELECT RELEASE_LOCK(`+lockName+`)`).Scan(&freed); err != nil {
		return err
	}
	if freed.Int64 != 1 {
		return errors.New("the migrations' lock was lost meanwhile")
	}
	return nil
}
