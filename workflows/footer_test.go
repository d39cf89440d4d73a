package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/workflows"
)

func footerEnv(t *testing.T) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.RegisterActivity(&activities.Website{})
	return env
}

var placing = workflows.FooterInput{EditID: 3, FilingID: 7, Ref: "D1", Step: workflows.FooterPlace}

func runs(t *testing.T, env *testsuite.TestWorkflowEnvironment, in workflows.FooterInput) {
	t.Helper()
	env.ExecuteWorkflow(workflows.Footer, in)
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	env.AssertExpectations(t)
}

func TestPlacedFooterIsCheckedAtOnce(t *testing.T) {
	for step, activity := range map[workflows.FooterStep]any{workflows.FooterPlace: websiteActivities.PlaceFooter,
		workflows.FooterUndo: websiteActivities.RestoreFooter} {
		env := footerEnv(t)
		env.OnActivity(activity, mock.Anything,
			activities.FooterRef{EditID: 3}).Return(activities.FooterResult{Changed: true}, nil).Once()
		env.OnActivity(websiteActivities.CheckSite, mock.Anything,
			activities.FilingRef{FilingID: 7}).Return(activities.SiteResult{}, nil).Once()
		// works even when the filing is done and its workflow gone
		env.OnSignalExternalWorkflow(mock.Anything, "filing/D1", "", workflows.SignalSiteCheck,
			activities.Address(workflows.SignalSiteCheck, workflows.SiteCheck{FilingID: 7})).Return(errors.New("not found")).Once()
		in := placing
		in.Step = step
		runs(t, env, in)
	}
}

func TestFiledSiteIsOnlyChecked(t *testing.T) {
	env := footerEnv(t)
	env.OnActivity(websiteActivities.CheckSite, mock.Anything,
		activities.FilingRef{FilingID: 7}).Return(activities.SiteResult{}, nil).Once()
	runs(t, env, workflows.FooterInput{FilingID: 7, Ref: "D1", Step: workflows.FooterSiteCheck})
}

func TestUnfitPageIsOnlyRecorded(t *testing.T) {
	env := footerEnv(t)
	env.OnActivity(websiteActivities.PreviewFooter, mock.Anything, mock.Anything).Return(activities.FooterResult{},
		nil).Once()
	in := placing
	in.Step = workflows.FooterPreview
	runs(t, env, in)
}

func TestWebSpaceThatRefusesEndsAnEditWithItsReason(t *testing.T) {
	env := footerEnv(t)
	login := temporal.NewNonRetryableApplicationError("login", activities.ReasonLogin, errors.New("530"))
	env.OnActivity(websiteActivities.PlaceFooter, mock.Anything, mock.Anything).Return(activities.FooterResult{},
		login).Once()
	env.OnActivity(websiteActivities.FailFooter, mock.Anything,
		activities.FooterFailure{EditID: 3, Reason: activities.ReasonLogin}).Return(nil).Once()
	runs(t, env, placing)
}

func TestPlacingIsTriedAgainUntilTheHostIsBack(t *testing.T) {
	env := footerEnv(t)
	tries := 0
	env.OnActivity(websiteActivities.PlaceFooter, mock.Anything,
		mock.Anything).Return(func(context.Context, activities.FooterRef) (activities.FooterResult, error) {
		if tries++; tries < 4 {
			return activities.FooterResult{}, temporal.NewApplicationError("unreachable", activities.ReasonUnreachable)
		}
		return activities.FooterResult{Changed: true}, nil
	})
	env.OnActivity(websiteActivities.CheckSite, mock.Anything, mock.Anything).Return(activities.SiteResult{}, nil).Once()
	env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything,
		mock.Anything).Return(nil).Once()
	runs(t, env, placing)
	require.Equal(t, 4, tries)
}

// A filing that waits for the number checks at once when signalled, not at the end of a long pause.
func TestFilingChecksTheSiteWhenSignalled(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.submitted()
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(21, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true}))
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything,
		mock.Anything).Return(activities.InstallResult{}, nil)
	shown := false
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything,
		mock.Anything).Return(func(context.Context, activities.FilingRef) (activities.SiteResult, error) {
		return activities.SiteResult{CertificateServed: true, NumberShown: shown}, nil
	})
	const day3 = 3 * 24 * 60
	var seen time.Time
	w.at(day3, func() {
		shown = true
		w.env.SignalWorkflow(workflows.SignalSiteCheck, workflows.SiteCheck{FilingID: 99}) // another filing's
		w.env.SignalWorkflow(workflows.SignalSiteCheck, workflows.SiteCheck{FilingID: 7})
		seen = w.env.Now()
	})
	w.runs(input)
	require.False(t, seen.IsZero(), "it waited until then")
	require.Less(t, w.env.Now().Sub(seen), time.Minute)
}
