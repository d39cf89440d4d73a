package devserver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	_ "github.com/go-sql-driver/mysql" // the driver used to ping
)

// MariaDB is a private database server.
type MariaDB struct {
	process *process
	// server is the server's part of a DSN.
	server string
}

// ServerAt is a server that runs already, such as one of another make: server is a DSN without a database's name, such
// as root:@tcp(127.0.0.1:4000).
func ServerAt(server string) *MariaDB { return &MariaDB{server: server} }

// StartMariaDB runs a server on a folder, creating it if missing. Throwaway servers don't sync to disk.
func StartMariaDB(ctx context.Context, dir string, port int, throwaway bool) (*MariaDB, error) {
	server, err := find("mariadbd", "mysqld")
	if err != nil {
		return nil,
			fmt.Errorf(
				"no mariadbd or mysqld: install Debian's package mariadb-server, or name an existing server with BEIAN_DATABASE (user:password@tcp(host:port)/name)")
	}
	// A starting server empties its temporary folder. Each has its own, because tests of several packages run at once.
	temporary := filepath.Join(dir, "tmp")
	if err := os.MkdirAll(temporary, 0o700); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if _, err := os.Stat(filepath.Join(data, "mysql")); errors.Is(err, os.ErrNotExist) {
		if err := initialise(ctx, data, temporary); err != nil {
			return nil, err
		}
	}
	logFile := filepath.Join(dir, "mariadb.log")
	args := []string{
		"--no-defaults", "--datadir=" + data, "--socket=" + socketPath(port), "--port=" + strconv.Itoa(port),
		"--bind-address=127.0.0.1",
		"--pid-file=" + filepath.Join(dir, "mariadb.pid"), "--character-set-server=utf8mb4", "--skip-log-bin",
		"--max-allowed-packet=128M", "--max-connections=400", "--skip-name-resolve", "--tmpdir=" + temporary,
	}
	if os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	if throwaway {
		args = append(args, "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--innodb-buffer-pool-size=256M")
	}
	p, err := start("MariaDB", logFile, nil, server, args...)
	if err != nil {
		return nil, err
	}
	m := &MariaDB{p, fmt.Sprintf("root:@tcp(127.0.0.1:%d)", port)}
	if err := p.ready(ctx, logFile, m.ping); err != nil {
		p.stop()
		return nil, err
	}
	return m, nil
}

// socketPath is short: a socket's path may have 108 bytes at most.
func socketPath(port int) string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("beian-%d.sock", port))
}

func initialise(ctx context.Context, data, temporary string) error {
	install, err := find("mariadb-install-db", "mysql_install_db")
	if err != nil {
		return errors.New("no mariadb-install-db: install Debian's package mariadb-server")
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	args := []string{"--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal", "--skip-test-db"}
	if os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	command := exec.CommandContext(ctx, install, args...)
	command.Env = append(os.Environ(), "TMPDIR="+temporary)
	out, err := command.CombinedOutput()
	if err != nil {
		_ = os.RemoveAll(data) // a half-made folder would pass for a complete one
		return fmt.Errorf("creating a database folder: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// find looks for a program on the PATH and where Debian installs servers.
func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		if path := filepath.Join("/usr/sbin", name); exec.Command(path, "--version").Run() == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// DSN is the data source name of a database on the server.
func (m *MariaDB) DSN(name string) string {
	return m.server + "/" + name
}

func (m *MariaDB) ping(ctx context.Context) error {
	return m.run(ctx, "DO 1")
}

// CreateDatabase creates a database if it is missing.
func (m *MariaDB) CreateDatabase(ctx context.Context, name string) error {
	return m.run(ctx, "CREATE DATABASE IF NOT EXISTS `"+name+"` CHARACTER SET utf8mb4")
}

// DropDatabase drops a database even if connections to it are open; if one holds a lock in it, it fails after ten
// seconds.
func (m *MariaDB) DropDatabase(ctx context.Context, name string) error {
	return m.run(ctx, "DROP DATABASE IF EXISTS `"+name+"`")
}

func (m *MariaDB) run(ctx context.Context, statement string) error {
	db, err := sql.Open("mysql", m.DSN("")+"?lock_wait_timeout=10")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// Stop ends the server.
func (m *MariaDB) Stop() { m.process.stop() }
