package workflows

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
)

const (
	// figuresEvery is how soon a day is counted after its end; until then the console counts it on demand.
	figuresEvery = 15 * time.Minute
	// figuresTimeout bounds a run: the first one on an existing installation counts a year.
	figuresTimeout = 2 * time.Hour
	figuresID      = "figures"
)

// FigureDays counts completed days for the support console's figures, each once; a day that fails is left to the
// next run.
func FigureDays(ctx workflow.Context) error {
	for {
		var left int
		if err := workflow.ExecuteActivity(countActivity(ctx), a.filing.CountDays).Get(ctx, &left); err != nil || left == 0 {
			return err
		}
	}
}

// ScheduleFigures schedules FigureDays.
func ScheduleFigures(ctx context.Context, c client.Client) error {
	return sweep{figuresID, FigureDays, figuresEvery, figuresTimeout}.schedule(ctx, c)
}
