package workflows

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
)

const (
	// deliveryEvery is how often Aliyun is asked about SMS whose receipts are due: people wait for their codes.
	deliveryEvery = time.Minute
	// deliveryTimeout bounds a run, so that a hanging one doesn't block the next.
	deliveryTimeout = 15 * time.Minute
	// deliveryRounds bounds a run's activities; the next run takes the rest.
	deliveryRounds = 20
	deliveryID     = "deliveries"
)

// DeliverySweep asks what became of the SMS that nobody reported about. A failure is left to the next run.
func DeliverySweep(ctx workflow.Context) error {
	for range deliveryRounds {
		var more bool
		if err := workflow.ExecuteActivity(askActivity(ctx), a.message.AskDeliveries).Get(ctx, &more); err != nil || !more {
			return err
		}
	}
	return nil
}

// ScheduleDeliveries schedules DeliverySweep.
func ScheduleDeliveries(ctx context.Context, c client.Client) error {
	return sweep{deliveryID, DeliverySweep, deliveryEvery, deliveryTimeout}.schedule(ctx, c)
}
