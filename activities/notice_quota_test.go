package activities_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// A recipient gets so many notices a day; what is over goes out when the day is over, once, and codes go out all the
// time.
func TestTooManyNoticesWait(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now().Truncate(time.Second)
	s.SetClock(func() time.Time { return now })
	_, f, account := filed(t, s)
	s.LimitQuota(store.QuotaSMSNotice, store.ByRecipient, 2)
	phone, _, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	notify := func(key string) error {
		_, err := env.ExecuteActivity(effects.Notify, activities.Notice{FilingID: f.ID, Channel: filing.SMS,
			Template: message.Approved, Key: key})
		return err
	}
	phone.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: "isp.SYSTEM_ERROR", Times: 3})
	for range 3 {
		require.Error(t, notify("a"), "the service fails")
	}
	require.NoError(t, notify("a"), "and these tries took one of the quota")
	require.NoError(t, notify("b"))
	err := notify("c")
	app, is := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, is, "%v", err)
	require.Equal(t, activities.ReasonLimit, app.Type())
	require.False(t, app.NonRetryable())
	require.Equal(t, 24*time.Hour, app.NextRetryDelay().Round(time.Minute))
	require.Len(t, phone.Messages(), 2)
	require.NoError(t, notify("b"), "it went out before")

	// A notice of an ended filing waits as well, and holds up nobody.
	_, err = s.EndFilings(ctx, account, false, 7, "bureau")
	require.NoError(t, err)
	_, err = env.ExecuteActivity(effects.SendCustomerNotices)
	require.NoError(t, err)
	pending := func() int {
		list, err := s.PendingCustomerNotices(ctx, 9)
		require.NoError(t, err)
		return len(list)
	}
	require.Zero(t, pending())
	require.Len(t, phone.Messages(), 2)
	now = now.Add(24*time.Hour + 2*time.Second)
	require.Equal(t, 1, pending())
	_, err = env.ExecuteActivity(effects.SendCustomerNotices)
	require.NoError(t, err)
	require.NoError(t, notify("c"))
	require.Len(t, phone.Messages(), 4)
}
