package workflows_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

// reminded lists the reminders of a stage that went out, as "STAGE-DAYd".
func (w *world) reminded() (list []string) {
	for key := range w.notices {
		if rest, ok := strings.CutSuffix(key, "-sms"); ok && strings.Contains(key, "-waiting-") {
			list = append(list, rest[strings.LastIndex(rest[:strings.LastIndex(rest, "-")], "-")+1:])
		}
	}
	slices.Sort(list)
	return list
}

const dayOf = 24 * 60 // minutes

// Customers are reminded of a step of their own after 3, 7 and 14 days, and no longer once they moved on.
func TestCustomersAreRemindedOfTheirOwnSteps(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.siteIsFine()
	w.at(1, w.says(workflows.UpdateContact, workflows.ContactGiven{Version: 1, Actor: "customer:demo"}))
	w.at(5*dayOf, w.says(workflows.UpdateVerified, workflows.ByActor{Actor: "customer:demo"}))
	w.at(7*dayOf, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 1, Actor: "customer:demo"}))
	w.at(8*dayOf, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(60*dayOf, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Code: 1020}))
	w.at(120*dayOf, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 2, Actor: "customer:demo"}))
	w.at(121*dayOf, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 2}))
	w.at(140*dayOf, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 2, Approved: true}))
	w.runs(input)
	require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
	require.Equal(t, []string{"correcting-14d", "correcting-3d", "correcting-7d", "verifying-3d"}, w.reminded())
}

// Customers are asked for the footer at once, and then reminded; not while the system is still working on the
// site.
func TestCustomersAreRemindedOfTheFooter(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.submitted()
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything,
		mock.Anything).Return(activities.InstallResult{}, nil)
	start := w.env.Now()
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything,
		mock.Anything).Return(func(context.Context, activities.FilingRef) (activities.SiteResult, error) {
		return activities.SiteResult{CertificateServed: true, NumberShown: w.env.Now().Sub(start) > 9*day}, nil
	})
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(30, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true}))
	w.runs(input)
	require.Equal(t, []string{"installing-3d", "installing-7d"}, w.reminded())
}

// A refusal that the provider must fix asks nothing of the customer and sends no reminders; staff resubmit the
// same dossier.
func TestRefusalOfOursAsksNothingOfTheCustomer(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.siteIsFine()
	w.submitted()
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	// addresses that we didn't report
	w.at(30, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Code: 1063}))
	w.at(20*dayOf, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 2, Actor: "support:a"}))
	w.at(21*dayOf, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 2}))
	w.at(22*dayOf, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 2, Approved: true}))
	w.runs(input)
	require.Contains(t, w.notices, "filing-7-1-refused_ours-sms")
	require.Contains(t, w.notices, "filing-7-1-refused_ours-mail")
	require.NotContains(t, w.notices, "filing-7-1-refused-sms")
	require.Empty(t, w.reminded())
	i := slices.Index(w.stages, filing.Correcting)
	require.Positive(t, i)
	at := slices.IndexFunc(w.steps, func(p activities.Progress) bool { return p.Stage == filing.Correcting })
	require.Equal(t, filing.EventRefused, w.steps[at].EventKind)
	require.Equal(t, filing.AttentionRefusedOurs, *w.steps[at].Attention)
}
