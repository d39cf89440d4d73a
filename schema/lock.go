package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
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
	if err := beginVersions(ctx, conn); err != nil {
		return errors.Join(err, locker{}.SessionUnlock(ctx, conn))
	}
	return nil
}

// beginVersions writes the row with which goose's table begins, if goose was killed between creating the one and
// writing the other.
func beginVersions(ctx context.Context, conn *sql.Conn) error {
	var exists bool
	if err := conn.QueryRowContext(ctx, hasVersions, goose.DefaultTablename).Scan(&exists); err != nil || !exists {
		return err
	}
	var rows int
	if err := conn.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+goose.DefaultTablename).Scan(&rows); err != nil ||
		rows > 0 {
		return err
	}
	const insert = `INSERT INTO ` + goose.DefaultTablename + ` (version_id, is_applied) VALUES (0, TRUE)`
	_, err := conn.ExecContext(ctx, insert)
	return err
}

// hasVersions asks whether goose's table exists.
const hasVersions = `SELECT COUNT(*) > 0 FROM information_schema.tables
	WHERE table_schema = DATABASE() AND table_name = ?`

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
