package workflows_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

// While a filing is in verification, correcting its contact sends a code to the new address; later, a correction
// or its confirmation only adds a line to the timeline. It is refused before there is a contact, for an unknown
// channel, and when the code is no longer needed.
func TestCorrectionsOfTheContact(t *testing.T) {
	w := newWorld(t)
	w.siteIsFine()
	var sent []activities.CodeRef
	w.env.OnActivity(messageActivities.SendCode, mock.Anything,
		mock.Anything).Return(func(_ context.Context, c activities.CodeRef) error {
		w.mu.Lock() // both channels' codes go out at once
		defer w.mu.Unlock()
		sent = append(sent, c)
		return nil
	})
	staff := func(channel filing.Channel, send int) workflows.Corrected {
		return workflows.Corrected{Channel: channel, Send: send, Actor: "support:a"}
	}
	w.at(0, w.isRefused(workflows.UpdateCorrected, staff("sms", 0)))
	w.submitted()
	w.at(2, w.says(workflows.UpdateCorrected, staff("sms", 2)))
	w.at(3, w.isRefused(workflows.UpdateCorrected, staff("pigeon", 0)))
	w.at(7, w.isRefused(workflows.UpdateCorrected, staff("mail", 2)))
	w.at(8, w.says(workflows.UpdateCorrected, staff("mail", 0)))
	w.at(9, w.says(workflows.UpdateCorrected,
		workflows.Corrected{Channel: "mail", Confirmed: true, Actor: "customer:demo"}))
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(30, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true}))
	w.runs(input)
	require.Contains(t, sent, activities.CodeRef{FilingID: 7, Channel: "sms", Send: 2})
	require.Len(t, sent, 3, "one for each channel, and one again")
	var lines []string
	for _, s := range w.steps {
		if s.EventKind == "contact_corrected" || s.EventKind == "contact_confirmed" {
			require.Empty(t, s.Stage)
			lines = append(lines, string(s.EventKind)+" "+s.Detail+" "+s.Actor)
		}
	}
	require.Equal(t, []string{"contact_corrected sms support:a", "contact_corrected mail support:a",
		"contact_confirmed mail customer:demo"}, lines)
}

// A filing that registers a number has no contact.
func TestARegisteredNumberHasNoContactToCorrect(t *testing.T) {
	w := newWorld(t)
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything,
		mock.Anything).Return(activities.InstallResult{ByHand: true}, nil)
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything, mock.Anything).Return(activities.SiteResult{}, nil)
	w.at(1, w.isRefused(workflows.UpdateCorrected, workflows.Corrected{Channel: "sms", Actor: "support:a"}))
	w.at(5, w.says(workflows.UpdateWithdraw, workflows.ByActor{Actor: "support:a"}))
	in := input
	in.Kind = filing.KindRegister
	w.runs(in)
	require.Equal(t, "support:a", w.steps[len(w.steps)-1].Actor, "the timeline names who withdrew it")
}

// A contact is notified on both channels: if the old number is refused, the mail still goes out. An outage of days
// doesn't lose the notice.
func TestContactsAreNotifiedOfCorrections(t *testing.T) {
	for name, failure := range map[string]error{
		"refused": temporal.NewNonRetryableApplicationError("refused", activities.ReasonRecipient, nil),
		// the test environment allows ten attempts at most
		"down": temporal.NewApplicationErrorWithOptions("down", activities.ReasonTemporary,
			temporal.ApplicationErrorOptions{NextRetryDelay: 20 * time.Hour}),
	} {
		t.Run(name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestWorkflowEnvironment()
			env.SetTestTimeout(time.Minute)
			env.RegisterActivity(&activities.Message{})
			var mu sync.Mutex // both channels run at once
			told, began := map[string]int{}, env.Now()
			var done time.Duration
			env.OnActivity(messageActivities.NotifyContactCorrected, mock.Anything,
				mock.Anything).Return(func(_ context.Context, r activities.CorrectionRef) error {
				mu.Lock()
				defer mu.Unlock()
				told[r.Token+" "+string(r.Channel)]++
				if since := env.Now().Sub(began); r.Channel == "sms" && (name == "refused" || since < 3*24*time.Hour) {
					return failure
				} else if r.Channel == "sms" {
					done = since
				}
				return nil
			})
			env.ExecuteWorkflow(workflows.CorrectionNotice, workflows.CorrectionNoticeInput{Token: "t"})
			require.True(t, env.IsWorkflowCompleted())
			require.NoError(t, env.GetWorkflowError())
			env.AssertExpectations(t)
			require.Equal(t, 1, told["t mail"])
			require.NotZero(t, told["t sms"])
			require.Equal(t, name == "down", done > 0)
		})
	}
}

// The workflow of a correction's notice lives as long as its retries, and there is one for each form.
func TestTheNoticeOfACorrectionLivesForDays(t *testing.T) {
	server := mocks.NewClient(t)
	server.On("ExecuteWorkflow", mock.Anything, mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
		return o.ID == "correction/t" && o.WorkflowExecutionTimeout > 7*24*time.Hour
	}), mock.Anything, workflows.CorrectionNoticeInput{Token: "t"}).Return(nil, nil)
	require.NoError(t, workflows.NewClient(server, false).NotifyContactCorrected(t.Context(), "t"))
}
