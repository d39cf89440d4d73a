package worker

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"github.com/beian/beian/internal/observe"
)

// named adds to an activity's span its subject and step, under the names that log lines use.
type named struct {
	interceptor.WorkerInterceptorBase
}

func (*named) InterceptActivity(_ context.Context,
	next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &naming{interceptor.ActivityInboundInterceptorBase{Next: next}}
}

type naming struct {
	interceptor.ActivityInboundInterceptorBase
}

func (n *naming) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		info := activity.GetInfo(ctx)
		span.SetAttributes(attribute.String("beian.step", info.ActivityType.Name),
			attribute.Int("beian.attempt", int(info.Attempt)))
		if key, value, ok := observe.Subject(info.WorkflowExecution.ID); ok {
			span.SetAttributes(attribute.String("beian."+key, value))
		}
	}
	return n.Next.ExecuteActivity(ctx, in)
}
