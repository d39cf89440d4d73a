package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Each statement of a migration commits by itself, so a migration that was killed may have run in part. This table
// says how far it came; a statement is numbered from 1.
const createProgress = `CREATE TABLE IF NOT EXISTS migration_progress (
	version BIGINT NOT NULL PRIMARY KEY,
	started INT    NOT NULL,
	done    INT    NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`

// untracked is the last migration that v0.1.0 ran, without recording how far it came.
const untracked = 6

// statements returns those of a migration's Up part. A statement ends with a semicolon at the end of a line; only
// lines that begin with -- are comments.
func statements(migration string) []string {
	_, up, _ := strings.Cut(migration, "-- +goose Up")
	up, _, _ = strings.Cut(up, "-- +goose Down")
	var list []string
	var now strings.Builder
	for line := range strings.Lines(up) {
		if strings.HasPrefix(strings.TrimSpace(line), "--") {
			continue
		}
		now.WriteString(line)
		if strings.HasSuffix(strings.TrimSpace(line), ";") {
			list = append(list, strings.TrimSuffix(strings.TrimSpace(now.String()), ";"))
			now.Reset()
		}
	}
	if rest := strings.TrimSpace(now.String()); rest != "" {
		list = append(list, rest)
	}
	return list
}

// run executes a migration's statements from where an earlier run was interrupted.
func run(ctx context.Context, db *sql.DB, version int64, list []string) error {
	if _, err := db.ExecContext(ctx, createProgress); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `INSERT IGNORE INTO migration_progress (version, started, done) VALUES (?, 0, 0)`,
		version); err != nil {
		return err
	}
	var started, done int
	if err := db.QueryRowContext(ctx, `SELECT started, done FROM migration_progress WHERE version = ?`, version).
		Scan(&started, &done); err != nil {
		return err
	}
	for i := done; i < len(list); i++ {
		n := i + 1
		if _, err := db.ExecContext(ctx, `UPDATE migration_progress SET started = ? WHERE version = ?`, n,
			version); err != nil {
			return err
		}
		_, err := db.ExecContext(ctx, list[i])
		if err != nil && (n != started && version > untracked || !isDone(err)) {
			return fmt.Errorf("statement %d of %d: %w", n, len(list), err)
		}
		if _, err := db.ExecContext(ctx, `UPDATE migration_progress SET done = ? WHERE version = ?`, n,
			version); err != nil {
			return err
		}
	}
	return nil
}

// effects are the errors of a statement whose effect is there already.
var effects = []uint16{
	1022, 1826, // a constraint
	1050, // a table
	1051, // a table that is gone
	1060, // a column
	1061, // an index
	1062, // a row
	1091, // a column or index that is gone
}

// mariaDBConstraint is MariaDB's error for a constraint that exists, with its text.
const (
	mariaDBConstraint     = 1005
	mariaDBConstraintText = "errno: 121"
)

// isDone reports whether a statement that was interrupted had already had its effect. Servers make each change of a
// table whole or not at all, so nothing else can be wrong with one that is repeated.
func isDone(err error) bool {
	var my *mysql.MySQLError
	return errors.As(err, &my) && (slices.Contains(effects, my.Number) ||
		my.Number == mariaDBConstraint && strings.Contains(my.Message, mariaDBConstraintText))
}
