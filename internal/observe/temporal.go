package observe

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
)

// latencies are the buckets of the SDK's timers, in seconds: a poll answers in milliseconds, an activity may take
// minutes.
var latencies = []float64{.005, .02, .1, .5, 1, 5, 15, 60, 300, 1800}

// Temporal makes a client report the SDK's metrics and, with tracing on, carry traces through workflows and
// activities.
func (p *Process) Temporal(o *client.Options) error {
	reader, err := exporter.New(exporter.WithRegisterer(p.Registry), exporter.WithoutScopeInfo(),
		exporter.WithoutTargetInfo())
	if err != nil {
		return fmt.Errorf("metrics of Temporal's SDK: %w", err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(reader), metric.WithView(metric.NewView(
		metric.Instrument{Kind: metric.InstrumentKindHistogram},
		metric.Stream{Aggregation: metric.AggregationExplicitBucketHistogram{Boundaries: latencies}})))
	o.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter: provider.Meter(scope), UseMonotonicCounters: true,
		OnError: otel.Handle, // a metric that can't be created must not end the process
	})
	if !Tracing() {
		return nil
	}
	tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer: otel.Tracer(scope), TextMapPropagator: propagation.TraceContext{}, DisableBaggage: true,
		AllowInvalidParentSpans: true,
		SpanStarter: func(ctx context.Context, t trace.Tracer, name string, opts ...trace.SpanStartOption) trace.Span {
			_, span := t.Start(ctx, name, opts...)
			return discreet{span}
		},
	})
	if err != nil {
		return err
	}
	o.Interceptors = append([]interceptor.ClientInterceptor{tracing}, o.Interceptors...)
	return nil
}

// discreet is a span that records an error's type, not its text: histories seal that text, and the tracing system
// mustn't see it either.
type discreet struct{ trace.Span }

// RecordError records the type.
func (s discreet) RecordError(err error, _ ...trace.EventOption) {
	if err != nil {
		s.SetAttributes(attribute.String("error.type", kindOf(err)))
	}
}

// SetStatus omits the text.
func (s discreet) SetStatus(code codes.Code, _ string) { s.Span.SetStatus(code, "") }

func kindOf(err error) string {
	var app *temporal.ApplicationError
	var timeout *temporal.TimeoutError
	var canceled *temporal.CanceledError
	switch {
	case errors.As(err, &app) && app.Type() != "":
		return app.Type()
	case errors.As(err, &timeout):
		return "timeout"
	case errors.As(err, &canceled), errors.Is(err, context.Canceled):
		return "canceled"
	}
	return fmt.Sprintf("%T", err)
}
