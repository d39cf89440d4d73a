// Package cli is the command line: one file for each command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/history"
	"github.com/beian/beian/internal/observe"
	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/schema"
)

type commands struct {
	Dev      devCommand      `cmd:"" help:"Run everything on this machine, with stand-ins for the outside world."`
	Panel    panelCommand    `cmd:"" help:"Run a web panel."`
	Worker   workerCommand   `cmd:"" help:"Run a worker; see and change which build's workers get tasks."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database to this version, or tell where it is."`
	Orders   ordersCommand   `cmd:"" help:"Take over orders."`
	Users    usersCommand    `cmd:"" help:"Manage accounts of the panel."`
	Filings  filingsCommand  `cmd:"" help:"Mend filings."`
	Audit    auditCommand    `cmd:"" help:"Check the log of what staff did."`
	Keys     keysCommand     `cmd:"" help:"Make and rotate the keys that seal personal data."`
	Demo     demoCommand     `cmd:"" help:"File an order unattended on a throw-away stack."`
	Simulate simulateCommand `cmd:"" help:"Run one stand-in alone."`
	Settings settingsCommand `cmd:"" help:"Print the table of settings."`
	Ready    readyCommand    `cmd:"" help:"Tell whether a panel or worker is ready, for health checks."`
	Version  versionCommand  `cmd:"" help:"Tell which build this is."`

	Build kong.VersionFlag `name:"version" help:"Tell which build this is."`
}

// Main runs the command line and returns the exit code.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parser, err := kong.New(&c, kong.Name("beian"),
		kong.Description("Beian (备案) files websites with China's ICP bureau for a hosting provider's customers.\n\nExample: beian dev"),
		kong.Vars{"version": version()}, kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "beian:", err)
		return 2
	}
	k, err := parser.Parse(args)
	if err != nil {
		return usageError(parser, err)
	}
	if err := k.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "beian:", err)
		return 1
	}
	return 0
}

// usageError says what is wrong first, then where the usage is, which is longer than a
// screen for a panel or a worker.
func usageError(parser *kong.Kong, err error) int {
	fmt.Fprintln(os.Stderr, "beian:", err)
	var wrong *kong.ParseError
	if !errors.As(err, &wrong) {
		return 2
	}
	parser.Stdout = os.Stderr
	_ = kong.DefaultShortHelpPrinter(kong.HelpOptions{}, wrong.Context)
	return wrong.ExitCode()
}

func newLogger(level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(observe.Logs(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: l})))
}

// openStore reads the secrets and connects to the database.
func openStore(ctx context.Context, base *config.Base) (*store.Store, error) {
	if err := config.LoadSecrets(base); err != nil {
		return nil, err
	}
	keys, err := base.Keys()
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, base.Database, keys)
}

// connect opens database and Temporal for a panel or worker, if the database is
// one that this build may run on, and begins to watch it; the caller calls the closer.
func connect(ctx context.Context, service string, base *config.Base) (p stack.Process, closeAll func(), err error) {
	p.Logger, p.Observed = newLogger(base.LogLevel), observe.New()
	var closers []func()
	closeAll = func() {
		for _, f := range slices.Backward(closers) {
			f()
		}
	}
	defer func() {
		if err != nil {
			closeAll()
		}
	}()
	keys, err := base.Keys()
	if err != nil {
		return p, nil, err
	}
	flush, err := observe.StartTracing(ctx, service)
	if err != nil {
		return p, nil, err
	}
	closers = append(closers, flush)
	if p.Store, err = store.Open(ctx, base.Database, keys); err != nil {
		return p, nil, err
	}
	closers = append(closers, func() { _ = p.Store.Close() })
	status, err := schema.Fits(ctx, p.Store.DB())
	if err != nil {
		return p, nil, err
	}
	if len(status.Ahead) > 0 {
		p.Logger.Warn("the database is newer than this build, which goes on", "database", status.Version(), "unknown", len(status.Ahead))
	}
	if p.Temporal, err = history.Dial(ctx, base.Temporal, base.Namespace, keys, p.Logger, p.Observed.Temporal); err != nil {
		return p, nil, err
	}
	closers = append(closers, p.Temporal.Close)
	p.Watch()
	return p, closeAll, nil
}

// dial reads the secrets and connects to Temporal alone.
func dial(ctx context.Context, base *config.Base) (client.Client, *seal.Keys, error) {
	if err := config.LoadSecrets(base); err != nil {
		return nil, nil, err
	}
	keys, err := base.Keys()
	if err != nil {
		return nil, nil, err
	}
	c, err := history.Dial(ctx, base.Temporal, base.Namespace, keys, newLogger(base.LogLevel))
	return c, keys, err
}
