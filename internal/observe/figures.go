package observe

import (
	"context"
	"log/slog"
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

func description(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	filings     = description("beian_filings", "Filings by stage.", "stage")
	stuck       = description("beian_filings_stuck", "Stuck filings by step and reason.", "step", "reason")
	stuckOldest = description("beian_filings_stuck_oldest_timestamp_seconds",
		"When the oldest stuck filing got stuck, by step and reason.", "step", "reason")
	attention = description("beian_filings_attention",
		"Filings that need their customer's attention, by kind of attention.", "attention")
	tasks   = description("beian_staff_tasks", "Open tasks of staff, by kind.", "kind")
	signals = description("beian_signals_waiting", "Signals waiting to be sent to filings.")
	broken  = description("beian_broken_workflows",
		"Workflow runs blocked because their code fails or doesn't match their histories.")
	exchanged = description("beian_exchange_last_timestamp_seconds",
		"When an exchange with the bureau last began, by account.", "account")
	sequence = description("beian_exchange_sequence",
		"Sequence number of the newest data file, by account.", "account")
	stopped = description("beian_exchange_stopped",
		"Whether an account's exchange is stopped until staff act: 1 or 0.", "account")
	waiting = description("beian_exchange_waiting_records",
		"Records waiting for a data file, by account.", "account")
	waitingOldest = description("beian_exchange_waiting_oldest_timestamp_seconds",
		"When the oldest waiting record was queued, by account.", "account")
	unaccepted = description("beian_exchange_unaccepted_files",
		"Data files that the bureau hasn't accepted, by account.", "account")
	figuresCounted = description("beian_figures_timestamp_seconds", "When the figures of the database were counted.")
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
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	since := func(d *prometheus.Desc, at *time.Time, labels ...string) {
		if at != nil {
			gauge(d, float64(at.UnixMilli())/1000, labels...)
		}
	}
	since(figuresCounted, &f.CountedAt)
	for stage, n := range f.Stages {
		gauge(filings, float64(n), string(stage))
	}
	for what, n := range f.Attention {
		gauge(attention, float64(n), what)
	}
	for kind, n := range f.Tasks {
		gauge(tasks, float64(n), kind)
	}
	for _, s := range f.Stuck {
		gauge(stuck, float64(s.N), s.Step, s.Reason)
		since(stuckOldest, &s.Oldest, s.Step, s.Reason)
	}
	gauge(signals, float64(f.Signals))
	gauge(broken, float64(f.Broken))
	for _, a := range f.Accounts {
		gauge(sequence, float64(a.Sequence), a.Name)
		gauge(waiting, float64(a.Waiting), a.Name)
		gauge(unaccepted, float64(a.Files), a.Name)
		gauge(stopped, map[bool]float64{true: 1}[a.Stopped], a.Name)
		since(waitingOldest, a.Oldest, a.Name)
		if a.Exchanges {
			since(exchanged, a.ExchangedAt, a.Name)
		}
	}
}
