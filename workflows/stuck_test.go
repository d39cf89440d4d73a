package workflows_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

// approved leads to the approval within half an hour.
func (w *world) approved() {
	w.submitted()
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(21, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true}))
}

// An hour without our database is no reason to ask staff: the step waits and goes on by itself.
func TestDatabaseThatIsAwayIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.approved()
	away := temporal.NewApplicationError("connection refused", activities.ReasonDatabase)
	checks := 0
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything,
		mock.Anything).Return(activities.InstallResult{}, nil)
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything,
		mock.Anything).Return(func(context.Context, activities.FilingRef) (seen activities.SiteResult, err error) {
		if checks++; checks <= 25 { // more than a step's attempts
			return seen, away
		}
		return activities.SiteResult{CertificateServed: true, NumberShown: true}, nil
	})
	w.runs(input)
	require.NotContains(t, w.kinds(), "stuck")
	require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
}

// An approval without a number needs staff, who can also abandon it.
func TestNumberThatCantBeRecordedIsStuck(t *testing.T) {
	for resolution, end := range map[workflows.Resolution]filing.Stage{
		workflows.Retry: filing.Filed, workflows.Abandon: filing.Withdrawn,
	} {
		w := newWorld(t)
		w.codesGoOut()
		w.siteIsFine()
		w.approved()
		tries := 0
		w.records = func(ctx context.Context, p activities.Progress) error {
			if tries++; tries == 1 {
				return temporal.NewNonRetryableApplicationError("no number", activities.ReasonProtocol, nil)
			}
			return w.note(ctx, p)
		}
		w.at(60, w.resumes(resolution))
		w.runs(input)
		require.Contains(t, w.kinds(), "stuck")
		require.Equal(t, end, w.stages[len(w.stages)-1])
	}
}

// The message about the end is sent once the SMS account is in order again, and doesn't leave a finished filing stuck.
func TestLastMessageIsSentLate(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.siteIsFine()
	w.approved()
	failures := 0
	w.refuses = func(n activities.Notice) bool {
		if n.Key != "filing-7-1-filed-sms" || failures == 3 {
			return false
		}
		failures++
		return true
	}
	w.runs(input)
	require.Equal(t, 3, failures)
	require.Contains(t, w.notices, "filing-7-1-filed-sms")
	require.NotContains(t, w.kinds(), "stuck")
}
