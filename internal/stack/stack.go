// Package stack starts everything that the product needs on one machine: a private MariaDB, the development
// Temporal server, the stand-ins, a panel and a worker. `beian dev`, the demonstration and the end-to-end tests
// use it.
package stack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/beian/beian/panel/web"

	"github.com/alexedwards/argon2id"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/history"
	"github.com/beian/beian/internal/observe"
	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/stack/devserver"
	"github.com/beian/beian/internal/store"
)

// Ports of a stack. Where 0 is given, as in tests, a free one is chosen.
type Ports struct {
	Panel      int `env:"BEIAN_DEV_PORT" help:"panel" default:"8080"`
	Database   int `env:"BEIAN_DEV_DATABASE_PORT" help:"private MariaDB" default:"33060"`
	Temporal   int `env:"BEIAN_DEV_TEMPORAL_PORT" help:"Temporal server" default:"7233"`
	TemporalUI int `env:"BEIAN_DEV_TEMPORAL_UI_PORT" help:"Temporal web UI" default:"8233"`
	Inbox      int `env:"BEIAN_DEV_INBOX_PORT" help:"SMS and mail that were sent" default:"8081"`
	Bureau     int `env:"BEIAN_DEV_BUREAU_PORT" help:"stand-in for the bureau" default:"8082"`
	SMS        int `env:"BEIAN_DEV_SMS_PORT" help:"stand-in for Aliyun SMS" default:"8083"`
	SMTP       int `env:"BEIAN_DEV_SMTP_PORT" help:"stand-in for the mail server" default:"2525"`
	FTP        int `env:"BEIAN_DEV_FTP_PORT" help:"stand-in web space, FTP" default:"2121"`
	Sites      int `env:"BEIAN_DEV_SITES_PORT" help:"stand-in web space, its sites" default:"8084"`
	Space      int `env:"BEIAN_DEV_SPACE_PORT" help:"stand-in web space, its page" default:"8085"`
	DNS        int `env:"BEIAN_DEV_DNS_PORT" help:"stand-in name server" default:"2053"`
}

type portFlag struct {
	flag string
	port *int
}

func (p *Ports) all() []portFlag {
	return []portFlag{
		{"--panel", &p.Panel}, {"--database", &p.Database}, {"--temporal", &p.Temporal}, {"--temporal-ui", &p.TemporalUI},
		{"--inbox", &p.Inbox}, {"--bureau", &p.Bureau}, {"--sms", &p.SMS}, {"--smtp", &p.SMTP}, {"--ftp", &p.FTP},
		{"--sites", &p.Sites}, {"--space", &p.Space}, {"--dns", &p.DNS},
	}
}

// Options of a stack.
type Options struct {
	// Dir holds everything; a throwaway stack removes it at the end.
	Dir       string
	Throwaway bool
	// Database names an empty database on a running server, for throwaway stacks; if empty, a server is started.
	Database string
	Ports    Ports
	// BureauEdition is how the stand-in bureau works; empty: as in 2005.
	BureauEdition bureau.Edition
	// ReviewAfter is how long the stand-in's review takes.
	ReviewAfter time.Duration
	// ExchangeEvery is the pause between exchanges with the bureau.
	ExchangeEvery time.Duration
	// WithoutWorker leaves the worker to the caller, who runs it with Env.
	WithoutWorker bool
	// Vetting adds vetting before the bureau.
	Vetting bool
	// SecondVetting says which dossiers two reviewers check.
	SecondVetting []string
	// SMSVerification is how long a code of the SMS verification is valid; 0: a day with a bureau of today, and none with
	// one of 2005; negative: none. The stand-in of today waits for it.
	SMSVerification time.Duration
	// Spares is the number of web spaces besides those of samples/orders.csv.
	Spares int
	// Manual makes people submit dossiers, as with a bureau without an interface.
	Manual bool
	// FrameOrigins may show the panel in a frame; SecureCookies are set as in production.
	FrameOrigins  []string
	SecureCookies bool
	// Staff is how staff are alerted, besides by mail.
	Staff config.Staff
	// StaffTOTP is the setting; empty means optional.
	StaffTOTP string
	Logger    *slog.Logger
}

// The people of a development stack.
const (
	DemoCustomer         = "demo"
	DemoCustomerPassword = "demo-customer"
	DemoSupport          = "support"
	DemoSupportPassword  = "demo-support"
)

// DemoStaff are the roles of the other staff accounts, one of each.
var DemoStaff = []store.StaffRole{store.StaffViewer, store.StaffAgent, store.StaffReviewer}

// DemoStaffPassword is the password of a role's account; its login is the role.
func DemoStaffPassword(role store.StaffRole) string { return "demo-" + string(role) }

// Stack is a running stack.
type Stack struct {
	Options  Options
	Settings app.Settings
	Store    *store.Store
	Keys     *seal.Keys
	Temporal client.Client
	StandIns *StandIns
	PanelURL string
	// Observed is the stack's process, panel and worker in one.
	Observed *observe.Process

	stop    context.CancelFunc
	running sync.WaitGroup
	closers []func()
	failed  chan error
}

// Start starts a stack and waits until it is ready.
func Start(ctx context.Context, o Options) (s *Stack, err error) {
	release, err := prepare(&o)
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s = &Stack{Options: o, Observed: observe.New(), stop: stop, failed: make(chan error, 16),
		PanelURL: fmt.Sprintf("http://127.0.0.1:%d", o.Ports.Panel), closers: []func(){release}}
	defer func() {
		if err != nil {
			s.Stop()
		}
	}()
	if err := s.startDatabase(ctx); err != nil {
		return s, err
	}
	var uiPort int
	var file string
	if !o.Throwaway {
		uiPort, file = o.Ports.TemporalUI, filepath.Join(o.Dir, "temporal.db")
	}
	temporal, err := devserver.StartTemporal(ctx, o.Dir, o.Ports.Temporal, uiPort, file)
	if err != nil {
		return s, err
	}
	s.closers = append(s.closers, temporal.Stop)
	if s.Temporal, err = history.Dial(ctx, history.Server{Address: temporal.Address, Namespace: "default",
		BoundOnly: o.Throwaway}, s.Keys,
		o.Logger, s.Observed.Temporal); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.Temporal.Close)
	if s.StandIns, err = startStandIns(running, s); err != nil {
		return s, err
	}
	s.Settings = s.settings()
	if err := s.people(ctx); err != nil {
		return s, err
	}
	l, err := devserver.Listen(o.Ports.Panel)
	if err != nil {
		return s, err
	}
	p := app.Process{Store: s.Store, Temporal: s.Temporal, Observed: s.Observed, Logger: o.Logger}
	p.Watch()
	s.run("panel", func() error { return app.RunPanel(running, l, s.Settings, p) })
	if !o.WithoutWorker {
		s.run("worker", func() error { return app.RunWorker(running, s.Settings, p) })
	}
	err = s.ready(ctx)
	return s, err
}

// ready waits until the panel answers, or until a part has failed.
func (s *Stack) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, devserver.StartTimeout)
	defer cancel()
	for {
		response, err := http.Get(s.PanelURL + "/healthz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-s.failed:
			return err
		case <-ctx.Done():
			return errors.Join(errors.New("the panel is not ready"), err)
		case <-time.After(devserver.ReadyPause):
		}
	}
}

// prepare takes the folder and checks the ports before anything is started; the caller releases the folder at the end.
func prepare(o *Options) (release func(), err error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Logger = slog.New(observe.Logs(o.Logger.Handler()))
	if o.Dir, err = filepath.Abs(o.Dir); err != nil { // children run in other folders
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	release, err = lockFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := choosePorts(o); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

func choosePorts(o *Options) error {
	list := o.Ports.all()
	free, err := devserver.FreePorts(len(list))
	if err != nil {
		return err
	}
	for i, p := range list {
		if o.Throwaway {
			*p.port = free[i]
		} else if err := devserver.CheckPort(p.flag, *p.port); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stack) startDatabase(ctx context.Context) error {
	dsn := os.Getenv("BEIAN_DATABASE")
	if s.Options.Throwaway {
		dsn = s.Options.Database
	}
	if dsn == "" {
		db, err := devserver.StartMariaDB(ctx, s.Options.Dir, s.Options.Ports.Database, s.Options.Throwaway)
		if err != nil {
			return err
		}
		s.closers = append(s.closers, db.Stop)
		if err := db.CreateDatabase(ctx, "beian"); err != nil {
			return err
		}
		dsn = db.DSN("beian")
	}
	keyFile := filepath.Join(s.Options.Dir, "keys.json")
	if _, err := os.Stat(keyFile); errors.Is(err, os.ErrNotExist) {
		fresh, err := seal.Generate()
		if err != nil {
			return err
		}
		if err := os.WriteFile(keyFile, fresh, 0o600); err != nil {
			return err
		}
	}
	s.Settings.Base = config.Base{Development: true, Database: dsn, KeyFile: keyFile,
		Temporal: fmt.Sprintf("127.0.0.1:%d", s.Options.Ports.Temporal), Namespace: "default", LogLevel: "info"}
	var err error
	if s.Keys, err = s.Settings.Base.Keys(); err != nil {
		return err
	}
	if s.Store, err = store.Open(ctx, dsn, s.Keys); err != nil {
		return err
	}
	s.closers = append(s.closers, func() { _ = s.Store.Close() })
	return app.Migrate(ctx, &s.Settings.Base, s.Store)
}

// people creates the demo accounts, which only a development stack has.
func (s *Stack) people(ctx context.Context) error {
	type person struct {
		role            store.Role
		staff           store.StaffRole
		login, password string
	}
	list := []person{{store.RoleCustomer, "", DemoCustomer, DemoCustomerPassword},
		{store.RoleSupport, store.StaffAdministrator, DemoSupport, DemoSupportPassword}}
	for _, role := range DemoStaff {
		list = append(list, person{store.RoleSupport, role, string(role), DemoStaffPassword(role)})
	}
	for _, p := range list {
		user, err := s.Store.UserByLogin(ctx, p.login)
		if err == nil && user.PasswordHash != "" {
			continue // setting it again would sign everybody out
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		hash, err := s.hash(p.password)
		if err != nil {
			return err
		}
		var id int64
		if p.role == store.RoleSupport {
			id, err = s.Store.EnsureStaff(ctx, p.staff, p.login, hash)
		} else {
			id, err = s.Store.EnsureUser(ctx, p.role, p.login, hash)
		}
		if err != nil {
			return err
		}
		if err := s.Store.SetPassword(ctx, id, hash); err != nil {
			return err
		}
	}
	return nil
}

// hash is cheap in a throwaway stack, whose people sign in again and again.
func (s *Stack) hash(password string) (string, error) {
	if s.Options.Throwaway {
		return argon2id.CreateHash(password,
			&argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	}
	return web.HashPassword(password)
}

func (s *Stack) run(name string, f func() error) {
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		if err := f(); err != nil && !errors.Is(err, net.ErrClosed) {
			s.failed <- fmt.Errorf("%s: %w", name, err)
		}
	}()
}

// Failed reports that a part ended on its own.
func (s *Stack) Failed() <-chan error { return s.failed }

// Stop ends everything in reverse order.
func (s *Stack) Stop() {
	s.stop()
	s.running.Wait()
	for _, f := range slices.Backward(s.closers) {
		f()
	}
	if s.Options.Throwaway {
		_ = os.RemoveAll(s.Options.Dir)
	}
}
