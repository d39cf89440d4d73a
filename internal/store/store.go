// Package store accesses the product's data in MySQL or MariaDB. It contains every SQL statement of the project, with
// one file per topic. Personal data is encrypted and decrypted by internal/seal.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/seal"
)

// ErrNotFound: the row doesn't exist or isn't the caller's.
var ErrNotFound = errors.New("not found")

// ErrConflict: the row is no longer in the state that the caller saw.
var ErrConflict = errors.New("changed in the meantime")

const (
	// maxOpenConns per process: enough for a panel's or worker's concurrency, far below MySQL's default max_connections
	// of 151.
	maxOpenConns = 24
	// maxBatchConns is for what is sent as a batch: entries of the audit log, which wait for each other anyway, and
	// captchas.
	maxBatchConns = 8
	// connMaxLifetime stays below the wait_timeout that proxies commonly set.
	connMaxLifetime = 5 * time.Minute
	// duplicateKey is MySQL's ER_DUP_ENTRY.
	duplicateKey = 1062
	// deadlock and lockTimeout are the errors after which InnoDB requires the transaction to be retried.
	deadlock    = 1213
	lockTimeout = 1205
	maxTxTries  = 4
)

// Store reads and writes the product's data. It is safe for concurrent use.
type Store struct {
	db *sqlx.DB
	// batches takes several statements at once.
	batches *sqlx.DB
	keys    *seal.Keys
	now     func() time.Time
	// alertQuietPeriod is how long nothing must have been stuck for a cause before a new alert.
	alertQuietPeriod time.Duration
	// quotas are Quotas, unless limits were changed.
	quotas atomic.Pointer[[]Quota]
}

// Close closes the connections.
func (s *Store) Close() error { return errors.Join(s.batches.Close(), s.db.Close()) }

// DB returns the connection pool, for migrations and the session store.
func (s *Store) DB() *sql.DB { return s.db.DB }

// Ping reports whether the database responds.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// utcNow is the time in the columns' precision: UTC, microseconds.
func (s *Store) utcNow() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// tx runs f in a transaction, and retries it if InnoDB chose it as a deadlock victim. It also writes the context's
// audit entry (WithAudit).
func (s *Store) tx(ctx context.Context, f func(*sqlx.Tx) error) error {
	return retried(func() error { return s.txOnce(ctx, f) })
}

// retried repeats a transaction that InnoDB chose as a deadlock victim.
func retried(transaction func() error) error {
	for try := 1; ; try++ {
		err := transaction()
		if my, ok := errors.AsType[*mysql.MySQLError](err); try == maxTxTries || !ok ||
			my.Number != deadlock && my.Number != lockTimeout {
			return err
		}
	}
}

func (s *Store) txOnce(ctx context.Context, f func(*sqlx.Tx) error) error {
	tx, err := s.db.BeginTxx(ctx, nil) // as readCommitted says
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // no-op after Commit
	if err := f(tx); err != nil {
		return err
	}
	entry := auditEntryOf(ctx)
	if entry != nil {
		if _, err := s.audit(ctx, tx, *entry); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	if entry != nil {
		entry.written = true
	}
	return nil
}

// batch runs a transaction in few round trips: f's first statement begins with begin, which begins the transaction and
// runs a statement unless that is empty, and its last one commits.
func (s *Store) batch(ctx context.Context, first fragment, f func(conn *sqlx.Conn, begin fragment) error) error {
	begin := fragmentOf(`START TRANSACTION; `)
	if first.sql != "" {
		begin = fragmentOf(begin.sql+first.sql+`; `, first.args...)
	}
	return retried(func() (err error) {
		conn, err := s.batches.Connx(ctx)
		if err != nil {
			return err
		}
		defer func() {
			if err != nil { // on a connection that is broken, the server does so itself
				_, _ = conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
			}
			err = errors.Join(err, conn.Close())
		}()
		return f(conn, begin)
	})
}

func isDuplicate(err error) bool {
	var my *mysql.MySQLError
	return errors.As(err, &my) && my.Number == duplicateKey
}

// sealOptional encrypts what isn't empty; NULL otherwise.
func (s *Store) sealOptional(aad string, plain []byte) ([]byte, error) {
	if len(plain) == 0 {
		return nil, nil
	}
	return s.keys.Seal(aad, plain)
}

// openText decrypts an optional text; empty if there is none.
func (s *Store) openText(aad string, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	plain, err := s.keys.Open(aad, sealed)
	return string(plain), err
}

// notFoundAs converts "no rows" to ErrNotFound and names what was looked up.
func notFoundAs(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return during(err, "%s", what)
}

// during names what failed; nil stays nil.
func during(err error, doing string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(doing, args...), err)
}

// SetClock replaces the clock, for tests.
func (s *Store) SetClock(now func() time.Time) { s.now = now }
