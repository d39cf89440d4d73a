// Package app is what production runs: it builds panels and workers from settings.
package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
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
	Base      config.Base
	Provider  config.Provider
	Panel     config.Panel
	SMS       config.SMS
	Mail      config.Mail
	Staff     config.Staff
	Bureau    config.Bureau
	Retention config.Retention
	Website   config.Website
	Worker    config.Worker
	Status    config.Status
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

// OpenStore reads the secrets and connects to the database, provided that this build and these keys may use it.
func OpenStore(ctx context.Context, base *config.Base) (*store.Store, error) {
	db, _, err := openStore(ctx, base)
	return db, err
}

func openStore(ctx context.Context, base *config.Base) (*store.Store, schema.Status, error) {
	keys, err := loadKeys(base)
	if err != nil {
		return nil, schema.Status{}, err
	}
	db, err := store.Open(ctx, base.Database, keys)
	if err != nil {
		return nil, schema.Status{}, err
	}
	db.LimitQuota(store.QuotaSMS, store.Overall, base.SMSPerDay)
	db.LimitQuota(store.QuotaAPI, store.ByKey, base.APIPerMinute)
	status, err := usable(ctx, base, db)
	if err != nil {
		return nil, status, errors.Join(err, db.Close())
	}
	return db, status, nil
}

func loadKeys(base *config.Base) (*seal.Keys, error) {
	if err := config.LoadSecrets(base); err != nil {
		return nil, err
	}
	return base.Keys()
}

// usable checks that the schema fits this build and that the keys are the database's.
func usable(ctx context.Context, base *config.Base, db *store.Store) (schema.Status, error) {
	status, err := schema.Fits(ctx, db.DB())
	if err != nil {
		return status, fmt.Errorf("BEIAN_DATABASE: %w", err)
	}
	return status, canaryError(base, db.CheckKeys(ctx))
}

func canaryError(base *config.Base, err error) error {
	switch {
	case errors.Is(err, store.ErrWrongKeys):
		return fmt.Errorf("BEIAN_KEY_FILE: %s isn't the key file that this database's data is sealed with: want that one",
			base.KeyFile)
	case errors.Is(err, store.ErrNoCanary):
		return fmt.Errorf("BEIAN_DATABASE: %w: run `beian migrate` with the right key file first", err)
	}
	return err
}

// OpenUnmigrated is OpenStore for a database that may have any version, without a limit for answers.
func OpenUnmigrated(ctx context.Context, base *config.Base) (*store.Store, error) {
	keys, err := loadKeys(base)
	if err != nil {
		return nil, err
	}
	return store.OpenPatiently(ctx, base.Database, keys)
}

// Migrate brings a database to this build's version, and marks it as sealed with these keys.
func Migrate(ctx context.Context, base *config.Base, db *store.Store) error {
	if err := schema.Migrate(ctx, db.DB()); err != nil {
		return fmt.Errorf("BEIAN_DATABASE: %w", err)
	}
	return canaryError(base, db.PlantCanary(ctx))
}

// Connect opens database and Temporal for a panel or worker, provided this build may run on the database, and
// starts observing the process; the caller calls the closer.
func Connect(ctx context.Context, service string, base *config.Base) (Process, func(), error) {
	p := Process{Logger: NewLogger(base.LogLevel), Observed: observe.New()}
	var closers []func()
	closeAll := func() {
		for _, f := range slices.Backward(closers) {
			f()
		}
	}
	if err := p.connect(ctx, service, base, func(f func()) { closers = append(closers, f) }); err != nil {
		closeAll()
		return p, func() {}, err
	}
	p.Watch()
	return p, closeAll, nil
}

// connect opens what a process needs; atEnd takes what closes it again.
func (p *Process) connect(ctx context.Context, service string, base *config.Base, atEnd func(func())) error {
	flush, err := observe.StartTracing(ctx, service)
	if err != nil {
		return err
	}
	atEnd(flush)
	var status schema.Status
	if p.Store, status, err = openStore(ctx, base); err != nil {
		return err
	}
	atEnd(func() { _ = p.Store.Close() })
	if len(status.Ahead) > 0 {
		p.Logger.Warn("the database is newer than this build; continuing", "database", status.Version(), "unknown",
			len(status.Ahead))
	}
	if p.Temporal, err = dial(ctx, base, p.Logger, p.Observed.Temporal); err != nil {
		return err
	}
	atEnd(p.Temporal.Close)
	return nil
}

func dial(ctx context.Context, base *config.Base, logger *slog.Logger,
	more ...func(*client.Options) error) (client.Client, error) {
	keys, err := base.Keys()
	if err != nil {
		return nil, err
	}
	tls, err := base.TLS()
	if err != nil {
		return nil, err
	}
	return history.Dial(ctx, history.Server{Address: base.Temporal, Namespace: base.Namespace, TLS: tls,
		APIKey: base.TemporalAPIKey, BoundOnly: base.TemporalBoundOnly}, keys, logger, more...)
}

// Dial reads the secrets and connects to Temporal only, with keys that are the database's.
func Dial(ctx context.Context, base *config.Base) (client.Client, *seal.Keys, error) {
	db, err := OpenStore(ctx, base)
	if err != nil {
		return nil, nil, err
	}
	if err := db.Close(); err != nil {
		return nil, nil, err
	}
	keys, err := base.Keys()
	if err != nil {
		return nil, nil, err
	}
	c, err := dial(ctx, base, NewLogger(base.LogLevel))
	return c, keys, err
}
