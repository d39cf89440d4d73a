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
	Bureau   config.Bureau
	Website  config.Website
	Worker   config.Worker
	// MailRoots are trusted for the mail server, where they are not in a file.
	MailRoots *x509.CertPool
}

// shutdownTimeout is how long requests under way may take to end.
const shutdownTimeout = 10 * time.Second

// RunPanel serves the panel on a listener until ctx ends.
func RunPanel(ctx context.Context, l net.Listener, set Settings, db *store.Store, temporal client.Client, logger *slog.Logger) error {
	papers, err := set.Panel.PaperList()
	if err != nil {
		return err
	}
	p, err := panel.New(panel.Config{
		Papers: papers,
		Store:  db, Filings: workflows.NewClient(temporal, set.Provider.Reviewed), Provider: set.Provider.Panel(), Resolver: website.NewResolver(set.Panel.DNS),
		SecureCookies: set.Panel.SecureCookies, TrustedProxies: set.Panel.TrustedProxies, FrameOrigins: set.Panel.FrameOrigins,
		RequireTOTP: set.Panel.StaffTOTP != "optional", TemporalUI: set.Panel.TemporalNamespaceUI(set.Base.Namespace), Logger: logger,
	})
	if err != nil {
		return err
	}
	defer p.Close()
	return serve(ctx, l, p.Handler(), p.EndStreams)
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
func RunWorker(ctx context.Context, set Settings, db *store.Store, temporal client.Client, logger *slog.Logger) error {
	accounts, err := registerAccounts(ctx, set.Bureau, db, temporal)
	if err != nil {
		return err
	}
	go refreshOrders(ctx, db, logger)
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
	sites, err := set.Website.Activities(set.Provider)
	if err != nil {
		return err
	}
	sites.Store = db
	if err := workflows.ScheduleTickets(ctx, temporal); err != nil {
		return fmt.Errorf("scheduling the mails of tickets: %w", err)
	}
	return worker.Run(ctx, worker.Config{
		Temporal: temporal, Queues: set.Worker.Queues, StopTimeout: set.Worker.StopTimeout, SMSPerSecond: set.SMS.PerSecond, Logger: logger,
		Filing:  &activities.Filing{Store: db},
		Message: &activities.Message{Store: db, SMS: sms, Mail: mail, Texts: texts, StaffAddress: set.Mail.Staff, PanelURL: strings.TrimRight(set.Mail.PanelURL, "/")},
		Bureau: &activities.Bureau{
			Store: db, Accounts: accounts, Temporal: temporal, FilingWorkflowID: workflows.FilingWorkflowID, Logger: logger,
			KeepFiles: set.Bureau.Keep, KeepPapers: set.Bureau.KeepPapers,
		},
		Website: sites,
	})
}

// refreshOrders mends, beside the worker's start, what processes of an older
// version left in the list of orders. Another worker's start tries again.
func refreshOrders(ctx context.Context, db *store.Store, logger *slog.Logger) {
	mended, err := db.RefreshOrderStates(ctx)
	if err != nil && ctx.Err() == nil {
		logger.Warn("the list of orders was not refreshed", "error", err)
	} else if mended > 0 {
		logger.Info("the list of orders was refreshed", "orders", mended)
	}
	found, err := db.RefreshFindBy(ctx)
	if err != nil && ctx.Err() == nil {
		logger.Warn("what filings are found by was not refreshed", "error", err)
	} else if found > 0 {
		logger.Info("what filings are found by was refreshed", "filings", found)
	}
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
