// Package cli is the command line: one file for each command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/history"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/schema"
)

type commands struct {
	Dev      devCommand      `cmd:"" help:"Run everything on this machine, with stand-ins for the outside world."`
	Panel    panelCommand    `cmd:"" help:"Run a web panel."`
	Worker   workerCommand   `cmd:"" help:"Run a worker."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database to this version, or tell where it is."`
	Orders   ordersCommand   `cmd:"" help:"Take over orders."`
	Users    usersCommand    `cmd:"" help:"Manage accounts of the panel."`
	Keys     keysCommand     `cmd:"" help:"Make and rotate the keys that seal personal data."`
	Demo     demoCommand     `cmd:"" help:"File an order unattended on a throw-away stack."`
	Simulate simulateCommand `cmd:"" help:"Run one stand-in alone."`
	Settings settingsCommand `cmd:"" help:"Print the table of settings."`
}

// Main runs the command line and returns the exit code.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parser, err := kong.New(&c, kong.Name("beian"),
		kong.Description("Beian (备案) files websites with China's ICP bureau for a hosting provider's customers.\n\nExample: beian dev"),
		kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "beian:", err)
		return 2
	}
	k, err := parser.Parse(args)
	if err != nil {
		parser.FatalIfErrorf(err)
	}
	if err := k.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "beian:", err)
		return 1
	}
	return 0
}

func newLogger(level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: l}))
}

// openStore connects to the database.
func openStore(ctx context.Context, base *config.Base) (*store.Store, error) {
	keys, err := base.Keys()
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, base.Database, keys)
}

// connect opens database and Temporal for a panel or worker, if the database is
// one that this build may run on; the caller calls the closer.
func connect(ctx context.Context, base *config.Base, logger *slog.Logger) (*store.Store, client.Client, func(), error) {
	keys, err := base.Keys()
	if err != nil {
		return nil, nil, nil, err
	}
	db, err := store.Open(ctx, base.Database, keys)
	if err != nil {
		return nil, nil, nil, err
	}
	status, err := schema.Fits(ctx, db.DB())
	if err != nil {
		return nil, nil, nil, errors.Join(err, db.Close())
	}
	if len(status.Ahead) > 0 {
		logger.Warn("the database is newer than this build, which goes on", "database", status.Version(), "unknown", len(status.Ahead))
	}
	temporal, err := history.Dial(ctx, base.Temporal, base.Namespace, keys, logger)
	if err != nil {
		return nil, nil, nil, errors.Join(err, db.Close())
	}
	return db, temporal, func() { temporal.Close(); _ = db.Close() }, nil
}
