package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// registerAccounts stores the settings' accounts; accounts no longer in the settings get no new filings.
func registerAccounts(ctx context.Context, set config.Bureau, db *store.Store) (map[int64]activities.BureauAccount,
	error) {
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
		if err := db.SetFilingPassword(ctx, id, a.FilingPassword == config.FilingPasswordRequired); err != nil {
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
		accounts[id] = activities.BureauAccount{Client: c, Hours: hours, ICPmm: a.ICPmm,
			EmergencyPhone: bureau.EmergencyPhone(a.EmergencyPhone)}
		ids = append(ids, id)
	}
	return accounts, db.KeepAccounts(ctx, ids)
}

// scheduleExchanges schedules the accounts' exchanges, and ends those of accounts no longer in the settings.
func scheduleExchanges(ctx context.Context, accounts map[int64]activities.BureauAccount, every time.Duration,
	db *store.Store, temporal client.Client) error {
	present, err := db.Accounts(ctx)
	for _, a := range present {
		if _, used := accounts[a.ID]; used {
			err = errors.Join(err, workflows.ScheduleExchange(ctx, temporal, a.ID, every))
		} else {
			err = errors.Join(err, workflows.UnscheduleExchange(ctx, temporal, a.ID))
		}
	}
	if err != nil {
		return fmt.Errorf("scheduling the exchanges with bureaus: %w", err)
	}
	return nil
}
