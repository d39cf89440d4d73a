package workflows_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

func (w *world) endsNumber() {
	w.env.OnActivity(filingActivities.EndNumber, mock.Anything,
		mock.Anything).Return(func(_ context.Context, p activities.Progress) error {
		w.steps, w.stages = append(w.steps, p), append(w.stages, p.Stage)
		return nil
	})
}

func followUp(kind filing.Kind) workflows.FilingInput {
	return workflows.FilingInput{FilingID: 8, OrderNumber: "D1", Kind: kind}
}

// A change needs no contact and no codes; the site is checked for what it changed.
func TestChangeGoesFromItsFormsToTheSite(t *testing.T) {
	w := newWorld(t)
	w.siteIsFine()
	w.at(1, w.isRefused(workflows.UpdateSubmit, workflows.Submission{Revision: 1, Kind: filing.KindNew}))
	w.at(2, w.isRefused(workflows.UpdateSubmit, workflows.Submission{Revision: 1, Kind: filing.KindEndSite}))
	w.at(3, w.says(workflows.UpdateSubmit,
		workflows.Submission{Revision: 1, Kind: filing.KindChange, Actor: "customer:demo"}))
	w.at(4, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 8, Revision: 1}))
	w.at(5, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 8, Revision: 1, Approved: true}))
	w.runs(followUp(filing.KindChange))
	require.Equal(t,
		[]filing.Stage{filing.Preparing, filing.Submitting, filing.Reviewing, filing.Installing, filing.Filed}, w.stages)
	require.Empty(t, w.aftercare, "the aftercare of the changed filing continues")
}

// A refused deregistration is corrected; once approved, it ends the number and touches no site.
func TestDeregistrationEndsTheNumber(t *testing.T) {
	w := newWorld(t)
	w.endsNumber()
	w.at(1, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 1, Kind: filing.KindEndHolder}))
	w.at(2, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 8, Revision: 1}))
	w.at(3, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 8, Revision: 1, Code: 1018}))
	w.at(4, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 2, Kind: filing.KindEndHolder}))
	w.at(5, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 8, Revision: 2}))
	w.at(6, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 8, Revision: 2, Approved: true}))
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything, mock.Anything).Return(activities.InstallResult{},
		nil).Never()
	w.runs(followUp(filing.KindEndHolder))
	require.Equal(t, []filing.Stage{filing.Preparing, filing.Submitting, filing.Reviewing, filing.Correcting,
		filing.Submitting, filing.Reviewing, filing.Deregistered}, w.stages)
	last := w.steps[len(w.steps)-1]
	require.Equal(t, filing.EventEnded, last.EventKind)
	require.Contains(t, w.notices, "filing-8-2-ended-sms")
}

func TestWithdrawnChangeLeavesTheFiling(t *testing.T) {
	w := newWorld(t)
	w.at(1, w.says(workflows.UpdateWithdraw, workflows.ByActor{Actor: "customer:demo"}))
	w.runs(followUp(filing.KindChange))
	require.Equal(t, []filing.Stage{filing.Preparing, filing.Withdrawn}, w.stages)
}

// An order's first filing may turn out to be a new site or access, never a follow-up; and it ignores what the
// bureau says about an earlier filing of the order.
func TestFirstFilingsKindComesWithTheDossier(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.siteIsFine()
	w.at(1, w.says(workflows.UpdateContact, workflows.ContactGiven{Version: 1}))
	w.at(2, w.says(workflows.UpdateVerified, workflows.ByActor{}))
	w.at(3, w.isRefused(workflows.UpdateSubmit, workflows.Submission{Revision: 1, Kind: filing.KindChange}))
	w.at(4, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 1, Kind: filing.KindNewSite}))
	w.at(5, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 3, Revision: 1, Code: 1002}))
	w.at(6, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(7, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true}))
	w.runs(input)
	require.NotContains(t, w.stages, filing.Correcting)
	require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
}
