package workflows

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
)

const (
	// brokenEvery is how often broken code is looked for. Metrics report failures sooner; this check finds the runs
	// that they block.
	brokenEvery = 2 * time.Minute
	// brokenTimeout bounds one check, so that a hanging one doesn't block the next.
	brokenTimeout = 15 * time.Minute
	brokenID      = "broken"
)

// BrokenCheck records the runs that are blocked because their code fails or doesn't match their histories.
func BrokenCheck(ctx workflow.Context) error {
	return workflow.ExecuteActivity(countActivity(ctx), a.broken.CheckBroken).Get(ctx, nil)
}

// ScheduleBroken schedules BrokenCheck.
func ScheduleBroken(ctx context.Context, c client.Client) error {
	return sweep{brokenID, BrokenCheck, brokenEvery, brokenTimeout}.schedule(ctx, c)
}
