package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/worker"
	"github.com/beian/beian/workflows"
)

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
