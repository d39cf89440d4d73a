package app

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// registerAccounts stores the settings' accounts and schedules their exchanges; accounts no longer in the settings
// get no new filings and no exchange.
func registerAccounts(ctx context.Context, set config.Bureau, db *store.Store,
	temporal client.Client) (map[int64]activities.BureauAccount, error) {
	list, err := set.AccountList()
	if err != nil {
		return nil, err
	}
	accounts := map[int64]activities.BureauAccount{}
	var ids []int64
	for _, a := range list {
		id, err := db.EnsureAccount(ctx, a.Name, a.Provinces...)
		if err != nil {
			return nil, fmt.Errorf("storing the bureau account: %w", err)
		}
		if err := db.SetSMSVerificationHours(ctx, id, int(a.SMSVerification.Hours())); err != nil {
			return nil, err
		}
		driver := store.DriverInterface
		if a.Manual() {
			driver = store.DriverManual
		}
		if err := db.SetDriver(ctx, id, driver); err != nil {
			return nil, err
		}
		c, hours := a.Client()
		accounts[id] = activities.BureauAccount{Client: c, Hours: hours}
		ids = append(ids, id)
		if err := workflows.ScheduleExchange(ctx, temporal, id, set.Every); err != nil {
			return nil, fmt.Errorf("scheduling the exchange with the bureau: %w", err)
		}
	}
	if err := db.KeepAccounts(ctx, ids); err != nil {
		return nil, err
	}
	present, err := db.Accounts(ctx)
	for _, a := range present {
		if _, used := accounts[a.ID]; !used && err == nil {
			err = workflows.UnscheduleExchange(ctx, temporal, a.ID)
		}
	}
	return accounts, err
}
