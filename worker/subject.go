package worker

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"

	"github.com/beian/beian/internal/observe"
)

// named adds to an activity's span its subject and step, under the names that log lines use.
func named(ctx context.Context, execute func(context.Context) (any, error)) (any, error) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		info := activity.GetInfo(ctx)
		span.SetAttributes(attribute.String("beian.step", info.ActivityType.Name),
			attribute.Int("beian.attempt", int(info.Attempt)))
		if key, value, ok := observe.Subject(info.WorkflowExecution.ID); ok {
			span.SetAttributes(attribute.String("beian."+key, value))
		}
	}
	return execute(ctx)
}
