package workflows

import (
	"context"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

// ExchangeNow runs an account's exchange at once, because somebody acted by hand and filings wait to hear of it.
// If one is running, another follows it: the running one may have sent its signals already.
func (c *Client) ExchangeNow(ctx context.Context, accountID int64) error {
	handle := c.temporal.ScheduleClient().GetHandle(ctx, exchangeID(accountID))
	if err := handle.Trigger(ctx,
		client.ScheduleTriggerOptions{Overlap: enums.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE}); err != nil {
		return fmt.Errorf("starting the exchange of account %d: %w", accountID, err)
	}
	return nil
}
