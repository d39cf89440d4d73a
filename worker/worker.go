// Package worker is one worker process: which workflows and activities run on
// which queues, and how it stops.
package worker

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/workflows"
)

// Config says what a worker process does.
type Config struct {
	Temporal client.Client
	// Queues are the task queues that it takes; none means all.
	Queues []string
	// StopTimeout is how long running activities may go on after a stop was
	// asked for; then they are cut off and tried again elsewhere.
	StopTimeout time.Duration
	// SMSPerSecond bounds messages for the whole fleet; 0 is no bound.
	SMSPerSecond float64

	Filing  *activities.Filing
	Message *activities.Message
	Bureau  *activities.Bureau
	Website *activities.Website
	Bulk    *activities.Bulk
	Logger  *slog.Logger
}

// Run works until ctx ends, then drains.
func Run(ctx context.Context, cfg Config) error {
	queues := cfg.Queues
	if len(queues) == 0 {
		queues = workflows.Queues
	}
	var started []worker.Worker
	defer func() {
		for _, w := range slices.Backward(started) {
			w.Stop()
		}
	}()
	for _, queue := range queues {
		w, err := build(cfg, queue)
		if err != nil {
			return err
		}
		if err := w.Start(); err != nil {
			return fmt.Errorf("starting the worker of queue %s: %w", queue, err)
		}
		started = append(started, w)
	}
	cfg.Logger.Info("worker started", "queues", queues)
	<-ctx.Done()
	cfg.Logger.Info("worker stopping", "queues", queues)
	return nil
}

func build(cfg Config, queue string) (worker.Worker, error) {
	options := worker.Options{
		WorkerStopTimeout: cfg.StopTimeout,
		Interceptors:      []interceptor.WorkerInterceptor{&heartbeats{}},
	}
	if queue == workflows.QueueFiling {
		w := worker.New(cfg.Temporal, queue, options)
		w.RegisterWorkflow(workflows.Filing)
		w.RegisterWorkflow(workflows.Exchange)
		w.RegisterWorkflow(workflows.Inquiry)
		w.RegisterWorkflow(workflows.Ticket)
		w.RegisterWorkflow(workflows.TicketSweep)
		w.RegisterWorkflow(workflows.Footer)
		w.RegisterWorkflow(workflows.Aftercare)
		w.RegisterWorkflow(workflows.AccountCode)
		w.RegisterWorkflow(workflows.PasswordChanged)
		w.RegisterWorkflow(workflows.BulkResume)
		w.RegisterActivity(cfg.Filing)
		w.RegisterActivity(cfg.Bulk)
		return w, nil
	}
	options.DisableWorkflowWorker = true // these queues carry activities only
	switch queue {
	case workflows.QueueMessage:
		options.TaskQueueActivitiesPerSecond = cfg.SMSPerSecond
		w := worker.New(cfg.Temporal, queue, options)
		w.RegisterActivity(cfg.Message)
		return w, nil
	case workflows.QueueBureau:
		w := worker.New(cfg.Temporal, queue, options)
		w.RegisterActivity(cfg.Bureau)
		return w, nil
	case workflows.QueueWebsite:
		w := worker.New(cfg.Temporal, queue, options)
		w.RegisterActivity(cfg.Website)
		return w, nil
	}
	return nil, fmt.Errorf("unknown queue %q: want any of %v", queue, workflows.Queues)
}
