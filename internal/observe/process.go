// Package observe is what operators see of a process: whether it lives and is ready, its metrics, traces and log.
// None of it contains personal data, and no metric contains an order's number.
package observe

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/beian/beian/internal/build"
	"github.com/beian/beian/internal/extcall"
)

const (
	// probeTimeout bounds one probe of a dependency.
	probeTimeout = 3 * time.Second
	// probeEvery is how long an answer is reused: several clients ask for readiness, on the panel even strangers.
	probeEvery = time.Second
	// scrapeTimeout is below Prometheus's default of 10 s.
	scrapeTimeout = 9 * time.Second
)

// Process is what operators see of this process. Safe for concurrent use.
type Process struct {
	// Registry has every metric of the process.
	Registry *prometheus.Registry

	http    *httpMetrics
	mu      sync.Mutex
	lacking []string
	probes  []probe

	asking  sync.Mutex
	askedAt time.Time
	answer  []string
}

type probe struct {
	name string
	ask  func(context.Context) error
}

// New makes the view of this process.
func New() *Process {
	p := &Process{Registry: prometheus.NewRegistry(), http: newHTTPMetrics()}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "beian_build_info", Help: "The running build; always 1.",
		ConstLabels: prometheus.Labels{"build_id": build.ID(), "go": build.Go()},
	})
	info.Set(1)
	p.Registry.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), info,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "beian_ready", Help: "Whether the process is ready: 1 or 0."},
			func() float64 {
				if len(p.Lacks(context.Background())) > 0 {
					return 0
				}
				return 1
			}))
	p.Registry.MustRegister(extcall.Collectors()...)
	p.Registry.MustRegister(p.http.requests, p.http.seconds, overdue)
	return p
}

// Draining is what a stopping process lacks.
const Draining = "draining"

// Lack records that the process isn't ready because something is missing; Have records that it is there.
func (p *Process) Lack(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.lacking, what) {
		p.lacking = append(p.lacking, what)
	}
}

// Have is the opposite of Lack.
func (p *Process) Have(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lacking = slices.DeleteFunc(p.lacking, func(s string) bool { return s == what })
}

// Probe makes readiness depend on an answer.
func (p *Process) Probe(name string, ask func(context.Context) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.probes = append(p.probes, probe{name, ask})
}

// Lacks lists what the process lacks to be ready; nothing if it is.
func (p *Process) Lacks(ctx context.Context) []string {
	p.mu.Lock()
	lacking, probes := slices.Clone(p.lacking), slices.Clone(p.probes)
	p.mu.Unlock()
	return append(lacking, p.unanswered(ctx, probes)...)
}

// unanswered probes at most once in probeEvery.
func (p *Process) unanswered(ctx context.Context, probes []probe) []string {
	p.asking.Lock()
	defer p.asking.Unlock()
	if !p.askedAt.IsZero() && time.Since(p.askedAt) < probeEvery {
		return p.answer
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout) // others use the answer too
	defer cancel()
	failed := make([]bool, len(probes))
	var all sync.WaitGroup
	for i, q := range probes {
		all.Go(func() { failed[i] = q.ask(ctx) != nil })
	}
	all.Wait()
	p.answer = nil
	for i, q := range probes {
		if failed[i] {
			p.answer = append(p.answer, q.name)
		}
	}
	p.askedAt = time.Now()
	return p.answer
}

// Ready answers 200 if nothing is lacking, and otherwise 503 with what is.
func (p *Process) Ready(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if lacking := p.Lacks(r.Context()); len(lacking) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(strings.Join(lacking, ", ")))
		return
	}
	_, _ = w.Write([]byte("ok"))
}

// Handler serves /healthz (the process lives), /readyz and /metrics.
func (p *Process) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	mux.HandleFunc("GET /readyz", p.Ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(p.Registry, promhttp.HandlerOpts{
		Timeout: scrapeTimeout, ErrorHandling: promhttp.ContinueOnError, Registry: p.Registry,
	}))
	return mux
}

// Serve serves Handler at an address until stop is called; an empty address serves nothing. This is never the
// public listener.
func (p *Process) Serve(address string) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: p.Handler(), ReadHeaderTimeout: probeTimeout, ReadTimeout: scrapeTimeout,
		WriteTimeout: 2 * scrapeTimeout}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.Lack("status listener")
		}
	}()
	return func() {
		_ = server.Close()
		<-ended
	}, nil
}
