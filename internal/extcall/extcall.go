// Package extcall observes calls to external systems: each is a span of its trace, and is counted by its result.
// Neither contains what was sent, to whom, or what the answer said.
package extcall

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// System is the called system.
type System string

// The systems.
const (
	// SMS is Aliyun's service.
	SMS System = "sms"
	// Mail is the mail server.
	Mail System = "mail"
	// Bureau is the bureau's interface; its operations are the interface's methods.
	Bureau System = "bureau"
	// WebSpace is a customer's web space, over FTP or SFTP.
	WebSpace System = "web_space"
	// Site is a customer's site, over HTTP.
	Site System = "site"
	// Registry is a domain registry, over RDAP.
	Registry System = "registry"
	// Webhook is a system of the provider's that receives events.
	Webhook System = "webhook"
)

// OK is the result of a successful call. Other results are each system's own few words.
const OK = "ok"

// scope names the spans' origin.
const scope = "github.com/beian/beian"

var (
	calls = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "beian_external_calls_total", Help: "Calls to external systems, by system, operation and result.",
	}, []string{"system", "operation", "result"})
	seconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "beian_external_call_seconds", Help: "Duration of calls to external systems.",
		Buckets: []float64{.05, .2, .5, 1, 2, 5, 10, 30, 60, 240},
	}, []string{"system", "operation"})
)

// Collectors are the metrics, for a registry.
func Collectors() []prometheus.Collector { return []prometheus.Collector{calls, seconds} }

// Begin starts a call; done must be called with its result.
func Begin(ctx context.Context, system System, operation string) (_ context.Context, done func(result string)) {
	start := time.Now()
	ctx, span := otel.Tracer(scope).Start(ctx, string(system)+" "+operation, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("beian.system", string(system)),
			attribute.String("beian.operation", operation)))
	return ctx, func(result string) {
		calls.WithLabelValues(string(system), operation, result).Inc()
		seconds.WithLabelValues(string(system), operation).Observe(time.Since(start).Seconds())
		span.SetAttributes(attribute.String("beian.result", result))
		if result != OK {
			span.SetStatus(codes.Error, result)
		}
		span.End()
	}
}
