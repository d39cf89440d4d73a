// Package testdb gives each test a fresh, migrated database on a private MariaDB, which the test process starts
// once and which ends with it, and people in it cheap passwords.
package testdb

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/alexedwards/argon2id"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/stack/devserver"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/schema"
)

const dirPrefix = "beian-testdb-"

// memory is Linux's file system in memory. Creating a database's tables there takes a quarter of the time that a
// disk takes.
const memory = "/dev/shm"

// room is the free space required there for each of the packages tested at once: a server with its log, and the
// tests' databases, which are dropped as tests end.
const room = 4 << 30

// place is where databases are stored: in memory, if there is room.
func place() string {
	var fs unix.Statfs_t
	if err := unix.Statfs(memory, &fs); err == nil && fs.Type == unix.TMPFS_MAGIC &&
		fs.Bavail*uint64(fs.Bsize) >= uint64(runtime.GOMAXPROCS(0))*room {
		return memory
	}
	return os.TempDir()
}

// folder creates a folder for this process, and removes those of processes that ended: one that panics or is
// killed can't clean up.
func folder() (string, error) {
	for _, in := range []string{memory, os.TempDir()} {
		left, err := filepath.Glob(filepath.Join(in, dirPrefix+"*", "lock"))
		if err != nil {
			return "", err
		}
		for _, file := range left {
			if lock(file) == nil {
				_ = os.RemoveAll(filepath.Dir(file))
			}
		}
	}
	dir, err := os.MkdirTemp(place(), dirPrefix)
	if err != nil {
		return "", err
	}
	return dir, lock(filepath.Join(dir, "lock"))
}

// lock locks a file until the process ends, when the kernel releases it.
func lock(path string) error {
	fd, err := syscall.Open(path, syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(err, syscall.Close(fd))
	}
	return nil
}

// serverSetting names a server that runs already, for tests of another make: a DSN without a database's name.
const serverSetting = "BEIAN_TEST_SERVER"

var server = sync.OnceValues(func() (*devserver.MariaDB, error) {
	if at := os.Getenv(serverSetting); at != "" {
		return devserver.ServerAt(at), nil
	}
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	ports, err := devserver.FreePorts(1)
	if err != nil {
		return nil, err
	}
	return devserver.StartMariaDB(context.Background(), filepath.Join(dir, "mariadb"), ports[0], true)
})

// New is a store on the test's own database.
func New(t testing.TB) *store.Store {
	t.Helper()
	return NewAt(t, DSN(t))
}

// NewAt is New for a DSN that leads to an empty database, such as DSN's by way of a line that a test controls.
func NewAt(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s := open(t, dsn)
	require.NoError(t, schema.Migrate(t.Context(), s.DB()))
	return s
}

// DSN is an empty database of the test's own, dropped when the test ends.
func DSN(t testing.TB) string {
	t.Helper()
	db, err := server()
	require.NoError(t, err)
	name := "t_" + strings.ToLower(rand.Text()[:12])
	require.NoError(t, db.CreateDatabase(t.Context(), name))
	t.Cleanup(func() { require.NoError(t, db.DropDatabase(context.WithoutCancel(t.Context()), name)) })
	return db.DSN(name)
}

// Empty is New before its migrations.
func Empty(t testing.TB) *store.Store {
	t.Helper()
	return open(t, DSN(t))
}

func open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	keyFile, err := seal.Generate()
	require.NoError(t, err)
	keys, err := seal.Load(keyFile)
	require.NoError(t, err)
	s, err := store.Open(t.Context(), dsn, keys)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// PasswordHash is a hash that costs next to nothing, for people who sign in during a test.
func PasswordHash(t testing.TB, password string) string {
	t.Helper()
	hash, err := argon2id.CreateHash(password,
		&argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	require.NoError(t, err)
	return hash
}
