package stack

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/observe"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/worker"
	"github.com/beian/beian/workflows"
)

// Settings are all of the product's.
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
	// MailRoots are trusted for the mail server, where they are not in a file.
	MailRoots *x509.CertPool
}

// shutdownTimeout is how long requests under way may take to end.
const shutdownTimeout = 10 * time.Second

// Process is a panel's or worker's: what it works with, and how it is watched.
type Process struct {
	Store    *store.Store
	Temporal client.Client
	Observed *observe.Process
	Logger   *slog.Logger
}

// Watch has readiness depend on database and Temporal, and adds the database's
// figures to the metrics.
func (p Process) Watch() {
	p.Observed.Probe("database", p.Store.Ping)
	p.Observed.Probe("temporal", func(ctx context.Context) error {
		_, err := p.Temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
		return err
	})
	p.Observed.Figures(p.Store, p.Logger)
}

// RunPanel serves the panel on a listener until ctx ends; then it is no longer
// ready, goes on serving for as long as proxies take to see that, and closes.
func RunPanel(ctx context.Context, l net.Listener, set Settings, p Process) error {
	papers, err := set.Panel.PaperList()
	if err != nil {
		return err
	}
	second, err := set.Panel.SecondChecks()
	if err != nil {
		return err
	}
	stopStatus, err := p.Observed.Serve(set.Status.Listen)
	if err != nil {
		return fmt.Errorf("BEIAN_STATUS_LISTEN: %w", err)
	}
	defer stopStatus()
	pages, err := panel.New(panel.Config{
		Papers: papers, CheckLease: set.Panel.CheckLease, SecondCheck: second,
		Store: p.Store, Filings: workflows.NewClient(p.Temporal, set.Provider.Reviewed).In(set.Base.Namespace), Provider: set.Provider.Panel(), Resolver: website.NewResolver(set.Panel.DNS),
		SecureCookies: set.Panel.SecureCookies, TrustedProxies: set.Panel.TrustedProxies, FrameOrigins: set.Panel.FrameOrigins,
		RequireTOTP: set.Panel.StaffTOTP != "optional", TemporalUI: set.Panel.TemporalNamespaceUI(set.Base.Namespace), Process: p.Observed, Logger: p.Logger,
	})
	if err != nil {
		return err
	}
	defer pages.Close()
	closing, shut := context.WithCancel(context.WithoutCancel(ctx))
	defer shut()
	defer context.AfterFunc(ctx, func() {
		p.Observed.Lack(observe.Draining)
		time.AfterFunc(set.Panel.UnreadyFor, shut)
	})()
	return serve(closing, l, pages.Handler(), pages.EndStreams)
}

// serve answers HTTP until ctx ends, then lets requests under way end; stopping
// ends those that would go on for long.
func serve(ctx context.Context, l net.Listener, h http.Handler, stopping ...func()) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	for _, f := range stopping {
		server.RegisterOnShutdown(f)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

// RunWorker works until ctx ends.
func RunWorker(ctx context.Context, set Settings, p Process) error {
	db, temporal, logger := p.Store, p.Temporal, p.Logger
	p.Observed.Lack(worker.LackPollers) // before anybody can ask
	cfg, err := set.Worker.Config(set.SMS.PerSecond)
	if err != nil {
		return err
	}
	stopStatus, err := p.Observed.Serve(set.Status.Listen)
	if err != nil {
		return fmt.Errorf("BEIAN_STATUS_LISTEN: %w", err)
	}
	defer stopStatus()
	accounts, err := registerAccounts(ctx, set.Bureau, db, temporal)
	if err != nil {
		return err
	}
	sms, err := set.SMS.Sender()
	if err != nil {
		return err
	}
	mail, err := set.Mail.Sender(set.MailRoots)
	if err != nil {
		return err
	}
	texts, err := message.NewTexts(set.Mail.Language)
	if err != nil {
		return err
	}
	hook, err := set.Staff.Hook()
	if err != nil {
		return err
	}
	if set.Staff.ClearFor > 0 {
		db.SetClearFor(set.Staff.ClearFor)
	}
	sites, err := set.Website.Activities(set.Provider)
	if err != nil {
		return err
	}
	sites.Store = db
	if err := workflows.ScheduleTickets(ctx, temporal); err != nil {
		return fmt.Errorf("scheduling the mails of tickets: %w", err)
	}
	if err := workflows.ScheduleFigures(ctx, temporal); err != nil {
		return fmt.Errorf("scheduling the count of days: %w", err)
	}
	if err := workflows.ScheduleBroken(ctx, temporal); err != nil {
		return fmt.Errorf("scheduling the look for broken code: %w", err)
	}
	filings := workflows.NewClient(temporal, set.Provider.Reviewed)
	cfg.Temporal, cfg.Process, cfg.Logger = temporal, p.Observed, logger
	cfg.Filing = &activities.Filing{Store: db}
	cfg.Message = &activities.Message{Store: db, SMS: sms, Mail: mail, Texts: texts, StaffAddress: set.Mail.Staff, StaffWebhook: hook, Teller: filings, PanelURL: strings.TrimRight(set.Mail.PanelURL, "/")}
	cfg.Bureau = &activities.Bureau{
		Store: db, Accounts: accounts, Temporal: temporal, FilingWorkflowID: workflows.FilingWorkflowID, Logger: logger,
		KeepFiles: set.Bureau.Keep, KeepPapers: set.Bureau.KeepPapers, Teller: filings,
	}
	cfg.Website = sites
	cfg.Bulk = &activities.Bulk{Store: db, Filings: filings}
	cfg.Broken = &activities.Broken{Store: db, Finder: workflows.NewBrokenFinder(temporal.WorkflowService(), set.Base.Namespace)}
	return worker.Run(ctx, cfg)
}

// registerAccounts notes the settings' accounts and schedules the exchange of
// each; accounts that they no longer name take nothing new and exchange nothing.
func registerAccounts(ctx context.Context, set config.Bureau, db *store.Store, temporal client.Client) (map[int64]activities.BureauAccount, error) {
	list, err := set.AccountList()
	if err != nil {
		return nil, err
	}
	accounts := map[int64]activities.BureauAccount{}
	var ids []int64
	for _, a := range list {
		id, err := db.EnsureAccount(ctx, a.Name, a.Provinces...)
		if err != nil {
			return nil, fmt.Errorf("the bureau account's row: %w", err)
		}
		if err := db.SetCheckHours(ctx, id, int(a.SMSCheck.Hours())); err != nil {
			return nil, err
		}
		driver := store.DriverInterface
		if a.Manual() {
			driver = store.DriverManual
		}
		if err := db.SetDriver(ctx, id, driver); err != nil {
			return nil, err
		}
		c, hours := a.Client()
		accounts[id] = activities.BureauAccount{Client: c, Hours: hours}
		ids = append(ids, id)
		if err := workflows.ScheduleExchange(ctx, temporal, id, set.Every); err != nil {
			return nil, fmt.Errorf("scheduling the exchange with the bureau: %w", err)
		}
	}
	if err := db.KeepAccounts(ctx, ids); err != nil {
		return nil, err
	}
	present, err := db.Accounts(ctx)
	for _, a := range present {
		if _, used := accounts[a.ID]; !used && err == nil {
			err = workflows.UnscheduleExchange(ctx, temporal, a.ID)
		}
	}
	return accounts, err
}
