// Package worker is one worker process: which workflows and activities run on which queues, how many at once, and
// how it stops.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/observe"
	"github.com/beian/beian/workflows"
)

// Config configures a worker process.
type Config struct {
	Temporal client.Client
	// Queues are the task queues that it serves; none means all.
	Queues []string
	// StopTimeout is how long running activities may go on after a stop was requested; shortly before its end they are
	// cut off and handed back.
	StopTimeout time.Duration
	// Slots limit concurrent activities, Pollers the long polls, by queue.
	Slots, Pollers Limits
	// Rates limit this process's activities per second, FleetRates those of all workers of a queue together.
	Rates, FleetRates Limits
	// Version is this build's version; nil takes tasks of every version.
	Version *Version

	Filing  *activities.Filing
	Message *activities.Message
	Bureau  *activities.Bureau
	Website *activities.Website
	Bulk    *activities.Bulk
	Broken  *activities.Broken
	// Beside runs beside the worker, once it polls, until ctx ends; may be nil.
	Beside func(ctx context.Context)
	// Process tracks what the process still lacks; may be nil.
	Process *observe.Process
	Logger  *slog.Logger
}

// LackPollers marks a worker that hasn't started polling.
const LackPollers = "pollers"

// Queues checks a list of queues; none means all.
func Queues(list []string) ([]string, error) {
	if len(list) == 0 {
		return workflows.Queues, nil
	}
	for i, queue := range list {
		if !slices.Contains(workflows.Queues, queue) {
			return nil, fmt.Errorf("unknown queue %q: want any of %v", queue, workflows.Queues)
		}
		if slices.Contains(list[:i], queue) {
			return nil, fmt.Errorf("the queue %q is listed twice", queue)
		}
	}
	return list, nil
}

// Run works until ctx ends, then drains. It also ends when Temporal reports that the worker can't go on, such as
// when the namespace is gone.
func Run(ctx context.Context, cfg Config) error {
	queues, err := Queues(cfg.Queues)
	if err != nil {
		return err
	}
	if cfg.Process == nil {
		cfg.Process = observe.New()
	}
	cfg.Process.Lack(LackPollers)
	fatal := make(chan error, len(queues))
	handBack, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var started []worker.Worker
	for _, queue := range queues {
		w, err := start(ctx, cfg, func() worker.Worker { return build(cfg, queue, handBack, fatal) })
		if err != nil {
			return errors.Join(fmt.Errorf("starting the worker of queue %s: %w", queue, err), drain(cfg, started, cut))
		}
		started = append(started, w)
	}
	cfg.Process.Have(LackPollers)
	var beside sync.WaitGroup
	defer beside.Wait()
	running, end := context.WithCancel(ctx)
	defer end()
	if cfg.Beside != nil {
		beside.Go(func() { cfg.Beside(running) })
	}
	cfg.Logger.Info("worker started", "queues", queues, "version", cfg.Version)
	select {
	case <-ctx.Done():
	case err = <-fatal:
		err = fmt.Errorf("the worker can't continue: %w", err)
	}
	return errors.Join(err, drain(cfg, started, cut))
}

// startPause is between the tries to start a worker while Temporal is away.
const startPause = time.Second

// start starts a worker, and waits for a Temporal that has gone away since the process connected to it.
func start(ctx context.Context, cfg Config, make func() worker.Worker) (worker.Worker, error) {
	for {
		w := make()
		err := w.Start()
		if err == nil || !workflows.Unavailable(err) && !errors.Is(err, context.DeadlineExceeded) {
			return w, err
		}
		cfg.Logger.Warn("Temporal doesn't answer; trying again", "in", startPause, "error", err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(startPause):
		}
	}
}

// drain takes nothing more, lets running activities end, and cuts off and hands back those that don't in time.
func drain(cfg Config, started []worker.Worker, cut func()) error {
	begin := time.Now()
	cfg.Process.Lack(observe.Draining)
	cfg.Logger.Info("worker stopping", "for_at_most", cfg.StopTimeout)
	timer := time.AfterFunc(patience(cfg.StopTimeout), cut)
	defer timer.Stop()
	var all sync.WaitGroup
	for _, w := range started { // concurrently: each waits for its own
		all.Go(w.Stop)
	}
	all.Wait()
	cfg.Logger.Info("worker stopped", "took", time.Since(begin))
	return nil
}

func optionsOf(cfg Config, queue string, handBack context.Context, fatal chan<- error) worker.Options {
	options := worker.Options{
		WorkerStopTimeout: cfg.StopTimeout,
		Interceptors: []interceptor.WorkerInterceptor{
			&around{run: named}, draining(handBack), &around{run: classified}, &around{run: heartbeats},
			&around{run: watched},
		},
		// The SDK holds heartbeats back for four fifths of their timeout, so that one late one would be too late.
		DefaultHeartbeatThrottleInterval: workflows.HeartbeatInterval,
		MaxHeartbeatThrottleInterval:     workflows.HeartbeatInterval,
		OnFatalError: func(err error) {
			select {
			case fatal <- err:
			default: // another queue's error was first
			}
		},
		DisableWorkflowWorker: queue != workflows.QueueFiling, // the others run only activities
	}
	cfg.limit(&options, queue)
	cfg.Version.set(&options)
	return options
}

func build(cfg Config, queue string, handBack context.Context, fatal chan<- error) worker.Worker {
	w := worker.New(cfg.Temporal, queue, optionsOf(cfg, queue, handBack, fatal))
	switch queue {
	case workflows.QueueFiling:
		RegisterWorkflows(w)
		w.RegisterActivity(cfg.Filing)
		w.RegisterActivity(cfg.Bulk)
		w.RegisterActivity(cfg.Broken)
	case workflows.QueueMessage:
		w.RegisterActivity(cfg.Message)
	case workflows.QueueBureau:
		w.RegisterActivity(cfg.Bureau)
	case workflows.QueueWebsite:
		w.RegisterActivity(cfg.Website)
	}
	return w
}

// Workflows are the product's, by the names of their functions.
var Workflows = []any{
	workflows.Filing, workflows.Exchange, workflows.Inquiry, workflows.Ticket, workflows.TicketSweep,
	workflows.Footer, workflows.Aftercare, workflows.AccountCode, workflows.PasswordChanged, workflows.BulkResume,
	workflows.FigureDays, workflows.BrokenCheck, workflows.DeliverySweep,
	workflows.CorrectionCode, workflows.CorrectionNotice, workflows.StaffAlert,
}

// RegisterWorkflows registers them. Each continues on the newest version of a deployment: see Version.
func RegisterWorkflows(r worker.WorkflowRegistry) {
	for _, w := range Workflows {
		r.RegisterWorkflowWithOptions(w, registered(NameOf(w)))
	}
}

func registered(name string) workflow.RegisterOptions {
	return workflow.RegisterOptions{Name: name, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade}
}
