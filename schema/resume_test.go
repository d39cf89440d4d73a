package schema_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/schema"
)

var errDied = errors.New("the process was killed")

// mortal is a process that is killed once at each statement: before the server gets it, or before its answer arrives.
type mortal struct {
	driver.Connector
	before bool

	mu   sync.Mutex
	died map[string]bool
	dead bool
}

// dies reports whether this statement is the process's last.
func (m *mortal) dies(query string, args []driver.NamedValue) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := fmt.Sprint(query, args)
	if !m.died[at] {
		m.died[at], m.dead = true, true
		return true
	}
	return false
}

func (m *mortal) isDead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

func (m *mortal) Connect(ctx context.Context) (driver.Conn, error) {
	if m.isDead() {
		return nil, errDied
	}
	c, err := m.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return mortalConn{c.(fullConn), m}, nil
}

// fullConn is what the MySQL driver's connections can do.
type fullConn interface {
	driver.Conn
	driver.ExecerContext
	driver.QueryerContext
	driver.ConnBeginTx
	driver.NamedValueChecker
	driver.SessionResetter
	driver.Validator
}

type mortalConn struct {
	fullConn
	m *mortal
}

func (c mortalConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if c.m.isDead() {
		return nil, errDied
	}
	if !c.m.dies(query, args) {
		return c.fullConn.ExecContext(ctx, query, args)
	}
	if !c.m.before {
		if _, err := c.fullConn.ExecContext(ctx, query, args); err != nil {
			return nil, err
		}
	}
	return nil, errDied
}

func (c mortalConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.m.isDead() {
		return nil, errDied
	}
	return c.fullConn.QueryContext(ctx, query, args)
}

// A migration that is killed at every statement in turn comes to the same schema as one that isn't.
func TestMigrationGoesOnWhereItWasKilled(t *testing.T) {
	whole := testdb.New(t).DB()
	for _, before := range []bool{true, false} {
		t.Run(fmt.Sprintf("before=%t", before), func(t *testing.T) {
			cfg, err := mysql.ParseDSN(testdb.DSN(t) + "?parseTime=true&interpolateParams=true")
			require.NoError(t, err)
			connector, err := mysql.NewConnector(cfg)
			require.NoError(t, err)
			m := &mortal{Connector: connector, before: before, died: map[string]bool{}}
			kills := 0
			for {
				m.dead = false
				db := sql.OpenDB(m)
				err := schema.Migrate(t.Context(), db)
				require.NoError(t, db.Close())
				if err == nil {
					break
				}
				require.ErrorIs(t, err, errDied)
				kills++
			}
			require.Greater(t, kills, 3*countStatements(t), "each statement and what records it")
			db := sql.OpenDB(connector)
			defer db.Close()
			require.Equal(t, description(t, whole), description(t, db))
			_, err = schema.Fits(t.Context(), db)
			require.NoError(t, err)
		})
	}
}

// v0.1.0 didn't record how far a migration came.
func TestMigrationOfTheFirstEditionIsResumed(t *testing.T) {
	db := testdb.Empty(t).DB()
	_, err := db.ExecContext(t.Context(), upOf(t, "00001_accounts.sql")[0])
	require.NoError(t, err)
	require.NoError(t, schema.Migrate(t.Context(), db))
	require.Equal(t, description(t, testdb.New(t).DB()), description(t, db))
}

// A statement that fails for another reason than its repetition is reported.
func TestMigrationReportsATableThatIsInItsWay(t *testing.T) {
	db := testdb.Empty(t).DB()
	_, err := db.ExecContext(t.Context(), `CREATE TABLE key_canary (id INT)`)
	require.NoError(t, err)
	require.ErrorContains(t, schema.Migrate(t.Context(), db), "00008_key_canary.sql: statement 1 of 1: ")
}

// description is a database's tables, and the rows that migrations write.
func description(t *testing.T, db *sql.DB) map[string]string {
	t.Helper()
	list := map[string]string{}
	rows, err := db.QueryContext(t.Context(), `SELECT table_name FROM information_schema.tables
		WHERE table_schema = DATABASE()`)
	require.NoError(t, err)
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		names = append(names, name)
	}
	require.NoError(t, rows.Err())
	for _, name := range names {
		var table, count string
		require.NoError(t, db.QueryRowContext(t.Context(), "SHOW CREATE TABLE "+name).Scan(&name, &table))
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+name).Scan(&count))
		list[name] = regexp.MustCompile(` AUTO_INCREMENT=\d+`).ReplaceAllString(table, "") + " rows: " + count
	}
	return list
}

var (
	comment   = regexp.MustCompile(`(?m)^\s*--.*\n`)
	statement = regexp.MustCompile(`(?ms)^\S.*?;$`)
)

// upOf are the statements of a migration's Up part.
func upOf(t *testing.T, file string) []string {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	up, _, _ := strings.Cut(string(raw), "-- +goose Down")
	return statement.FindAllString(comment.ReplaceAllString(up, ""), -1)
}

func countStatements(t *testing.T) (n int) {
	files, err := filepath.Glob("*.sql")
	require.NoError(t, err)
	for _, file := range files {
		n += len(upOf(t, file))
	}
	require.Greater(t, n, 50)
	return n
}

// Every server must take a migration, and a killed one must be repeatable: each statement makes one change, and none
// that TiDB refuses (a STORED column added later, a generated column modified).
func TestMigrationsChangeOneThingAtATime(t *testing.T) {
	parentheses := regexp.MustCompile(`\([^()]*\)`)
	files, err := filepath.Glob("*.sql")
	require.NoError(t, err)
	for _, file := range files {
		for _, s := range upOf(t, file) {
			require.Regexp(t, `^(CREATE TABLE|ALTER TABLE|DROP TABLE|CREATE (UNIQUE )?INDEX|DROP INDEX|INSERT|UPDATE) `, s, file)
			if !strings.HasPrefix(s, "ALTER TABLE") {
				continue
			}
			flat := s
			for parentheses.MatchString(flat) {
				flat = parentheses.ReplaceAllString(flat, "")
			}
			require.NotContains(t, flat, ",", "%s: one change a statement: %s", file, s)
			require.NotRegexp(t, `(?i)\bSTORED\b|\bMODIFY\b.*\bAS\b|\bCHANGE\b.*\bAS\b`, flat,
				"%s: TiDB refuses this: %s", file, s)
		}
	}
}
