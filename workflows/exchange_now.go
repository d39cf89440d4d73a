package workflows

import (
	"context"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

// ExchangeNow has an account's exchange run at once instead of at its next
// time: people did something by hand that filings wait to hear of. When one runs
// already, another comes after it, because the first may have told what there
// was before.
func (c *Client) ExchangeNow(ctx context.Context, accountID int64) error {
	handle := c.temporal.ScheduleClient().GetHandle(ctx, exchangeID(accountID))
	if err := handle.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enums.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE}); err != nil {
		return fmt.Errorf("starting the exchange of account %d: %w", accountID, err)
	}
	return nil
}
