// Package app is what production runs: it builds panels and workers from settings.
package app

import (
	"context"
	"crypto/x509"
	"log/slog"
	"os"
	"slices"

	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/history"
	"github.com/beian/beian/internal/observe"
	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/schema"
)

// Settings are all the product's settings.
type Settings struct {
	Base     config.Base
	Provider config.Provider
	Panel    config.Panel
	SMS      config.SMS
	Mail     config.Mail
	Staff    config.Staff
	Bureau   config.Bureau
	Website  config.Website
	Worker   config.Worker
	Status   config.Status
	// MailRoots are trusted for the mail server, if they aren't in a file.
	MailRoots *x509.CertPool
}

// Process is what a panel or worker works with, and how it is observed.
type Process struct {
	Store    *store.Store
	Temporal client.Client
	Observed *observe.Process
	Logger   *slog.Logger
}

// Watch ties readiness to database and Temporal, and adds the database's figures to the metrics.
func (p Process) Watch() {
	p.Observed.Probe("database", p.Store.Ping)
	p.Observed.Probe("temporal", func(ctx context.Context) error {
		_, err := p.Temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
		return err
	})
	p.Observed.Figures(p.Store, p.Logger)
}

// NewLogger writes JSON lines of at least a level to standard error.
func NewLogger(level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(observe.Logs(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: l})))
}

// OpenStore reads the secrets and connects to the database.
func OpenStore(ctx context.Context, base *config.Base) (*store.Store, error) {
	if err := config.LoadSecrets(base); err != nil {
		return nil, err
	}
	keys, err := base.Keys()
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, base.Database, keys)
}

// Connect opens database and Temporal for a panel or worker, provided this build may run on the database, and
// starts observing the process; the caller calls the closer.
func Connect(ctx context.Context, service string, base *config.Base) (p Process, closeAll func(), err error) {
	p.Logger, p.Observed = NewLogger(base.LogLevel), observe.New()
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
	p.Store.LimitQuota(store.QuotaSMS, store.Overall, base.SMSPerDay)
	status, err := schema.Fits(ctx, p.Store.DB())
	if err != nil {
		return p, nil, err
	}
	if len(status.Ahead) > 0 {
		p.Logger.Warn("the database is newer than this build; continuing", "database", status.Version(), "unknown",
			len(status.Ahead))
	}
	if p.Temporal, err = history.Dial(ctx, base.Temporal, base.Namespace, keys, p.Logger,
		p.Observed.Temporal); err != nil {
		return p, nil, err
	}
	closers = append(closers, p.Temporal.Close)
	p.Watch()
	return p, closeAll, nil
}

// Dial reads the secrets and connects to Temporal only.
func Dial(ctx context.Context, base *config.Base) (client.Client, *seal.Keys, error) {
	if err := config.LoadSecrets(base); err != nil {
		return nil, nil, err
	}
	keys, err := base.Keys()
	if err != nil {
		return nil, nil, err
	}
	c, err := history.Dial(ctx, base.Temporal, base.Namespace, keys, NewLogger(base.LogLevel))
	return c, keys, err
}
