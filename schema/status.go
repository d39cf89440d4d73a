package schema

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Migration is one numbered change of the database.
type Migration struct {
	Version int64
	// Name is its file's; empty for one that this build doesn't know.
	Name string
	// AppliedAt is zero for one that hasn't run.
	AppliedAt time.Time
}

// Status compares the database with this build.
type Status struct {
	// Applied have run, Pending have not.
	Applied, Pending []Migration
	// Ahead have run and are unknown to this build: the database is newer. Since
	// migrations only add, an older build goes on.
	Ahead []Migration
}

// Version is the newest that has run.
func (s Status) Version() (v int64) {
	for _, m := range slices.Concat(s.Applied, s.Ahead) {
		v = max(v, m.Version)
	}
	return v
}

// StatusOf reads what has run. It changes nothing and waits for nobody.
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
	for _, name := range names { // sorted, as numbers of five digits are
		v, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("reading the migrations: %w", err)
		}
		list = append(list, Migration{Version: v, Name: name})
	}
	return list, nil
}

// applied are the versions that have run, and when; none on an empty database.
func applied(ctx context.Context, db *sql.DB) (map[int64]time.Time, error) {
	var tables int
	if err := db.QueryRowContext(ctx, `
		SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?`, goose.DefaultTablename).Scan(&tables); err != nil || tables == 0 {
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
		if m.Version == 0 || !m.IsApplied { // 0 marks the table's beginning
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

// Fits tells whether a process of this build may run on the database: nothing
// that it knows is pending. A database that is ahead fits.
func Fits(ctx context.Context, db *sql.DB) (Status, error) {
	s, err := StatusOf(ctx, db)
	if err == nil && len(s.Pending) > 0 {
		err = fmt.Errorf("the database is older than this build: %d migrations are pending, the first is %s; run `beian migrate` first",
			len(s.Pending), s.Pending[0].Name)
	}
	return s, err
}
