package workflows_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

// A replacement workflow continues in the stage of its row, whichever that is: no stage is entered twice, step
// numbers continue, and every later stage follows.
func TestRestartContinuesFromEveryStage(t *testing.T) {
	const revision, seq = 3, 20
	way := []filing.Stage{filing.Contact, filing.Verifying, filing.Preparing, filing.Vetting, filing.Submitting,
		filing.Reviewing, filing.Installing, filing.Filed}
	for _, stage := range append(way[:len(way)-1:len(way)-1], filing.Correcting) {
		t.Run(string(stage), func(t *testing.T) {
			w := newWorld(t)
			w.siteIsFine()
			w.restarts(activities.Restarted{Unsent: map[filing.Channel]int{"sms": 2}})
			current := revision
			follows := way[max(slices.Index(way, stage), 0)+1:]
			switch stage {
			case filing.Contact, filing.Verifying, filing.Preparing, filing.Correcting:
				current = revision + 1
				if stage == filing.Contact {
					w.at(1, w.says(workflows.UpdateContact, workflows.ContactGiven{Version: 1}))
				}
				if stage == filing.Contact || stage == filing.Verifying {
					w.codesGoOut()
					w.at(2, w.says(workflows.UpdateVerified, workflows.ByActor{}))
				}
				w.at(3, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: current}))
				if stage == filing.Correcting {
					follows = way[slices.Index(way, filing.Vetting):]
				}
			}
			if stage != filing.Installing && stage != filing.Reviewing && stage != filing.Submitting {
				w.at(4, w.says(workflows.UpdatePass, workflows.Verdict{Revision: current}))
			}
			// the bureau's signals are repeated, including those for the previous revision
			w.at(5, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: current - 1, Code: 1020}))
			w.at(5, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: current}))
			w.at(6, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: current, Approved: true}))
			in := input
			in.Vetting, in.From = true, &filing.Position{Stage: stage, Revision: revision, Seq: seq, Attention: "refused"}
			w.runs(in)
			require.Equal(t, follows, w.stages)
			require.Equal(t, filing.EventRestarted, w.steps[0].EventKind)
			require.NotNil(t, w.steps[0].Stuck)
			require.False(t, *w.steps[0].Stuck, "the stuck step is retried")
			for i, s := range w.steps {
				require.EqualValues(t, seq+i+1, s.Seq)
			}
			codes := map[filing.Stage]int{filing.Contact: 2, filing.Verifying: 1} // then only codes that didn't go out
			w.env.AssertNumberOfCalls(t, "SendCode", codes[stage])
			if stage == filing.Correcting {
				require.Contains(t, w.notices, "filing-7-3-refused-sms", "a notice that didn't go out is sent")
			}
			require.Equal(t, []int64{7}, w.aftercare)
		})
	}
}

// restarts lets the row answer a new workflow.
func (w *world) restarts(row activities.Restarted) {
	w.env.OnActivity(filingActivities.Restart, mock.Anything,
		mock.Anything).Return(func(ctx context.Context, p activities.Progress) (activities.Restarted, error) {
		return row, w.note(ctx, p)
	}).Once()
}

// A filing that moved on or ended since its row was read gets no second workflow.
func TestRestartLeavesFilingsThatMovedOn(t *testing.T) {
	w := newWorld(t)
	w.env.OnActivity(filingActivities.Restart, mock.Anything, mock.Anything).Return(activities.Restarted{MovedOn: true},
		nil).Once()
	in := input
	in.From = &filing.Position{Stage: filing.Preparing, Revision: 1, Seq: 9}
	w.runs(in)
	require.Empty(t, w.stages)

	w = newWorld(t)
	in.From = &filing.Position{Stage: filing.Filed, Revision: 1, Seq: 9}
	w.runs(in)
	require.Empty(t, w.stages)
}

// Customers who entered both codes before the workflow was lost needn't again; a verdict that comes at once
// counts.
func TestEarlierInputCountsAfterRestart(t *testing.T) {
	w := newWorld(t)
	w.restarts(activities.Restarted{Verified: true})
	w.at(1, w.says(workflows.UpdateWithdraw, workflows.ByActor{}))
	in := input
	in.From = &filing.Position{Stage: filing.Verifying, Seq: 3}
	w.runs(in)
	require.Equal(t, []filing.Stage{filing.Preparing, filing.Withdrawn}, w.stages)

	w = newWorld(t)
	w.siteIsFine()
	w.env.OnActivity(filingActivities.Restart, mock.Anything,
		mock.Anything).After(2*time.Second).Return(activities.Restarted{}, nil).Once()
	w.env.RegisterDelayedCallback(w.says(workflows.UpdatePass, workflows.Verdict{Revision: 1}), time.Second)
	w.at(5, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true}))
	in.Vetting, in.From = true, &filing.Position{Stage: filing.Vetting, Revision: 1, Seq: 3}
	w.runs(in)
	require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
}

// A registration whose workflow is gone checks the site again.
func TestRestartedRegistrationContinues(t *testing.T) {
	w := newWorld(t)
	w.siteIsFine()
	w.restarts(activities.Restarted{})
	in := input
	in.Kind, in.From = filing.KindRegister, &filing.Position{Stage: filing.Installing, Seq: 5, Kind: filing.KindRegister}
	w.runs(in)
	require.Equal(t, []filing.Stage{filing.Filed}, w.stages)
	require.Equal(t, []string{"restarted", "filed"}, w.kinds())
}
