package workflows

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
)

const (
	// figuresEvery is how soon after its end a day is counted; until then the console counts
	// it whenever it is asked.
	figuresEvery = 15 * time.Minute
	// figuresTimeout bounds a run: the first on an old installation counts a year.
	figuresTimeout = 2 * time.Hour
	figuresID      = "figures"
)

// FigureDays counts the days that are over for the support console's figures. A day that was
// counted isn't again; one that fails is left to the next run.
func FigureDays(ctx workflow.Context) error {
	for {
		var left int
		if err := workflow.ExecuteActivity(countActivity(ctx), a.filing.CountDays).Get(ctx, &left); err != nil || left == 0 {
			return err
		}
	}
}

// ScheduleFigures has days counted once they are over.
func ScheduleFigures(ctx context.Context, c client.Client) error {
	return sweep{figuresID, FigureDays, figuresEvery, figuresTimeout}.schedule(ctx, c)
}
