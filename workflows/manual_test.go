package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/mocks"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// actors maps kinds of timeline lines to the actor they name; if a kind occurs twice, the last one counts.
func (w *world) actors() map[string]string {
	list := map[string]string{}
	for _, s := range w.steps {
		list[string(s.EventKind)] = s.Actor
	}
	return list
}

// The timeline names who submitted and who recorded the result, or the bureau if nobody did.
func TestTimelineNamesWhoActedByHand(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.siteIsFine()
	w.submitted()
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1, Actor: "support:a"}))
	w.at(30,
		w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Code: 1002, Actor: "support:b"}))
	w.at(35, func() {
		require.Equal(t, map[string]string{"accepted": "support:a", "refused": "support:b"},
			map[string]string{"accepted": w.actors()["accepted"], "refused": w.actors()["refused"]})
	})
	w.at(40, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 2, Actor: "customer:demo"}))
	w.at(50, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 2, Actor: "support:c"}))
	// a late duplicate
	w.at(51, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1, Actor: "support:a"}))
	w.at(60,
		w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 2, Approved: true, Actor: "support:d"}))
	w.runs(input)
	require.Equal(t, "support:c", w.actors()["accepted"])
	require.Equal(t, "support:d", w.actors()["approved"])
	require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
}

func TestTimelineNamesTheBureauOtherwise(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.siteIsFine()
	w.submitted()
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(30, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Code: 1064}))
	w.at(40, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 2, Actor: "customer:demo"}))
	// its acceptance was never reported
	w.at(50,
		w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 2, Approved: true, Actor: "support:a"}))
	w.runs(input)
	require.Equal(t, "support:a", w.actors()["accepted"])
	for _, s := range w.steps {
		if s.EventKind == "refused" {
			require.Equal(t, "bureau", s.Actor)
		}
	}
}

// For a manual account, an exchange packs, sends and fetches nothing. It delivers what people recorded, even if
// the panel died before it could start an exchange.
func TestManualAccountsExchangeOnlySignals(t *testing.T) {
	c := newCounterpart(t)
	ctx := t.Context()
	require.NoError(t, c.db.SetDriver(ctx, c.account, store.DriverManual))
	seed(t, c.stand.Load())
	require.NoError(t, c.stand.Load().PushNotice("沪ICP备05000940号-1", "请更新联系电话"))
	c.add(t, "读书笔记")
	require.NoError(t, c.db.Advance(ctx,
		store.Progress{FilingID: 1, Seq: 2, Stage: filing.Submitting, Revision: 1, EventKind: "submitting", Actor: "test"}))
	for range 2 {
		result := c.exchange()
		require.Zero(t, result)
	}
	require.Zero(t, c.stand.Load().Sequence())
	require.Equal(t, []string{"submit"}, c.tasks(), "nothing was downloaded, and staff see what waits")
	require.Equal(t, 1, c.alerts, "once")

	list, err := c.db.ManualRecords(ctx, store.ManualFilter{}, 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoError(t, c.db.SubmitByHand(ctx, list[0].ID, "support:a"))
	waiting, err := c.db.UnsentSignals(ctx, 0, 10)
	require.NoError(t, err)
	require.Len(t, waiting, 1)
	c.exchange()
	c.settledSignals(t)
	require.Zero(t, c.stand.Load().Sequence())
	c.bureau.Temporal.(*mocks.Client).AssertCalled(t, "SignalWorkflow", mock.Anything, "filing/D1", "",
		workflows.SignalAccepted, mock.Anything)

	// A stopped account also delivers what was recorded.
	_, err = c.db.StopAccount(ctx, c.account, bureau.CodeGap)
	require.NoError(t, err)
	require.NoError(t, c.db.DecideByHand(ctx, list[0].ID, store.ManualDecision{Actor: "support:a", Opinion: "no"}))
	c.exchange()
	c.settledSignals(t)
}

func (c *counterpart) settledSignals(t *testing.T) {
	t.Helper()
	waiting, err := c.db.UnsentSignals(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Empty(t, waiting)
}

// A worker set to "by hand" calls nobody, even while the row doesn't say so yet, as during a deploy.
func TestAccountWithoutClientCallsNobody(t *testing.T) {
	c := newCounterpart(t)
	c.bureau.Accounts[c.account] = activities.BureauAccount{}
	c.add(t, "读书笔记")
	require.Zero(t, c.exchange())
	require.Zero(t, c.stand.Load().Sequence())
	accounts, err := c.db.Accounts(t.Context())
	require.NoError(t, err)
	require.Zero(t, accounts[0].LastSequence, "nothing is packed")
}
