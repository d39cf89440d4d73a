package activities_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// Every message to a customer has an outcome. Aliyun is asked about an SMS that it doesn't report about; one question
// that it refuses holds up no other one.
func TestOutcomesAreAskedFor(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	phone, _, a := phones(t, s)
	_, f, _ := filed(t, s)
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivity(a)
	for _, channel := range filing.Channels {
		_, err := env.ExecuteActivity(a.SendCode, activities.CodeRef{FilingID: f.ID, Channel: channel, Send: 1})
		require.NoError(t, err)
	}
	code, mail := store.CodeKey(f.ID, filing.SMS, 1), store.CodeKey(f.ID, filing.Mail, 1)
	for i := range 3 {
		require.NoError(t, s.BeginDelivery(ctx, fmt.Sprintf("never sent %d", i), filing.SMS, filingtest.Contact().Mobile, ""))
	}
	outcomes := func() map[string]filing.Delivery {
		list, err := s.Deliveries(ctx, code, mail, "never sent 0")
		require.NoError(t, err)
		require.Len(t, list, 3)
		return list
	}
	ask := func() error {
		value, err := env.ExecuteActivity(a.AskDeliveries)
		if err == nil {
			var more bool
			require.NoError(t, value.Get(&more))
			require.False(t, more)
		}
		return err
	}
	require.NoError(t, ask())
	require.Equal(t, filing.OutcomePending, outcomes()[code].Outcome, "it isn't due yet")

	s.SetClock(func() time.Time { return time.Now().Add(5 * time.Minute) })
	phone.Faults.Set(fault.Fault{Operation: "QuerySendDetails", Mode: fault.Fail, Code: "500", Times: 1})
	require.Error(t, ask())
	require.Equal(t, filing.OutcomePending, outcomes()[code].Outcome, "Aliyun is away: everything is left for the next run")

	phone.Faults.Set(fault.Fault{Operation: "QuerySendDetails", Mode: fault.Fail, Code: "isp.RAM_PERMISSION_DENY", Times: 2})
	require.ErrorContains(t, ask(), "RAM_PERMISSION_DENY")
	phone.Faults.Clear()
	s.SetClock(func() time.Time { return time.Now().Add(11 * time.Minute) })
	require.NoError(t, ask())
	require.Equal(t, filing.OutcomeDelivered, outcomes()[code].Outcome)
	require.Equal(t, filing.OutcomePending, outcomes()[mail].Outcome, "a mail server can't be asked")
	require.Equal(t, filing.OutcomePending, outcomes()["never sent 0"].Outcome, "it is asked again")
}
