package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/schema"
)

func keysOf(t *testing.T, file []byte) *seal.Keys {
	t.Helper()
	keys, err := seal.Load(file)
	require.NoError(t, err)
	return keys
}

func newKeyFile(t *testing.T) []byte {
	t.Helper()
	file, err := seal.Generate()
	require.NoError(t, err)
	return file
}

func TestCanaryTellsKeyFilesApart(t *testing.T) {
	dsn, file := testdb.DSN(t), newKeyFile(t)
	open := func(file []byte) *store.Store {
		s, err := store.Open(t.Context(), dsn, keysOf(t, file))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	right := open(file)
	require.NoError(t, schema.Migrate(t.Context(), right.DB()))
	require.ErrorIs(t, right.CheckKeys(t.Context()), store.ErrNoCanary)
	_, err := right.VerifyAudit(t.Context(), store.AuditMark{})
	require.Equal(t, store.AuditFault{Seq: 1, What: store.FaultMissing}, err, "an empty log isn't one that was begun")
	for range 2 {
		require.NoError(t, right.PlantCanary(t.Context()))
	}
	require.NoError(t, right.CheckKeys(t.Context()))
	end, err := right.VerifyAudit(t.Context(), store.AuditMark{})
	require.NoError(t, err)
	require.EqualValues(t, 1, end.Seq)
	begun, err := right.AuditRows(t.Context(), store.AuditFilter{}, 0, 10)
	require.NoError(t, err)
	require.Len(t, begun, 1)
	require.Equal(t, []string{store.AuditBegin, "beian migrate"}, []string{begun[0].Action, begun[0].Actor})

	rotated, err := seal.Rotate(file)
	require.NoError(t, err)
	require.NoError(t, open(rotated).CheckKeys(t.Context()), "a rotated file opens what the former one sealed")
	other := open(newKeyFile(t))
	require.ErrorIs(t, other.CheckKeys(t.Context()), store.ErrWrongKeys)
	require.ErrorIs(t, other.PlantCanary(t.Context()), store.ErrWrongKeys)
}

// A database of v0.1.0 has data, but no canary yet.
func TestCanaryIsOnlyPlantedWithTheKeysOfTheData(t *testing.T) {
	for name, fill := range map[string]func(*store.Store) error{
		"an audit entry": func(s *store.Store) error {
			_, err := s.Audit(t.Context(), store.AuditEntry{Action: "staff.role"})
			return err
		},
		"a web space": func(s *store.Store) error {
			_, err := s.ImportOrder(t.Context(), store.OrderImport{Number: "D1", Customer: "demo", Product: "p",
				WebSpace: &store.WebSpace{Host: "ftp.example.com"}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dsn, file := testdb.DSN(t), newKeyFile(t)
			right, err := store.Open(t.Context(), dsn, keysOf(t, file))
			require.NoError(t, err)
			defer right.Close()
			require.NoError(t, schema.Migrate(t.Context(), right.DB()))
			require.NoError(t, fill(right))
			other, err := store.Open(t.Context(), dsn, keysOf(t, newKeyFile(t)))
			require.NoError(t, err)
			defer other.Close()
			require.ErrorIs(t, other.PlantCanary(t.Context()), store.ErrWrongKeys)
			require.NoError(t, right.PlantCanary(t.Context()))
			_, err = right.VerifyAudit(t.Context(), store.AuditMark{})
			require.NoError(t, err)
		})
	}
}
