package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

// Whoever reaches Temporal with a well-formed, sealed message moves a filing past no check: each Update and signal that
// would is looked up in the database.
func TestMadeUpMessagesMoveNoFiling(t *testing.T) {
	for name, c := range map[string]struct {
		from  filing.Stage
		say   string
		arg   any
		claim activities.Claim
	}{
		"contact":  {"", workflows.UpdateContact, workflows.ContactGiven{Version: 1}, activities.ClaimContact},
		"verified": {filing.Verifying, workflows.UpdateVerified, workflows.ByActor{}, activities.ClaimVerified},
		"submit": {filing.Preparing, workflows.UpdateSubmit, workflows.Submission{Revision: 2},
			activities.ClaimSubmitted},
		"correct": {filing.Correcting, workflows.UpdateSubmit, workflows.Submission{Revision: 2},
			activities.ClaimSubmitted},
		"pass":      {filing.Vetting, workflows.UpdatePass, workflows.Verdict{Revision: 1}, activities.ClaimPassed},
		"send back": {filing.Vetting, workflows.UpdateSendBack, workflows.Verdict{Revision: 1}, activities.ClaimSentBack},
		"accepted": {filing.Submitting, workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1},
			activities.ClaimSignalled},
		"decided": {filing.Reviewing, workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true},
			activities.ClaimSignalled},
	} {
		t.Run(name, func(t *testing.T) {
			tell := func(bornOut bool) (*world, bool) {
				w := newWorld(t)
				w.mayGoOn()
				asked, refused := 0, false
				w.isTrue = func(f activities.Fact) bool {
					require.Equal(t, c.claim, f.Claim)
					require.EqualValues(t, 7, f.FilingID)
					asked++
					return bornOut
				}
				in := input
				in.Vetting = true
				if c.from != "" {
					w.restarts(activities.Restarted{})
					in.From = &filing.Position{Stage: c.from, Revision: 1, Seq: 3}
				}
				w.at(1, func() {
					if c.claim == activities.ClaimSignalled {
						w.env.SignalWorkflow(c.say, c.arg)
						return
					}
					w.env.UpdateWorkflow(c.say, "", &testsuite.TestUpdateCallback{
						OnAccept: func() {}, OnReject: func(err error) { require.NoError(t, err) },
						OnComplete: func(_ any, err error) { refused = err != nil },
					}, c.arg)
				})
				w.at(3, w.env.CancelWorkflow)
				w.env.ExecuteWorkflow(workflows.Filing, in)
				require.Equal(t, 1, asked)
				return w, refused
			}
			w, refused := tell(false)
			for _, stage := range w.stages {
				require.Equal(t, filing.Contact, stage)
			}
			require.Equal(t, c.claim != activities.ClaimSignalled, refused)
			w, refused = tell(true)
			require.NotEmpty(t, w.stages)
			require.NotEqual(t, filing.Contact, w.stages[len(w.stages)-1], "a true one moves it")
			require.False(t, refused)
		})
	}
}

// mayGoOn is codesGoOut and siteIsFine for a filing that may not get there.
func (w *world) mayGoOn() {
	w.env.OnActivity(messageActivities.SendCode, mock.Anything, mock.Anything).Return(nil).Maybe()
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything,
		mock.Anything).Return(activities.InstallResult{}, nil).Maybe()
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything,
		mock.Anything).Return(activities.SiteResult{CertificateServed: true, NumberShown: true}, nil).Maybe()
}

// The content of one message, sent as another, is none.
func TestMessagesAreOnlyWhatTheyWereSentAs(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.at(1, w.says(workflows.UpdateContact, activities.Address(workflows.UpdateContact, workflows.ContactGiven{Version: 1})))
	w.at(2, w.isRefused(workflows.UpdateVerified, activities.Address(workflows.UpdateCheckSite, workflows.ByActor{})))
	w.at(3, w.says(workflows.UpdateVerified, activities.Address(workflows.UpdateVerified, workflows.ByActor{})))
	w.at(4, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 1})) // as v0.1.0 sends it
	w.at(5, w.signals(workflows.SignalDecided,
		activities.Address(workflows.SignalAccepted, workflows.Decided{FilingID: 7, Revision: 1, Approved: true})))
	w.at(6, w.env.CancelWorkflow)
	w.env.ExecuteWorkflow(workflows.Filing, input)
	require.Equal(t, filing.Submitting, w.stages[len(w.stages)-1])
}
