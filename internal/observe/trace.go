package observe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"

	"github.com/beian/beian/internal/build"
)

// flushTimeout bounds the sending of the last spans when a process ends.
const flushTimeout = 5 * time.Second

// StartTracing sends spans where the standard OTEL_* variables say; without OTEL_TRACES_EXPORTER=otlp it does
// nothing. The libraries read address, headers, TLS, sampling and resource attributes from those variables. stop
// sends the remaining spans.
func StartTracing(ctx context.Context, service string) (stop func(), err error) {
	out, err := exporterOf(ctx)
	if err != nil || out == nil {
		return func() {}, err
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(semconv.ServiceName(service), semconv.ServiceVersion(build.ID())),
		resource.WithTelemetrySDK(), resource.WithHost(),
		resource.WithFromEnv()) // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence
	if err != nil {
		return nil, err
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(out), trace.WithResource(about))
	otel.SetTracerProvider(provider)
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			otel.Handle(err)
		}
	}, nil
}

// Tracing reports whether spans are exported.
func Tracing() bool {
	_, on := otel.GetTracerProvider().(*trace.TracerProvider)
	return on
}

// exporterOf is nil if spans aren't exported.
func exporterOf(ctx context.Context) (trace.SpanExporter, error) {
	if os.Getenv("OTEL_SDK_DISABLED") == "true" {
		return nil, nil
	}
	switch name := os.Getenv("OTEL_TRACES_EXPORTER"); name {
	case "", "none":
		return nil, nil
	case "otlp":
	default:
		return nil, fmt.Errorf("OTEL_TRACES_EXPORTER: %q is not supported; want otlp or none", name)
	}
	switch cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL")) {
	case "", "http/protobuf":
		return otlptracehttp.New(ctx)
	case "grpc":
		return otlptracegrpc.New(ctx)
	}
	return nil, errors.New("OTEL_EXPORTER_OTLP_PROTOCOL: want http/protobuf or grpc")
}
