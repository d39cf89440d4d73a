package workflows

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
)

const (
	// brokenEvery is how soon broken code shows: the metrics tell sooner that it fails, this
	// tells what it holds up.
	brokenEvery = 2 * time.Minute
	// brokenTimeout bounds one check, so that a hanging one doesn't keep the next away.
	brokenTimeout = 15 * time.Minute
	brokenID      = "broken"
)

// BrokenCheck keeps which runs stand still because their code fails or doesn't fit their
// histories.
func BrokenCheck(ctx workflow.Context) error {
	return workflow.ExecuteActivity(countActivity(ctx), a.broken.CheckBroken).Get(ctx, nil)
}

// ScheduleBroken has broken code looked for from time to time.
func ScheduleBroken(ctx context.Context, c client.Client) error {
	return sweep{brokenID, BrokenCheck, brokenEvery, brokenTimeout}.schedule(ctx, c)
}
