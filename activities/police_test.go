package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/testdb"
)

// A reminder goes out once for its key, with the days left, and not once the number is recorded, its time is over,
// or the order was filed again.
func TestReminderOfThePublicSecurityFiling(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	approved := time.Now() // the time runs from the approval
	order, f, _ := filed(t, s)
	phone, _, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	env.RegisterActivity(&activities.Filing{Store: s})
	var due activities.PoliceDue
	value, err := env.ExecuteActivity((&activities.Filing{}).PoliceDue, activities.FilingRef{FilingID: f.ID})
	require.NoError(t, err)
	require.NoError(t, value.Get(&due))
	require.True(t, due.Due)
	require.Equal(t, order.ID, due.OrderID)

	remind := func(days int, key string, since time.Time) {
		s.SetClock(func() time.Time { return approved.AddDate(0, 0, days) })
		_, err := env.ExecuteActivity(effects.RemindPolice,
			activities.PoliceReminder{FilingID: f.ID, Channel: "sms", Template: "police", Since: since, Key: key})
		require.NoError(t, err)
	}
	remind(3, "a", due.Since)
	remind(3, "a", due.Since)
	require.Len(t, phone.Messages(), 1, "once for its key")
	require.Equal(t, map[string]string{"order": "D1", "left": "28"}, phone.Messages()[0].Params,
		"what is left of the day counts")
	remind(4, "b", due.Since.Add(time.Hour))
	remind(31, "c", due.Since)
	require.Len(t, phone.Messages(), 1)
	require.NoError(t, s.DeclinePolice(ctx, f.ID, "customer:demo"))
	remind(15, "d", due.Since)
	require.Len(t, phone.Messages(), 1)
}
