package worker

import (
	"context"

	"go.temporal.io/sdk/interceptor"
)

// around runs code around every activity.
type around struct {
	interceptor.WorkerInterceptorBase
	run func(ctx context.Context, execute func(context.Context) (any, error)) (any, error)
}

func (a *around) InterceptActivity(_ context.Context,
	next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &surrounded{interceptor.ActivityInboundInterceptorBase{Next: next}, a}
}

type surrounded struct {
	interceptor.ActivityInboundInterceptorBase
	by *around
}

func (s *surrounded) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	return s.by.run(ctx, func(ctx context.Context) (any, error) { return s.Next.ExecuteActivity(ctx, in) })
}
