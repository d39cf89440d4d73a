package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/seal"
)

// The defaults of a DSN's time limits. A read lasts as long as the server works on a statement: the longest, the
// figures of a large database, take less than a minute.
const (
	connectTimeout = 5 * time.Second
	readTimeout    = time.Minute
	writeTimeout   = 30 * time.Second
	// startTimeout bounds the first connection, which tries every address of a host.
	startTimeout = 15 * time.Second
)

// The oldest servers that know everything the schema and the queries use.
var oldest = map[string][2]int{"MySQL": {8, 0}, "MariaDB": {10, 6}}

// Open connects to the database of a DSN in go-sql-driver's form (user:password@tcp(host:port)/name) and sets the
// session modes that the queries rely on: strict SQL, UTC, client-side interpolation. Its errors say in one sentence
// what BEIAN_DATABASE should be; they never contain the password.
func Open(ctx context.Context, dsn string, keys *seal.Keys) (*Store, error) {
	return open(ctx, dsn, keys, func(cfg *mysql.Config) {
		cfg.ReadTimeout = cmp.Or(cfg.ReadTimeout, readTimeout)
	})
}

// OpenPatiently is Open without a limit for answers: changing a large table takes as long as it takes.
func OpenPatiently(ctx context.Context, dsn string, keys *seal.Keys) (*Store, error) {
	return open(ctx, dsn, keys, func(cfg *mysql.Config) { cfg.ReadTimeout = 0 })
}

func open(ctx context.Context, dsn string, keys *seal.Keys, set func(*mysql.Config)) (*Store, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("BEIAN_DATABASE is malformed: want user:password@tcp(host:port)/database")
	}
	if cfg.DBName == "" {
		return nil, errors.New("BEIAN_DATABASE names no database: want user:password@tcp(host:port)/database")
	}
	cfg.ParseTime = true
	cfg.Loc = time.UTC
	cfg.InterpolateParams = true // halves the round trips of point reads
	cfg.ClientFoundRows = false
	cfg.Collation = "utf8mb4_general_ci"
	cfg.Timeout = cmp.Or(cfg.Timeout, connectTimeout)
	cfg.WriteTimeout = cmp.Or(cfg.WriteTimeout, writeTimeout)
	set(cfg)
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	cfg.Params["sql_mode"] =
		"'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE'"
	cfg.Logger = &mysql.NopLogger{} // each of its lines is also an error of ours
	db, err := openPool(cfg, maxOpenConns)
	if err != nil {
		return nil, err
	}
	several := cfg.Clone()
	several.MultiStatements = true
	batches, err := openPool(several, maxBatchConns)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s := &Store{db: db, batches: batches, keys: keys, now: time.Now, alertQuietPeriod: DefaultAlertQuietPeriod}
	if err := s.firstContact(ctx); err != nil {
		return nil, errors.Join(connectError(err, cfg), s.Close())
	}
	return s, nil
}

func openPool(cfg *mysql.Config, most int) (*sqlx.DB, error) {
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("BEIAN_DATABASE: %w", err)
	}
	db := sqlx.NewDb(sql.OpenDB(readCommitted{connector}), "mysql")
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	db.SetConnMaxLifetime(connMaxLifetime)
	return db, nil
}

// readCommitted makes connections whose transactions read what is committed now, not when they began. It is a
// statement, because MySQL and MariaDB name the variable differently, and sent once, because sql.TxOptions sends it for
// each transaction.
type readCommitted struct{ driver.Connector }

// Connect implements driver.Connector.
func (r readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, `SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED`,
		nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// firstContact signs in and asks the server for its version.
func (s *Store) firstContact(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	version, err := s.ServerVersion(ctx)
	if err != nil {
		return err
	}
	return supported(version)
}

// ServerVersion is the database server's own name for its version.
func (s *Store) ServerVersion(ctx context.Context) (version string, err error) {
	err = s.db.GetContext(ctx, &version, `SELECT VERSION()`)
	return version, err
}

// ServerTime is the database server's clock.
func (s *Store) ServerTime(ctx context.Context) (at time.Time, err error) {
	err = s.db.GetContext(ctx, &at, `SELECT UTC_TIMESTAMP(6)`)
	return at, err
}

// tooOld is a server that lacks what we use.
type tooOld string

func (e tooOld) Error() string { return string(e) }

func supported(version string) error {
	product := "MySQL"
	if strings.Contains(strings.ToLower(version), "mariadb") {
		product = "MariaDB"
		version = strings.TrimPrefix(version, "5.5.5-") // which old MariaDB servers put first
	}
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	m, err := strconv.Atoi(major)
	n, err2 := strconv.Atoi(minor)
	if err != nil || err2 != nil {
		return nil // a server of another make that says otherwise
	}
	if least := oldest[product]; m < least[0] || m == least[0] && n < least[1] {
		return tooOld(fmt.Sprintf("is %s %s; want MySQL 8.0 or MariaDB 10.6 at least", product, version))
	}
	return nil
}

// MySQL's error numbers when signing in.
const (
	errTooManyConnections = 1040
	errDatabaseDenied     = 1044
	errAccessDenied       = 1045
	errNoDatabase         = 1049
	errHostBlocked        = 1129
	errHostDenied         = 1130
	errAccountLocked      = 3118
	errAccessDeniedNoPass = 1698
)

// connectError says what is wrong with the DSN or its server.
func connectError(err error, cfg *mysql.Config) error {
	about := func(format string, args ...any) error {
		return fmt.Errorf("BEIAN_DATABASE: "+format, args...)
	}
	var my *mysql.MySQLError
	var old tooOld
	var network *net.OpError
	switch {
	case errors.As(err, &my):
		switch my.Number {
		case errAccessDenied, errAccessDeniedNoPass:
			return about("the server at %s refuses the user %q or its password", cfg.Addr, cfg.User)
		case errDatabaseDenied:
			return about("the user %q may not use the database %q at %s: grant it, or name another", cfg.User, cfg.DBName,
				cfg.Addr)
		case errNoDatabase:
			return about("the server at %s has no database %q: create it, or name another", cfg.Addr, cfg.DBName)
		case errTooManyConnections:
			return about("the server at %s has no connection left: raise its max_connections, or run fewer processes",
				cfg.Addr)
		case errHostBlocked, errHostDenied, errAccountLocked:
			return about("the server at %s admits no connection of the user %q from this machine: %s", cfg.Addr, cfg.User,
				my.Message)
		}
		return about("the server at %s answers: %w", cfg.Addr, my)
	case errors.As(err, &old):
		return about("the server at %s %s", cfg.Addr, old)
	case errors.Is(err, context.DeadlineExceeded):
		return about("the server at %s doesn't answer in time: is it running, and is the address right?", cfg.Addr)
	case errors.As(err, &network):
		return about("no database answers at %s (%w): is it running, and is the address right?", cfg.Addr, network.Err)
	case errors.Is(err, mysql.ErrNoTLS):
		return about("the server at %s offers no TLS, which the DSN's tls= asks for", cfg.Addr)
	}
	return about("connecting to %s: %w", cfg.Addr, err)
}
