package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

var registerInput = workflows.FilingInput{FilingID: 9, OrderNumber: "D1", Kind: filing.KindRegister}

// A registered number needs no contact, codes, bureau or approval; its completion is announced at the account's
// addresses.
func TestRegisteredNumberGoesStraightToTheSite(t *testing.T) {
	w := newWorld(t)
	w.siteIsFine()
	w.runs(registerInput)
	require.Equal(t, []filing.Stage{filing.Installing, filing.Filed}, w.stages)
	require.Len(t, w.notices, 2)
	require.Contains(t, w.notices, "filing-9-0-filed-sms")
	require.Equal(t, []string{"register_installing", "filed"}, w.kinds())
	w.env.AssertNotCalled(t, "QueueRecord", mock.Anything, mock.Anything)
	require.Empty(t, w.aftercare)
}

func TestRegistrationWaitsForTheFooterAndCanBeWithdrawn(t *testing.T) {
	w := newWorld(t)
	looks := 0
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything,
		mock.Anything).Return(activities.InstallResult{}, nil)
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything,
		mock.Anything).Return(func(context.Context, activities.FilingRef) (activities.SiteResult, error) {
		looks++
		return activities.SiteResult{CertificateServed: true}, nil
	})
	w.at(1, w.isRefused(workflows.UpdateSubmit, workflows.Submission{Revision: 1, Kind: filing.KindRegister}))
	w.at(24*60, w.says(workflows.UpdateWithdraw, workflows.ByActor{Actor: "customer:demo"}))
	w.at(24*60+1, w.isRefused(workflows.UpdateWithdraw, workflows.ByActor{Actor: "customer:demo"}))
	start := w.env.Now()
	w.runs(registerInput)
	require.Equal(t, []filing.Stage{filing.Installing, filing.Withdrawn}, w.stages)
	require.Greater(t, looks, 5)
	require.WithinDuration(t, start.Add(24*time.Hour), w.env.Now(), time.Hour, "it ends the wait for the next check")
	require.Len(t, w.notices, 2)
	require.Contains(t, w.notices, "filing-9-0-footer_needed-mail")
}

// Withdrawing doesn't wait for an upload that is being retried.
func TestRegistrationIsWithdrawnWhileTheUploadFails(t *testing.T) {
	w := newWorld(t)
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything, mock.Anything).
		Return(activities.InstallResult{}, temporal.NewApplicationError("away", activities.ReasonUnreachable))
	w.at(1, w.says(workflows.UpdateWithdraw, workflows.ByActor{Actor: "customer:demo"}))
	start := w.env.Now()
	w.runs(registerInput)
	require.Equal(t, filing.Withdrawn, w.stages[len(w.stages)-1])
	require.WithinDuration(t, start, w.env.Now(), 10*time.Minute)
}

func TestStuckRegistrationIsWithdrawn(t *testing.T) {
	w := newWorld(t)
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything, mock.Anything).
		Return(activities.InstallResult{}, temporal.NewNonRetryableApplicationError("no", activities.ReasonLogin, nil))
	w.at(5, w.says(workflows.UpdateWithdraw, workflows.ByActor{Actor: "customer:demo"}))
	w.runs(registerInput)
	require.Contains(t, w.kinds(), "stuck")
	last := w.steps[len(w.steps)-1]
	require.Equal(t, filing.Withdrawn, last.Stage)
	require.False(t, *last.Stuck)
}

// aftercare runs the reminders' workflow in the test environment; due answers whether the number is still missing.
func aftercare(t *testing.T, due func(since, now time.Time) activities.PoliceDue) map[string]time.Duration {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.RegisterActivity(&activities.Filing{})
	env.RegisterActivity(&activities.Message{})
	since := env.Now().Add(-time.Minute)
	sent := map[string]time.Duration{}
	env.OnActivity(filingActivities.PoliceDue, mock.Anything,
		mock.Anything).Return(func(context.Context, activities.FilingRef) (activities.PoliceDue, error) {
		return due(since, env.Now()), nil
	})
	env.OnActivity(messageActivities.RemindPolice, mock.Anything,
		mock.Anything).Return(func(_ context.Context, r activities.PoliceReminder) error {
		require.True(t, r.Since.Equal(since))
		if r.Channel == "mail" && len(sent) == 0 {
			return temporal.NewNonRetryableApplicationError("refused", activities.ReasonRecipient, nil)
		}
		sent[r.Key] = env.Now().Sub(since).Round(time.Hour)
		return nil
	}).Maybe()
	env.ExecuteWorkflow(workflows.Aftercare, workflows.AftercareInput{FilingID: 7})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	env.AssertExpectations(t)
	return sent
}

const day = 24 * time.Hour

func TestPublicSecurityFilingHasThreeReminders(t *testing.T) {
	sent := aftercare(t, func(since, _ time.Time) activities.PoliceDue {
		return activities.PoliceDue{Due: true, OrderID: 5, Since: since}
	})
	times := map[time.Duration]int{}
	for _, at := range sent {
		times[at]++
	}
	require.Len(t, times, 3, "%v", sent)
	require.Equal(t, 2, times[15*day], "by each channel")
	require.Equal(t, 2, times[25*day])
	require.NotZero(t, times[3*day], "a failing channel doesn't hold up the others")
}

func TestRemindersStopWhenTheNumberIsRecorded(t *testing.T) {
	sent := aftercare(t, func(since, now time.Time) activities.PoliceDue {
		return activities.PoliceDue{Due: now.Before(since.Add(3*day + time.Hour)), OrderID: 5, Since: since}
	})
	require.NotEmpty(t, sent)
	for _, at := range sent {
		require.Equal(t, 3*day, at)
	}
	require.Empty(t,
		aftercare(t, func(since, _ time.Time) activities.PoliceDue { return activities.PoliceDue{Since: since} }))
}

// The thirty days run from the approval: the reminders don't wait for the footer.
func TestRemindersStartWithTheApproval(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.submitted()
	start := w.env.Now()
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything,
		mock.Anything).Return(activities.InstallResult{}, nil)
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything,
		mock.Anything).Return(func(context.Context, activities.FilingRef) (activities.SiteResult, error) {
		return activities.SiteResult{CertificateServed: true, NumberShown: w.env.Now().Sub(start) > 40*day}, nil
	})
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(30, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true}))
	w.at(60, func() {
		require.Equal(t, filing.Installing, w.stages[len(w.stages)-1])
		require.Equal(t, []int64{7}, w.aftercare)
	})
	w.runs(input)
	require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
	require.Equal(t, []int64{7}, w.aftercare, "once")
}

// An order that was filed again has an aftercare of its own.
func TestRemindersStopWhenTheOrderIsFiledAgain(t *testing.T) {
	sent := aftercare(t, func(since, now time.Time) activities.PoliceDue {
		if now.After(since.Add(2 * day)) {
			return activities.PoliceDue{Due: true, OrderID: 5, Since: since.Add(2 * day)}
		}
		return activities.PoliceDue{Due: true, OrderID: 5, Since: since}
	})
	require.Empty(t, sent)
}
