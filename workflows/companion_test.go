package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

var companionInput = workflows.FilingInput{FilingID: 9, OrderNumber: "D1", Companion: true}

// A companion needs neither contact nor codes. What comes back because of another site goes again by itself, without
// vetting or messages.
func TestCompanionIsSubmittedAgainByItself(t *testing.T) {
	w := newWorld(t)
	w.siteIsFine()
	w.at(1, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 1, Kind: filing.KindNew, Actor: "customer:demo"}))
	w.at(2, w.says(workflows.UpdatePass, workflows.Verdict{Revision: 1, Actor: "support:a"}))
	w.at(3, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 9, Revision: 1}))
	w.at(4, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 9, Revision: 1, Code: 1002, Returned: true}))
	w.at(5, w.signals(workflows.SignalResubmitted, workflows.Resubmitted{FilingID: 8, Revision: 2})) // another's
	w.at(30*24*60, w.signals(workflows.SignalResubmitted, workflows.Resubmitted{FilingID: 9, Revision: 2}))
	w.at(30*24*60+1, w.signals(workflows.SignalResubmitted, workflows.Resubmitted{FilingID: 9, Revision: 2})) // twice
	w.at(30*24*60+2, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 9, Revision: 2}))
	w.at(30*24*60+3, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 9, Revision: 2, Approved: true}))
	in := companionInput
	in.Vetting = true
	w.runs(in)
	require.Equal(t, []filing.Stage{filing.Preparing, filing.Vetting, filing.Submitting, filing.Reviewing, filing.Correcting,
		filing.Submitting, filing.Reviewing, filing.Installing, filing.Filed}, w.stages)
	require.Equal(t, filing.EventSiteOpened, w.steps[0].EventKind)
	for key := range w.notices {
		require.NotContains(t, key, "refused")
		require.NotContains(t, key, "waiting", "nothing is asked of the customer here")
	}
	require.Equal(t, []int64{9}, w.aftercare, "each site has a public-security filing of its own")
}

// What the signal reports may arrive before the bureau's decision is heard.
func TestResubmissionOvertakesTheDecision(t *testing.T) {
	w := newWorld(t)
	w.siteIsFine()
	w.at(1, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 1, Kind: filing.KindNew, Actor: "customer:demo"}))
	w.at(3, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 9, Revision: 1}))
	w.at(4, w.signals(workflows.SignalResubmitted, workflows.Resubmitted{FilingID: 9, Revision: 2}))
	w.at(5, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 9, Revision: 1, Code: 1002, Returned: true}))
	w.at(6, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 9, Revision: 2, Approved: true}))
	w.runs(companionInput)
	require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
}

// A made-up signal doesn't move a filing past vetting.
func TestResubmissionIsLookedUp(t *testing.T) {
	w := newWorld(t)
	w.isTrue = func(f activities.Fact) bool { return f.Signal != workflows.SignalResubmitted }
	w.at(1, w.signals(workflows.SignalResubmitted, workflows.Resubmitted{FilingID: 9, Revision: 1}))
	w.at(2, w.says(workflows.UpdateWithdraw, workflows.ByActor{Actor: "customer:demo"}))
	in := companionInput
	in.Vetting = true
	w.runs(in)
	require.Equal(t, []filing.Stage{filing.Preparing, filing.Withdrawn}, w.stages)
}

// The row says whether a filing begins with its forms.
func TestCompanionIsKnownByItsRow(t *testing.T) {
	in := workflows.InputOf(9, "D1", filing.Position{Stage: filing.Preparing, Kind: filing.KindNewSite})
	require.True(t, in.Companion)
	require.Nil(t, in.From)
	require.False(t, workflows.InputOf(9, "D1", filing.Position{Stage: filing.Contact}).Companion)
	require.False(t, workflows.InputOf(9, "D1", filing.Position{Stage: filing.Preparing, Kind: filing.KindChange}).Companion)
	require.False(t, workflows.InputOf(9, "D1", filing.Position{Stage: filing.Preparing, Seq: 3}).Companion)
}
