package workflows_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

// announced lists the days after which the withdrawal was announced, by mail and SMS at once.
func (w *world) announced() (mails, sms int) {
	for key := range w.notices {
		if strings.Contains(key, "-abandoning-") {
			if strings.HasSuffix(key, "-mail") {
				mails++
			} else {
				sms++
			}
		}
	}
	return mails, sms
}

func (w *world) left(days int) (n int) {
	for key, left := range w.notices {
		if strings.Contains(key, "-abandoning-") && left == days {
			n++
		}
	}
	return n
}

// A filing that nobody touches for a year is withdrawn in every stage in which only the customer can go on, after
// two notices; what happens meanwhile starts the year again.
func TestAbandonedFilingsAreWithdrawn(t *testing.T) {
	for _, stage := range []filing.Stage{filing.Contact, filing.Verifying, filing.Preparing, filing.Correcting} {
		t.Run(string(stage), func(t *testing.T) {
			w := newWorld(t)
			begun := w.env.Now()
			w.idle = activities.Idle{Since: begun, Limit: 365 * day}
			in := input
			if stage != filing.Contact {
				w.restarts(activities.Restarted{})
				in.From = &filing.Position{Stage: stage, Revision: 1, Seq: 3, Attention: filing.AttentionSentBack}
			}
			w.at(200*dayOf, func() { w.idle.Since = w.env.Now() }) // a form is saved
			w.runs(in)
			require.Equal(t, []filing.Stage{filing.Withdrawn}, w.stages[len(w.stages)-1:])
			require.Equal(t, 565, int(w.env.Now().Sub(begun)/day))
			mails, sms := w.announced()
			require.Equal(t, []int{2, 2, 2, 2}, []int{mails, sms, w.left(30), w.left(7)})
			last := w.steps[len(w.steps)-1]
			require.Equal(t, "system", last.Actor)
			var told []string
			for _, p := range w.steps {
				if p.EventKind == filing.EventAbandonAnnounced {
					told = append(told, p.Detail[:10])
				}
			}
			end := begun.UTC().Add(565 * day).Format("2006-01-02")
			require.Equal(t, []string{end, end}, told)
		})
	}
}

// Somebody who comes back after the last notice is announced anew a year later; a limit that was just lowered doesn't
// shorten what was announced.
func TestEachNoticeLeavesItsTime(t *testing.T) {
	w := newWorld(t)
	begun := w.env.Now()
	w.idle = activities.Idle{Since: begun.Add(-1000 * day), Limit: 365 * day}
	w.restarts(activities.Restarted{})
	in := input
	in.From = &filing.Position{Stage: filing.Preparing, Seq: 3}
	w.at(36*dayOf, func() { w.idle.Since = w.env.Now() }) // eight days before the end
	w.runs(in)
	require.Equal(t, 36+365, int(w.env.Now().Sub(begun)/day))
	mails, _ := w.announced()
	require.Equal(t, 3, mails)
}

// Nothing is withdrawn that waits for staff or is with the bureau, nor with the setting 0.
func TestWhatOthersHoldIsNotWithdrawn(t *testing.T) {
	for name, c := range map[string]struct {
		from  filing.Position
		limit int
	}{
		"vetting":    {filing.Position{Stage: filing.Vetting, Revision: 1, Seq: 3}, 365},
		"submitting": {filing.Position{Stage: filing.Submitting, Revision: 1, Seq: 3}, 365},
		"reviewing":  {filing.Position{Stage: filing.Reviewing, Revision: 1, Seq: 3}, 365},
		"ours": {filing.Position{Stage: filing.Correcting, Revision: 1, Seq: 3,
			Attention: filing.AttentionRefusedOurs}, 365},
		"off": {filing.Position{Stage: filing.Preparing, Seq: 3}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.idle = activities.Idle{Since: w.env.Now(), Limit: time.Duration(c.limit) * day}
			w.restarts(activities.Restarted{})
			in := input
			in.Vetting, in.From = true, &c.from
			w.env.RegisterDelayedCallback(w.env.CancelWorkflow, 1500*day)
			w.env.ExecuteWorkflow(workflows.Filing, in)
			require.NotContains(t, w.stages, filing.Withdrawn)
			mails, _ := w.announced()
			require.Zero(t, mails)
		})
	}
}

// The next run knows which notices went out.
func TestAnnouncementsAreCarriedOn(t *testing.T) {
	w := newWorld(t)
	begun := w.env.Now()
	w.idle = activities.Idle{Since: begun, Limit: 365 * day}
	w.at(340*dayOf, func() { w.env.SetCurrentHistoryLength(1 << 20) })
	w.env.ExecuteWorkflow(workflows.Filing, input)
	next := carriedOn(t, w)
	require.Equal(t, filing.Contact, next.Carried.At.Stage)

	second := newWorld(t)
	second.idle = w.idle
	second.env.SetStartTime(w.env.Now())
	second.runs(next)
	mails, _ := second.announced()
	require.Equal(t, []int{1, 2}, []int{mails, second.left(7)})
	require.Equal(t, []filing.Stage{filing.Withdrawn}, second.stages)
	require.Equal(t, 365, int(second.env.Now().Sub(begun)/day))
}

// A site that never shows the number is looked at weekly after a while; the next run keeps the rhythm and reminds of
// nothing again.
func TestSiteChecksAreCarriedOn(t *testing.T) {
	w := newWorld(t)
	looks := w.siteIsIncomplete()
	w.restarts(activities.Restarted{})
	in := input
	in.From = &filing.Position{Stage: filing.Installing, Revision: 1, Seq: 3}
	w.at(400*dayOf, func() { w.env.SetCurrentHistoryLength(1 << 20) })
	w.env.ExecuteWorkflow(workflows.Filing, in)
	next := carriedOn(t, w)
	require.Greater(t, next.Carried.Site.Round, 100)
	require.Equal(t, []string{"installing-14d", "installing-3d", "installing-7d"}, w.reminded())
	require.Less(t, *looks, 11+90+52)

	second := newWorld(t)
	again := second.siteIsIncomplete()
	second.env.SetStartTime(w.env.Now())
	second.at(1, func() { second.env.SignalWorkflow(workflows.SignalSiteCheck, workflows.SiteCheck{FilingID: 7}) })
	second.at(2, func() { second.env.SetCurrentHistoryLength(1 << 20) })
	second.env.ExecuteWorkflow(workflows.Filing, next)
	third := carriedOn(t, second)
	require.Equal(t, 1, *again, "somebody asked")
	require.Equal(t, next.Carried.Site.Round+1, third.Carried.Site.Round)
	require.Equal(t, 7, int(third.Carried.Site.NextCheck.Sub(second.env.Now())/day)+1)
	require.Empty(t, second.reminded())
	require.Empty(t, second.aftercare)
	require.False(t, slices.Contains(second.kinds(), "approved"))
}

// siteIsIncomplete lets the site never show the number, and counts the looks at it.
func (w *world) siteIsIncomplete() (looks *int) {
	looks = new(int)
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything, mock.Anything).Return(
		activities.InstallResult{}, nil).Maybe()
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything, mock.Anything).Return(
		func(context.Context, activities.FilingRef) (activities.SiteResult, error) {
			*looks++
			return activities.SiteResult{CertificateServed: true}, nil
		})
	return looks
}

// carriedOn is the next run's input.
func carriedOn(t *testing.T, w *world) (next workflows.FilingInput) {
	t.Helper()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, w.env.GetWorkflowError(), &again)
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	require.NotNil(t, next.Carried)
	return next
}
