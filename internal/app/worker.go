package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/build"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/rules"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/worker"
	"github.com/beian/beian/workflows"
)

// RunWorker works until ctx ends.
func RunWorker(ctx context.Context, set Settings, p Process) error {
	p.Observed.Lack(worker.LackPollers) // before anybody can ask
	if err := set.Base.DevelopmentOnly(set.SMS, set.Website); err != nil {
		return err
	}
	cfg, err := WorkerConfig(set.Worker, set.SMS.PerSecond)
	if err != nil {
		return err
	}
	stopStatus, err := p.Observed.Serve(set.Status.Listen)
	if err != nil {
		return fmt.Errorf("BEIAN_STATUS_LISTEN: %w", err)
	}
	defer stopStatus()
	if set.Staff.AlertQuietPeriod > 0 {
		p.Store.SetAlertQuietPeriod(set.Staff.AlertQuietPeriod)
	}
	cfg.Temporal, cfg.Process, cfg.Logger = p.Temporal, p.Observed, p.Logger
	if err := setActivities(ctx, &cfg, set, p); err != nil {
		return err
	}
	cfg.Beside = func(ctx context.Context) {
		persist(ctx, p.Logger, func(ctx context.Context) (err error) {
			if set.serves(workflows.QueueBureau) {
				err = scheduleExchanges(ctx, cfg.Bureau.Accounts, set.Bureau.Every, p.Store, p.Temporal)
			}
			if set.serves(workflows.QueueFiling) {
				err = errors.Join(err, schedule(ctx, p.Temporal))
			}
			return err
		})
	}
	return worker.Run(ctx, cfg)
}

// setActivities gives a worker the activities of its queues, from the settings of these queues.
func setActivities(ctx context.Context, cfg *worker.Config, set Settings, p Process) (err error) {
	filings := workflows.NewClient(p.Temporal, set.Provider.Vetting)
	if set.serves(workflows.QueueMessage) {
		if cfg.Message, err = messageActivities(set, p.Store, filings); err != nil {
			return err
		}
	}
	if set.serves(workflows.QueueWebsite) {
		if cfg.Website, err = websiteActivities(set.Website, set.Provider, p.Store); err != nil {
			return err
		}
	}
	if set.serves(workflows.QueueBureau) {
		accounts, err := registerAccounts(ctx, set.Bureau, p.Store)
		if err != nil {
			return err
		}
		keep, err := set.Retention.Periods()
		if err != nil {
			return err
		}
		cfg.Bureau = &activities.Bureau{
			Store: p.Store, Accounts: accounts, Temporal: p.Temporal, FilingWorkflowID: workflows.FilingWorkflowID,
			Logger: p.Logger, Keep: keep, Alerter: filings,
		}
	}
	if err := set.Worker.CheckAbandonedAfter(); err != nil {
		return err
	}
	book, err := set.Provider.RuleBook()
	if err != nil {
		return err
	}
	cfg.Filing = &activities.Filing{Store: p.Store, AbandonedAfter: set.Worker.AbandonedAfter, Rules: book,
		Start: func(ctx context.Context, f store.Filing) error {
			return filings.Open(ctx, f.Ref(), workflows.InputOf(f.ID, f.OrderNumber, f.Position()))
		}}
	if cfg.Bureau != nil {
		cfg.Bureau.Filings = cfg.Filing
	}
	cfg.Bulk = &activities.Bulk{Store: p.Store, Filings: filings}
	cfg.Broken = &activities.Broken{Store: p.Store, Queues: workflows.Queues,
		Finder: activities.NewBrokenFinder(p.Temporal.WorkflowService(), set.Base.Namespace)}
	return nil
}

// messageActivities makes the activities that send messages.
func messageActivities(set Settings, db *store.Store, filings *workflows.Client) (*activities.Message, error) {
	sms, err := SMSSender(set.SMS)
	if err != nil {
		return nil, err
	}
	mail, err := mailSender(set.Mail, set.MailRoots)
	if err != nil {
		return nil, err
	}
	texts, err := message.NewTexts(set.Mail.Language)
	if err != nil {
		return nil, err
	}
	hook, err := staffHook(set.Staff)
	if err != nil {
		return nil, err
	}
	return &activities.Message{
		Store: db, SMS: sms, Mail: mail, Texts: texts, StaffAddress: set.Mail.Staff, StaffWebhook: hook, Alerter: filings,
		PanelURL: strings.TrimRight(set.Mail.PanelURL, "/"), CertificateName: set.Provider.CertificateName,
	}, nil
}

// Pauses between the tries of what must be done while a worker runs already.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// persist tries until it succeeds or ctx ends. One try may take a minute.
func persist(ctx context.Context, logger *slog.Logger, try func(context.Context) error) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		limited, cancel := context.WithTimeout(ctx, longestPause)
		err := try(limited)
		cancel()
		if err == nil || ctx.Err() != nil {
			return
		}
		logger.Warn("the schedules aren't up to date; trying again", "in", pause, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// schedule creates the schedules that don't belong to an account or filing.
func schedule(ctx context.Context, temporal client.Client) error {
	var all error
	for what, f := range map[string]func(context.Context, client.Client) error{
		"ticket mails": workflows.ScheduleTickets, "the daily figures": workflows.ScheduleFigures,
		"the check for broken code": workflows.ScheduleBroken, "questions about deliveries": workflows.ScheduleDeliveries,
	} {
		if err := f(ctx, temporal); err != nil {
			all = errors.Join(all, fmt.Errorf("scheduling %s: %w", what, err))
		}
	}
	return all
}

// websiteActivities makes the activities on sites.
func websiteActivities(w config.Website, p config.Provider, db *store.Store) (*activities.Website, error) {
	var allow []netip.Prefix
	for _, text := range w.Allow {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("BEIAN_WEBSITE_ALLOW: %q is not a range; want 10.1.0.0/16", text)
		}
		allow = append(allow, prefix)
	}
	if err := p.CheckCertificateName(); err != nil {
		return nil, err
	}
	book, err := p.RuleBook()
	if err != nil {
		return nil, err
	}
	policy := website.Policy{VerifyTLS: website.Verify(w.VerifyTLS), TLSOnly: w.TLSOnly}
	policy.Dialer.Control = website.Guard(allow)
	return &activities.Website{
		Store: db, Policy: policy, CertificateName: p.CertificateName, LinkTargets: p.LinkTargets,
		PoliceTarget: p.PoliceTarget, Rules: cmp.Or(book, rules.BuiltIn()),
		Checker: website.NewChecker(website.CheckerConfig{ConnectTo: w.ConnectTo, Allow: allow}),
	}, nil
}

// WorkerConfig makes a worker's limits and version from its settings; smsPerSecond is the fleet's message rate, 0
// for no limit.
func WorkerConfig(w config.Worker, smsPerSecond float64) (cfg worker.Config, err error) {
	if cfg.Queues, err = worker.Queues(w.Queues); err != nil {
		return cfg, fmt.Errorf("BEIAN_QUEUES: %w", err)
	}
	cfg.StopTimeout = w.StopTimeout
	withTasks := append([]string{worker.WorkflowTasks}, workflows.Queues...)
	withoutMessage := slices.DeleteFunc(slices.Clone(workflows.Queues),
		func(q string) bool { return q == workflows.QueueMessage })
	for _, l := range []struct {
		setting string
		pairs   []string
		whole   bool
		names   []string
		into    *worker.Limits
	}{
		{"BEIAN_WORKER_SLOTS", w.Slots, true, withTasks, &cfg.Slots},
		{"BEIAN_WORKER_POLLERS", w.Pollers, true, withTasks, &cfg.Pollers},
		{"BEIAN_WORKER_RATES", w.Rates, false, workflows.Queues, &cfg.Rates},
		{"BEIAN_QUEUE_RATES", w.QueueRates, false, withoutMessage, &cfg.FleetRates},
	} {
		if *l.into, err = worker.ParseLimits(l.pairs, l.whole, l.names...); err != nil {
			return cfg, fmt.Errorf("%s: %w", l.setting, err)
		}
	}
	if smsPerSecond > 0 {
		cfg.FleetRates[workflows.QueueMessage] = smsPerSecond
	}
	if w.Versioning {
		cfg.Version = &worker.Version{Deployment: w.Deployment, BuildID: cmp.Or(w.BuildID, build.ID())}
	}
	return cfg, nil
}
