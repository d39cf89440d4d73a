package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Migration is one numbered change to the database.
type Migration struct {
	Version int64
	// Name is the file name; empty if this build doesn't know the migration.
	Name string
	// AppliedAt is zero if the migration hasn't run.
	AppliedAt time.Time
}

// Status compares the database with this build.
type Status struct {
	Applied, Pending []Migration
	// Ahead have run but are unknown to this build: the database is newer. Migrations only add, so an older build
	// still works.
	Ahead []Migration
}

// Version is the latest version that has run.
func (s Status) Version() (v int64) {
	for _, m := range slices.Concat(s.Applied, s.Ahead) {
		v = max(v, m.Version)
	}
	return v
}

// StatusOf reads which migrations have run. It changes nothing and doesn't wait for the migration lock.
func StatusOf(ctx context.Context, db *sql.DB) (Status, error) {
	known, err := files()
	if err != nil {
		return Status{}, err
	}
	ran, err := applied(ctx, db)
	if err != nil {
		return Status{}, fmt.Errorf("reading which migrations have run: %w", err)
	}
	var s Status
	for _, m := range known {
		at, done := ran[m.Version]
		delete(ran, m.Version)
		if m.AppliedAt = at; done {
			s.Applied = append(s.Applied, m)
		} else {
			s.Pending = append(s.Pending, m)
		}
	}
	for v, at := range ran {
		s.Ahead = append(s.Ahead, Migration{Version: v, AppliedAt: at})
	}
	slices.SortFunc(s.Ahead, func(a, b Migration) int { return int(a.Version - b.Version) })
	return s, nil
}

func files() ([]Migration, error) {
	names, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		return nil, err
	}
	var list []Migration
	for _, name := range names { // Glob sorts them, and all have five digits
		v, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("reading the migrations: %w", err)
		}
		list = append(list, Migration{Version: v, Name: name})
	}
	return list, nil
}

// applied returns when each version ran; empty for an empty database.
func applied(ctx context.Context, db *sql.DB) (map[int64]time.Time, error) {
	var exists bool
	if err := db.QueryRowContext(ctx, hasVersions, goose.DefaultTablename).Scan(&exists); err != nil || !exists {
		return nil, err
	}
	rows, err := database.NewStore(goose.DialectMySQL, goose.DefaultTablename)
	if err != nil {
		return nil, err
	}
	list, err := rows.ListMigrations(ctx, db)
	if err != nil {
		return nil, err
	}
	ran := map[int64]time.Time{}
	for _, m := range list {
		if m.Version == 0 || !m.IsApplied { // goose inserts version 0 when it creates the table
			continue
		}
		row, err := rows.GetMigration(ctx, db, m.Version)
		if err != nil {
			return nil, err
		}
		ran[m.Version] = row.Timestamp.UTC()
	}
	return ran, nil
}

// Fits returns an error if this build can't run on the database because migrations are pending. A database that is
// ahead fits.
func Fits(ctx context.Context, db *sql.DB) (Status, error) {
	s, err := StatusOf(ctx, db)
	if err == nil && len(s.Applied) == 0 {
		return s, errors.New("the database is empty; run `beian migrate` first, or name the one that holds the data")
	}
	if err == nil && len(s.Pending) > 0 {
		err = fmt.Errorf(
			"the database is older than this build: %d migrations are pending, the first is %s; run `beian migrate` first",
			len(s.Pending), s.Pending[0].Name)
	}
	return s, err
}
