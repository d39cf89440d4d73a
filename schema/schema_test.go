package schema_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/schema"
)

func TestStatusShowsPendingAndAheadMigrations(t *testing.T) {
	db, ctx := testdb.New(t).DB(), t.Context()
	s, err := schema.Fits(ctx, db)
	require.NoError(t, err)
	require.Empty(t, s.Pending)
	require.Empty(t, s.Ahead)
	newest := s.Applied[len(s.Applied)-1]
	require.Equal(t, newest.Version, s.Version())
	require.False(t, newest.AppliedAt.IsZero())

	// A newer build has migrated the database: this one still runs.
	_, err = db.ExecContext(ctx, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99998, TRUE)`)
	require.NoError(t, err)
	s, err = schema.Fits(ctx, db)
	require.NoError(t, err)
	require.Len(t, s.Ahead, 1)
	require.EqualValues(t, 99998, s.Version())

	// This build is newer than the database: the error names the migration.
	_, err = db.ExecContext(ctx, `DELETE FROM goose_db_version WHERE version_id IN (99998, ?)`, newest.Version)
	require.NoError(t, err)
	s, err = schema.Fits(ctx, db)
	require.ErrorContains(t, err, "1 migrations are pending, the first is "+newest.Name)
	require.ErrorContains(t, err, "beian migrate")
	require.Equal(t, newest.Name, s.Pending[0].Name)
}

func TestStatusOfAnEmptyDatabaseCreatesNothing(t *testing.T) {
	db, ctx := testdb.Empty(t).DB(), t.Context()
	s, err := schema.StatusOf(ctx, db)
	require.NoError(t, err)
	require.Empty(t, s.Applied)
	require.NotEmpty(t, s.Pending)
	var tables int
	require.NoError(t, db.QueryRowContext(ctx, `SELECT COUNT(*) FROM information_schema.tables
		WHERE table_schema = DATABASE()`).Scan(&tables))
	require.Zero(t, tables)
}

func TestTwoMigrationsAtOnceAreOne(t *testing.T) {
	db := testdb.Empty(t).DB()
	// While another migration runs, these two wait.
	held, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer held.Close()
	var got int
	require.NoError(t, held.QueryRowContext(t.Context(), `SELECT GET_LOCK(CONCAT('beian-migrate/', DATABASE()),
		0)`).Scan(&got))
	require.Equal(t, 1, got)
	var both sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		both.Go(func() { errs[i] = schema.Migrate(context.WithoutCancel(t.Context()), db) })
	}
	require.Eventually(t, func() bool {
		var waiting int
		err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE()
			AND info LIKE 'SELECT GET_LOCK(%'`).Scan(&waiting)
		return err == nil && waiting == len(errs)
	}, 30*time.Second, 20*time.Millisecond)
	s, err := schema.StatusOf(t.Context(), db)
	require.NoError(t, err)
	require.Empty(t, s.Applied, "status doesn't wait, and nothing ran")
	require.NoError(t, held.QueryRowContext(t.Context(), `SELECT RELEASE_LOCK(CONCAT('beian-migrate/',
		DATABASE()))`).Scan(&got))
	both.Wait()
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
	_, err = schema.Fits(t.Context(), db)
	require.NoError(t, err)
}
