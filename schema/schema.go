// Package schema contains the database migrations and runs them.
package schema

import (
	"context"
	"database/sql"
	"embed"
	"fmt"

	"github.com/pressly/goose/v3"
)

//go:embed *.sql
var migrations embed.FS

// Migrate brings the database to the latest version. It is idempotent, safe while older panels and workers still run,
// and safe to run concurrently: the second run waits for the first. Killed at any moment, it goes on where it was.
func Migrate(ctx context.Context, db *sql.DB) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	return nil
}

// provider runs the files as migrations in Go, because goose itself repeats a file from its first statement.
func provider(db *sql.DB) (*goose.Provider, error) {
	list, err := files()
	if err != nil {
		return nil, err
	}
	var all []*goose.Migration
	for _, m := range list {
		text, err := migrations.ReadFile(m.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, goose.NewGoMigration(m.Version, &goose.GoFunc{
			RunDB: func(ctx context.Context, db *sql.DB) error {
				if err := run(ctx, db, m.Version, statements(string(text))); err != nil {
					return fmt.Errorf("%s: %w", m.Name, err)
				}
				if step := inGo[m.Version]; step != nil {
					if err := step(ctx, db); err != nil {
						return fmt.Errorf("%s: %w", m.Name, err)
					}
				}
				return nil
			},
		}, nil))
	}
	p, err := goose.NewProvider(goose.DialectMySQL, db, nil, goose.WithGoMigrations(all...),
		goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker{}))
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	return p, nil
}
