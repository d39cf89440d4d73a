package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/schema"
)

type migrateCommand struct {
	Up     migrateUpCommand     `cmd:"" default:"withargs" help:"Bring the database to this build's version."`
	Status migrateStatusCommand `cmd:"" help:"Show which migrations have run, which are pending, and whether the database or this build is ahead."`
}

type migrateUpCommand struct {
	config.Base `embed:""`
}

// Help shows an example.
func (migrateUpCommand) Help() string {
	return "Older panels and workers keep running meanwhile; concurrent runs wait for each other. Example: BEIAN_DATABASE=… beian migrate --key-file keys.json"
}

// Run migrates.
func (c *migrateUpCommand) Run(ctx context.Context) error {
	db, err := app.OpenUnmigrated(ctx, &c.Base)
	if err != nil {
		return err
	}
	defer db.Close()
	return app.Migrate(ctx, &c.Base, db)
}

type migrateStatusCommand struct {
	config.Base `embed:""`
	Check       bool `help:"fail if a migration is pending"`
}

// Help shows an example.
func (migrateStatusCommand) Help() string {
	return "Example: BEIAN_DATABASE=… beian migrate status --key-file keys.json --check"
}

// Run prints the state.
func (c *migrateStatusCommand) Run(ctx context.Context) error {
	db, err := app.OpenUnmigrated(ctx, &c.Base)
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := schema.StatusOf(ctx, db.DB())
	if err != nil {
		return err
	}
	if err := printStatus(os.Stdout, s); err != nil || !c.Check || len(s.Pending) == 0 {
		return err
	}
	return fmt.Errorf("%d migrations are pending", len(s.Pending))
}

func printStatus(to io.Writer, s schema.Status) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, m := range s.Applied {
		fmt.Fprintf(w, "%05d\t%s\tapplied %s\n", m.Version, m.Name, m.AppliedAt.Format(time.RFC3339))
	}
	for _, m := range s.Pending {
		fmt.Fprintf(w, "%05d\t%s\tpending\n", m.Version, m.Name)
	}
	for _, m := range s.Ahead {
		fmt.Fprintf(w, "%05d\t(not of this build)\tapplied %s\n", m.Version, m.AppliedAt.Format(time.RFC3339))
	}
	verdict := "The database and this build are at the same version."
	switch {
	case len(s.Pending) > 0 && len(s.Ahead) > 0:
		verdict =
			"Each has migrations that the other lacks: this build comes from a different branch than the last one that migrated."
	case len(s.Pending) > 0:
		verdict = fmt.Sprintf("This build is ahead by %d: run `beian migrate` before its panels and workers start.",
			len(s.Pending))
	case len(s.Ahead) > 0:
		verdict = fmt.Sprintf(
			"The database is ahead by %d: panels and workers of this build keep working; deploy the newer build.", len(s.Ahead))
	}
	fmt.Fprintf(w, "%s\n", verdict)
	return w.Flush()
}
