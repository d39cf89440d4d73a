package observe

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/beian/beian/internal/store"
)

const (
	// figuresAge is how old the counts may be; one process of the fleet counts.
	figuresAge = time.Minute
	// figuresTimeout bounds a count; figuresPatience is how long a scrape waits for it before it uses the last one.
	figuresTimeout  = 50 * time.Second
	figuresPatience = 3 * time.Second
)

// figures collects the counts of the database.
type figures struct {
	count  func(context.Context, time.Duration) (store.Figures, error)
	logger *slog.Logger

	mu       sync.Mutex
	last     *store.Figures
	counting chan struct{}
}

// Figures adds the figures of the database to the metrics.
func (p *Process) Figures(db *store.Store, logger *slog.Logger) {
	p.Registry.MustRegister(&figures{count: db.Figures, logger: logger})
}

// Describe describes nothing: the labels depend on the data.
func (f *figures) Describe(chan<- *prometheus.Desc) {}

// Collect returns the newest figures available in time.
func (f *figures) Collect(out chan<- prometheus.Metric) {
	select {
	case <-f.refresh():
	case <-time.After(figuresPatience):
	}
	f.mu.Lock()
	last := f.last
	f.mu.Unlock()
	if last != nil {
		send(out, *last)
	}
}

// refresh reads or counts in the background: if the scrape gives up waiting, the next one has the result.
func (f *figures) refresh() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counting != nil {
		return f.counting
	}
	done := make(chan struct{})
	f.counting = done
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), figuresTimeout)
		defer cancel()
		got, err := f.count(ctx, figuresAge)
		f.mu.Lock()
		defer f.mu.Unlock()
		if err == nil {
			f.last = &got
		} else {
			f.logger.Warn("reading the figures of the database failed", "error", err)
		}
		f.counting = nil
		close(done)
	}()
	return done
}

func send(out chan<- prometheus.Metric, f store.Figures) {
	// pairs are the labels' names, each with its value.
	gauge := func(name, help string, v float64, pairs ...string) {
		var labels, values []string
		for pair := range slices.Chunk(pairs, 2) {
			labels, values = append(labels, pair[0]), append(values, pair[1])
		}
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue, v, values...)
	}
	since := func(name, help string, at *time.Time, pairs ...string) {
		if at != nil {
			gauge(name, help, float64(at.UnixMilli())/1000, pairs...)
		}
	}
	since("beian_figures_timestamp_seconds", "When the figures of the database were counted.", &f.CountedAt)
	for stage, n := range f.Stages {
		gauge("beian_filings", "Filings by stage.", float64(n), "stage", string(stage))
	}
	for what, n := range f.Attention {
		gauge("beian_filings_attention", "Filings that need their customer's attention, by kind of attention.", float64(n),
			"attention", what)
	}
	for kind, n := range f.Tasks {
		gauge("beian_staff_tasks", "Open tasks of staff, by kind.", float64(n), "kind", kind)
	}
	for _, s := range f.Stuck {
		cause := []string{"step", s.Step, "reason", s.Reason}
		gauge("beian_filings_stuck", "Stuck filings by step and reason.", float64(s.N), cause...)
		since("beian_filings_stuck_oldest_timestamp_seconds", "When the oldest stuck filing got stuck, by step and reason.",
			&s.Oldest, cause...)
	}
	gauge("beian_signals_waiting", "Signals waiting to be sent to filings.", float64(f.Signals))
	gauge("beian_broken_workflows", "Workflow runs blocked because their code fails or doesn't match their histories.",
		float64(f.Broken))
	for fault, n := range f.Refused {
		gauge("beian_messages_refused", "Messages that operators or mail servers refused in the last day after they had been "+
			"taken, by whose fault that is.", float64(n), "fault", fault)
	}
	for _, q := range f.Queues {
		since("beian_queue_polled_timestamp_seconds", "When a worker was last seen to poll a task queue, by queue.",
			&q.PolledAt, "queue", q.Queue)
	}
	for _, q := range f.Quotas {
		if q.Scope != store.Overall {
			gauge("beian_quota_blocked", "Customers, recipients, networks or browsers for whom a quota is used up, by quota.",
				float64(q.Blocked), "quota", q.Name())
			continue
		}
		gauge("beian_quota_used", "What all customers together have spent of a quota in its window, by kind.",
			float64(q.Used), "kind", string(q.Kind))
		gauge("beian_quota_limit", "Limit of a quota for all customers together, by kind; 0: none.", float64(q.Limit),
			"kind", string(q.Kind))
	}
	for _, a := range f.Accounts {
		of := []string{"account", a.Name}
		gauge("beian_exchange_sequence", "Sequence number of the newest data file, by account.", float64(a.Sequence), of...)
		gauge("beian_exchange_waiting_records", "Records waiting for a data file, by account.", float64(a.Waiting), of...)
		gauge("beian_exchange_unaccepted_files", "Data files that the bureau hasn't accepted, by account.",
			float64(a.Files), of...)
		gauge("beian_exchange_stopped", "Whether an account's exchange is stopped until staff act: 1 or 0.",
			map[bool]float64{true: 1}[a.Stopped], of...)
		since("beian_exchange_waiting_oldest_timestamp_seconds", "When the oldest waiting record was queued, by account.",
			a.Oldest, of...)
		if a.Exchanges {
			since("beian_exchange_last_timestamp_seconds", "When an exchange with the bureau last began, by account.",
				a.ExchangedAt, of...)
		}
	}
}
