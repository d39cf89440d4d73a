// Package testdb gives each test a fresh, migrated database on a private
// MariaDB that the test process starts once and takes with it when it ends.
package testdb

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/schema"
)

var server = sync.OnceValues(func() (*stack.MariaDB, error) {
	dir, err := os.MkdirTemp("", "beian-testdb-")
	if err != nil {
		return nil, err
	}
	ports, err := stack.FreePorts(1)
	if err != nil {
		return nil, err
	}
	return stack.StartMariaDB(context.Background(), filepath.Join(dir, "mariadb"), ports[0], true)
})

// New is a store over a database of the test's own.
func New(t testing.TB) *store.Store {
	t.Helper()
	s := Empty(t)
	require.NoError(t, schema.Migrate(t.Context(), s.DB()))
	return s
}

// Empty is New before its migrations.
func Empty(t testing.TB) *store.Store {
	t.Helper()
	db, err := server()
	require.NoError(t, err)
	name := "t_" + strings.ToLower(rand.Text()[:12])
	require.NoError(t, db.CreateDatabase(t.Context(), name))
	keyFile, err := seal.Generate()
	require.NoError(t, err)
	keys, err := seal.Load(keyFile)
	require.NoError(t, err)
	s, err := store.Open(t.Context(), db.DSN(name), keys)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
