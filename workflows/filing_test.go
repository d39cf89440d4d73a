package workflows_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

var (
	filingActivities  *activities.Filing
	messageActivities *activities.Message
	websiteActivities *activities.Website
)

// The SDK would hash this program of a hundred megabytes during the first test's workflow, and on a busy machine
// report a deadlock.
func init() { worker.SetBinaryChecksum("tests") }

// world is a filing's workflow in the test environment, with a record of its effects.
type world struct {
	t      *testing.T
	env    *testsuite.TestWorkflowEnvironment
	mu     sync.Mutex // activities run concurrently
	stages []filing.Stage
	steps  []activities.Progress
	// notices maps keys of messages to the customer to the hours left.
	notices map[string]int
	// records puts the number on the order; refuses, if set, says which messages don't go out.
	records func(context.Context, activities.Progress) error
	refuses func(activities.Notice) bool
	// idle is what the database says about nobody touching the filing.
	idle activities.Idle
	// isTrue, if set, says which claims the database bears out.
	isTrue func(activities.Fact) bool
	// aftercare lists the filings whose aftercare was started.
	aftercare []int64
}

func newWorld(t *testing.T) *world {
	var suite testsuite.WorkflowTestSuite
	w := &world{t: t, env: suite.NewTestWorkflowEnvironment(), notices: map[string]int{}}
	w.env.SetTestTimeout(time.Minute)
	t.Cleanup(func() { w.env.AssertExpectations(t) })
	w.env.RegisterWorkflow(workflows.Aftercare)
	w.env.RegisterActivity(&activities.Filing{})
	w.env.RegisterActivity(&activities.Message{})
	w.env.RegisterActivity(&activities.Website{})
	w.env.OnActivity(filingActivities.Advance, mock.Anything, mock.Anything).Return(w.note).Maybe()
	w.records = w.note
	w.env.OnActivity(filingActivities.IsTrue, mock.Anything, mock.Anything).Return(
		func(_ context.Context, fact activities.Fact) (bool, error) {
			return w.isTrue == nil || w.isTrue(fact), nil
		}).Maybe()
	w.env.OnActivity(filingActivities.Idle, mock.Anything, mock.Anything).Return(
		func(context.Context, activities.FilingRef) (activities.Idle, error) { return w.idle, nil }).Maybe()
	w.env.OnActivity(filingActivities.RecordNumber, mock.Anything,
		mock.Anything).Return(func(ctx context.Context, p activities.Progress) error { return w.records(ctx, p) }).Maybe()
	w.env.OnActivity(filingActivities.QueueRecord, mock.Anything, mock.Anything).Return(nil).Maybe()
	w.env.OnActivity(messageActivities.Notify, mock.Anything,
		mock.Anything).Return(func(_ context.Context, n activities.Notice) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.refuses != nil && w.refuses(n) {
			return temporal.NewNonRetryableApplicationError("arrears", activities.ReasonOperator, nil)
		}
		w.notices[n.Key] = n.Left
		return nil
	}).Maybe()
	w.env.OnWorkflow(workflows.Aftercare, mock.Anything,
		mock.Anything).Return(func(_ workflow.Context, in workflows.AftercareInput) error {
		w.aftercare = append(w.aftercare, in.FilingID)
		return nil
	}).Maybe()
	w.env.OnActivity(messageActivities.AlertStaff, mock.Anything, mock.Anything).Return(nil).Maybe()
	return w
}

// note records a step of the projection.
func (w *world) note(_ context.Context, p activities.Progress) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps = append(w.steps, p)
	entered, _ := filing.StageEntered(p.EventKind) // figures are counted by event kind
	assert.Equal(w.t, p.Stage, entered, "filing.StageEntered of a line %q", p.EventKind)
	if p.Stage != "" {
		w.stages = append(w.stages, p.Stage)
	}
	return nil
}

func (w *world) codesGoOut() {
	w.env.OnActivity(messageActivities.SendCode, mock.Anything, mock.Anything).Return(nil)
}

func (w *world) siteIsFine() {
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything,
		mock.Anything).Return(activities.InstallResult{}, nil)
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything,
		mock.Anything).Return(activities.SiteResult{CertificateServed: true, NumberShown: true}, nil)
}

// at runs f at a given minute of workflow time.
func (w *world) at(minute int, f func()) {
	w.env.RegisterDelayedCallback(f, time.Duration(minute)*time.Minute)
}

// says sends an Update that must be accepted.
func (w *world) says(name string, arg any) func() {
	return func() {
		w.env.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
			OnAccept:   func() {},
			OnReject:   func(err error) { require.NoError(w.t, err, "%s was refused", name) },
			OnComplete: func(_ any, err error) { require.NoError(w.t, err) },
		}, arg)
	}
}

// isRefused sends an Update that must be refused.
func (w *world) isRefused(name string, arg any) func() {
	return func() {
		refused := false
		w.env.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
			OnAccept: func() { require.Fail(w.t, name+" was taken") }, OnReject: func(error) { refused = true },
			OnComplete: func(any, error) {},
		}, arg)
		w.env.RegisterDelayedCallback(func() { require.True(w.t, refused, name) }, time.Second)
	}
}

// stuckSeq is the number of the newest step that shows the filing stuck.
func (w *world) stuckSeq() (seq int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.steps {
		if s.EventKind == filing.EventStuck {
			seq = s.Seq
		}
	}
	return seq
}

// resumes sends staff's decision about what the filing is stuck at.
func (w *world) resumes(resolution workflows.Resolution) func() {
	return func() {
		w.says(workflows.UpdateResume,
			workflows.Resume{Resolution: resolution, Actor: "support:a", StuckSeq: w.stuckSeq()})()
	}
}

func (w *world) signals(name string, arg any) func() {
	return func() { w.env.SignalWorkflow(name, arg) }
}

// submitted leads to the first submission within ten minutes.
func (w *world) submitted() {
	w.at(1, w.says(workflows.UpdateContact, workflows.ContactGiven{Version: 1, Actor: "customer:demo"}))
	w.at(5, w.says(workflows.UpdateVerified, workflows.ByActor{Actor: "customer:demo"}))
	w.at(10, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 1, Actor: "customer:demo"}))
}

func (w *world) runs(in workflows.FilingInput) {
	w.env.ExecuteWorkflow(workflows.Filing, in)
	require.True(w.t, w.env.IsWorkflowCompleted())
	require.NoError(w.t, w.env.GetWorkflowError())
}

var input = workflows.FilingInput{FilingID: 7, OrderNumber: "D1"}

func (w *world) kinds() (list []string) {
	for _, s := range w.steps {
		list = append(list, string(s.EventKind))
	}
	return list
}

func TestStraightFiling(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.siteIsFine()
	w.submitted()
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(20*24*60,
		w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true, Code: 1001}))
	w.runs(input)
	require.Equal(t, []filing.Stage{filing.Contact, filing.Verifying, filing.Preparing, filing.Submitting,
		filing.Reviewing, filing.Installing, filing.Filed}, w.stages)
	require.Equal(t, []int64{7}, w.aftercare)
	for i, s := range w.steps {
		require.EqualValues(t, i+1, s.Seq, "steps of the projection are numbered without a gap")
		require.Equal(t, s.EventKind == filing.EventContactGiven, s.NoticeAccepted, "recorded with the contact: %s",
			s.EventKind)
	}
}

func TestRefusedIsCorrectedAndResubmitted(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.siteIsFine()
	w.submitted()
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(30, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Code: 1020}))
	// delivered twice
	w.at(31, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Code: 1020}))
	w.at(40, w.isRefused(workflows.UpdateSubmit, workflows.Submission{Revision: 1}))
	w.at(41, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 2, Actor: "customer:demo"}))
	w.at(50, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 2}))
	w.at(60, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 2, Approved: true}))
	w.runs(input)
	require.Equal(t, []filing.Stage{filing.Contact, filing.Verifying, filing.Preparing, filing.Submitting,
		filing.Reviewing, filing.Correcting,
		filing.Submitting, filing.Reviewing, filing.Installing, filing.Filed}, w.stages)
}

func TestUnfitRecordIsDecidedWithoutBeingAccepted(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.submitted()
	w.at(20, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Code: 5008}))
	w.at(30, w.says(workflows.UpdateWithdraw, workflows.ByActor{Actor: "customer:demo"}))
	w.runs(input)
	require.Contains(t, w.stages, filing.Correcting)
	require.Equal(t, filing.Withdrawn, w.stages[len(w.stages)-1])
}

// What our own check leaves out of a data file has never been at the bureau: nobody says that it was.
func TestOwnChecksRefusalIsReportedAsOurs(t *testing.T) {
	for name, c := range map[string]struct {
		decided   workflows.Decided
		attention filing.Attention
		notice    string
	}{
		"a field":         {workflows.Decided{Code: 5001, Named: true}, filing.AttentionSentBack, "sent_back"},
		"a character":     {workflows.Decided{Code: 5008, Named: true}, filing.AttentionSentBack, "sent_back"},
		"too large":       {workflows.Decided{Code: 5010}, filing.AttentionSentBack, "sent_back"},
		"a fault of ours": {workflows.Decided{Code: 5001}, filing.AttentionRefusedOurs, "refused_ours"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.codesGoOut()
			w.submitted()
			c.decided.FilingID, c.decided.Revision, c.decided.Actor = 7, 1, filing.ActorOwnCheck
			w.at(20, w.signals(workflows.SignalDecided, c.decided))
			w.at(30, w.says(workflows.UpdateWithdraw, workflows.ByActor{Actor: "customer:demo"}))
			w.runs(input)
			require.NotContains(t, w.stages, filing.Reviewing)
			require.Contains(t, w.stages, filing.Correcting)
			var events []filing.EventKind
			var attentions []filing.Attention
			for _, step := range w.steps {
				events = append(events, step.EventKind)
				if step.Attention != nil {
					attentions = append(attentions, *step.Attention)
				}
			}
			require.NotContains(t, events, filing.EventAccepted)
			require.NotContains(t, events, filing.EventRefused)
			require.Contains(t, events, filing.EventSentBack)
			require.Contains(t, attentions, c.attention)
			require.Contains(t, w.notices, "filing-7-1-"+c.notice+"-sms")
			require.NotContains(t, w.notices, "filing-7-1-refused-sms")
		})
	}
}

func TestVettingSendsBackAndPasses(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.siteIsFine()
	w.submitted()
	w.at(11, w.isRefused(workflows.UpdatePass, workflows.Verdict{Revision: 9}))
	w.at(12, w.says(workflows.UpdateSendBack, workflows.Verdict{Revision: 1, Actor: "support:a"}))
	w.at(13, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 2, Actor: "customer:demo"}))
	w.at(14, w.says(workflows.UpdatePass, workflows.Verdict{Revision: 2, Actor: "support:a"}))
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 2}))
	w.at(30, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 2, Approved: true}))
	in := input
	in.Vetting = true
	w.runs(in)
	require.Equal(t,
		[]filing.Stage{filing.Contact, filing.Verifying, filing.Preparing, filing.Vetting, filing.Correcting, filing.Vetting,
			filing.Submitting, filing.Reviewing, filing.Installing, filing.Filed}, w.stages)
	require.Contains(t, w.notices, "filing-7-1-sent_back-sms",
		"a dossier sent back by our own staff sends a notice, like a refusal")
	require.Contains(t, w.notices, "filing-7-1-sent_back-mail")
}

func TestStuckUploadIsResumed(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.submitted()
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(21, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true}))
	login := temporal.NewNonRetryableApplicationError("login", activities.ReasonLogin, errors.New("530"))
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything, mock.Anything).Return(activities.InstallResult{},
		login).Once()
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything,
		mock.Anything).Return(activities.InstallResult{}, nil)
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything,
		mock.Anything).Return(activities.SiteResult{CertificateServed: true, NumberShown: true}, nil)
	w.at(15, w.isRefused(workflows.UpdateResume, workflows.Resume{Resolution: workflows.Retry}))
	w.at(60, w.resumes(workflows.Retry))
	w.runs(input)
	require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
	require.Subset(t, w.kinds(), []string{"stuck", "resumed"})
	for _, s := range w.steps {
		if s.EventKind == "stuck" {
			require.Equal(t, activities.ReasonLogin, s.StuckReason)
			require.Equal(t, "install_certificate", s.StuckStep)
		}
	}
}

func TestSkippedUploadIsDoneByHand(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.submitted()
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(21, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true}))
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything, mock.Anything).
		Return(activities.InstallResult{},
			temporal.NewNonRetryableApplicationError("full", activities.ReasonQuota, nil)).Once()
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything, mock.Anything).Return(activities.SiteResult{}, nil).Once()
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything,
		mock.Anything).Return(activities.SiteResult{CertificateServed: true, NumberShown: true}, nil)
	w.at(60, w.resumes(workflows.Skip))
	w.runs(input)
	var attention filing.Attention
	for _, s := range w.steps {
		if s.Attention != nil && *s.Attention != "" {
			attention = *s.Attention
		}
	}
	require.Equal(t, filing.AttentionInstallByHand, attention)
	require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
}

func TestFooterIsAwaitedAndCheckedOnRequest(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.submitted()
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1}))
	w.at(21, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true}))
	looks := 0
	w.env.OnActivity(websiteActivities.InstallCertificate, mock.Anything,
		mock.Anything).Return(activities.InstallResult{}, nil)
	w.env.OnActivity(websiteActivities.CheckSite, mock.Anything,
		mock.Anything).Return(func(context.Context, activities.FilingRef) (activities.SiteResult, error) {
		looks++
		return activities.SiteResult{CertificateServed: true, NumberShown: looks >= 20}, nil
	})
	w.at(22, w.says(workflows.UpdateCheckSite, workflows.ByActor{Actor: "customer:demo"}))
	w.runs(input)
	require.Equal(t, 20, looks, "the timer keeps checking, for days if necessary")
	require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
}

func TestRefusedNumberIsCorrectedByTheCustomer(t *testing.T) {
	w := newWorld(t)
	sent := map[filing.Channel]int{}
	w.env.OnActivity(messageActivities.SendCode, mock.Anything,
		mock.Anything).Return(func(_ context.Context, c activities.CodeRef) error {
		w.mu.Lock() // both channels' codes go out at once
		defer w.mu.Unlock()
		sent[c.Channel] = c.Send
		if c.Channel == "sms" && c.Send == 1 {
			return temporal.NewNonRetryableApplicationError("refused", activities.ReasonRecipient, nil)
		}
		return nil
	})
	w.at(1, w.says(workflows.UpdateContact, workflows.ContactGiven{Version: 1}))
	w.at(3, w.says(workflows.UpdateSendCode, workflows.SendCode{Channel: "sms", Send: 2}))
	w.at(4, w.isRefused(workflows.UpdateSendCode, workflows.SendCode{Channel: "fax", Send: 2}))
	w.at(5, w.says(workflows.UpdateWithdraw, workflows.ByActor{Actor: "customer:demo"}))
	w.runs(input)
	require.Equal(t, map[filing.Channel]int{"sms": 2, "mail": 1}, sent)
	var seen []filing.Attention
	for _, s := range w.steps {
		if s.Attention != nil {
			seen = append(seen, *s.Attention)
		}
	}
	require.Contains(t, seen, filing.AttentionSMSRecipient)
	require.NotContains(t, w.kinds(), "stuck")
}

// A mail that arrives says nothing about the phone number that was refused.
func TestRefusedNumberStaysShownWhileTheOtherChannelWorks(t *testing.T) {
	w := newWorld(t)
	w.env.OnActivity(messageActivities.SendCode, mock.Anything,
		mock.Anything).Return(func(_ context.Context, c activities.CodeRef) error {
		if c.Channel == filing.SMS {
			return temporal.NewNonRetryableApplicationError("refused", activities.ReasonRecipient, nil)
		}
		return nil
	})
	w.at(1, w.says(workflows.UpdateContact, workflows.ContactGiven{Version: 1}))
	w.at(3, w.says(workflows.UpdateSendCode, workflows.SendCode{Channel: filing.Mail, Send: 2}))
	var shown []filing.Attention
	w.at(5, func() {
		for _, s := range w.steps {
			if s.Attention != nil {
				shown = append(shown, *s.Attention)
			}
		}
	})
	w.at(6, w.says(workflows.UpdateWithdraw, workflows.ByActor{Actor: "customer:demo"}))
	w.runs(input)
	require.Equal(t, filing.AttentionSMSRecipient, shown[len(shown)-1])
}

func TestArrearsAreStuckAndVerificationUnsticks(t *testing.T) {
	w := newWorld(t)
	w.env.OnActivity(messageActivities.SendCode, mock.Anything,
		mock.Anything).Return(func(_ context.Context, c activities.CodeRef) error {
		if c.Channel == "sms" {
			return temporal.NewNonRetryableApplicationError("arrears", activities.ReasonOperator, nil)
		}
		return nil
	})
	w.at(1, w.says(workflows.UpdateContact, workflows.ContactGiven{Version: 1}))
	w.at(2, func() { // a code can't be done without
		w.isRefused(workflows.UpdateResume, workflows.Resume{Resolution: workflows.Skip, StuckSeq: w.stuckSeq()})()
	})
	w.at(5, w.says(workflows.UpdateVerified, workflows.ByActor{}))
	w.at(6, w.says(workflows.UpdateWithdraw, workflows.ByActor{}))
	w.runs(input)
	require.Subset(t, w.kinds(), []string{"stuck", "unstuck"})
	require.Contains(t, w.stages, filing.Preparing)
}

func TestOutOfOrderIsRefused(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.at(1, w.isRefused(workflows.UpdateSubmit, workflows.Submission{Revision: 1}))
	w.at(1, w.isRefused(workflows.UpdateVerified, workflows.ByActor{}))
	w.at(1, w.isRefused(workflows.UpdateCheckSite, workflows.ByActor{}))
	w.at(2, w.says(workflows.UpdateContact, workflows.ContactGiven{Version: 1}))
	w.at(3, w.isRefused(workflows.UpdateContact, workflows.ContactGiven{Version: 2}))
	w.at(4, w.says(workflows.UpdateWithdraw, workflows.ByActor{}))
	w.runs(input)
	require.Equal(t, filing.Withdrawn, w.stages[len(w.stages)-1])
}

// If the bureau sends a code of its own, the customer is reminded until it is entered.
func TestSMSVerificationSendsReminders(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.siteIsFine()
	w.submitted()
	w.at(19, w.isRefused(workflows.UpdateSMSVerified, workflows.SMSVerified{}))
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1, SMSVerificationHours: 24}))
	w.at(13*60, w.says(workflows.UpdateSMSVerified, workflows.SMSVerified{Actor: "customer:demo"}))
	w.at(14*60, w.isRefused(workflows.UpdateSMSVerified, workflows.SMSVerified{}))
	w.at(3*24*60, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true}))
	w.runs(input)
	require.Equal(t, 24, w.notices["filing-7-1-sms_verification-sms-0h"])
	require.Equal(t, 22, w.notices["filing-7-1-sms_verification-mail-2h"])
	require.Equal(t, 12, w.notices["filing-7-1-sms_verification-sms-12h"])
	require.NotContains(t, w.notices, "filing-7-1-sms_verification-sms-22h")
	require.Subset(t, w.kinds(), []string{"sms_verification", "sms_verification_done"})
	require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
}

// Where the managers are two people, the verification is done when both have answered; the same person's answer doesn't
// count twice, and everybody sees whose is missing.
func TestTwoPeopleVerifyBySMS(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.siteIsFine()
	w.submitted()
	both := []string{"holder", "site"}
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1, SMSVerificationHours: 24}))
	site := workflows.SMSVerified{Actor: "customer:demo", Person: "site", Of: both}
	w.at(60, w.says(workflows.UpdateSMSVerified, site))
	w.at(61, w.isRefused(workflows.UpdateSMSVerified, site))
	w.at(13*60, w.says(workflows.UpdateSMSVerified, workflows.SMSVerified{Actor: "customer:demo", Person: "holder", Of: both}))
	w.at(3*24*60, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Approved: true}))
	w.runs(input)
	require.Equal(t, 12, w.notices["filing-7-1-sms_verification-sms-12h"], "reminded until both have")
	require.NotContains(t, w.notices, "filing-7-1-sms_verification-sms-22h")
	kinds := w.kinds()
	part := slices.Index(kinds, "sms_verification_part")
	require.Positive(t, part)
	require.Greater(t, slices.Index(kinds, "sms_verification_done"), part)
	require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
}

// A filing that is returned only because nobody verified it in time goes to the bureau again as it is, without another
// vetting; with changes it is vetted again.
func TestUnverifiedFilingIsResubmittedWithoutVetting(t *testing.T) {
	for name, unchanged := range map[string]bool{"unchanged": true, "changed": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.codesGoOut()
			w.siteIsFine()
			w.submitted()
			w.at(18, w.says(workflows.UpdatePass, workflows.Verdict{Revision: 1, Actor: "support:a"}))
			w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1, SMSVerificationHours: 24}))
			w.at(26*60, w.signals(workflows.SignalDecided,
				workflows.Decided{FilingID: 7, Revision: 1, Code: 1002, VerificationExpired: true}))
			w.at(27*60, w.says(workflows.UpdateSubmit,
				workflows.Submission{Revision: 2, Actor: "customer:demo", Unchanged: unchanged}))
			if !unchanged {
				w.at(28*60, w.says(workflows.UpdatePass, workflows.Verdict{Revision: 2, Actor: "support:a"}))
			}
			w.at(29*60, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 2, Approved: true}))
			vetted := input
			vetted.Vetting = true
			w.runs(vetted)
			var returned bool
			for _, s := range w.steps {
				returned = returned || s.Attention != nil && *s.Attention == filing.AttentionSMSVerificationReturned &&
					s.EventKind == filing.EventRefused && s.Stage == filing.Correcting
			}
			require.True(t, returned)
			var vettings int
			for _, stage := range w.stages {
				if stage == filing.Vetting {
					vettings++
				}
			}
			require.Equal(t, map[bool]int{true: 1, false: 2}[unchanged], vettings)
			require.Equal(t, filing.Filed, w.stages[len(w.stages)-1])
		})
	}
}

// If the verification expires, the bureau refuses, and the next revision gets a verification of its own.
func TestSMSVerificationRunsOut(t *testing.T) {
	w := newWorld(t)
	w.codesGoOut()
	w.siteIsFine()
	w.submitted()
	w.at(20, w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 1, SMSVerificationHours: 24}))
	w.at(26*60, w.isRefused(workflows.UpdateSMSVerified, workflows.SMSVerified{}))
	w.at(30*60, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 1, Code: 1002}))
	w.at(31*60, w.says(workflows.UpdateSubmit, workflows.Submission{Revision: 2, Actor: "customer:demo"}))
	w.at(32*60,
		w.signals(workflows.SignalAccepted, workflows.Accepted{FilingID: 7, Revision: 2, SMSVerificationHours: 24}))
	// decided without it
	w.at(33*60, w.signals(workflows.SignalDecided, workflows.Decided{FilingID: 7, Revision: 2, Approved: true}))
	w.runs(input)
	require.Equal(t, 2, w.notices["filing-7-1-sms_verification-sms-22h"])
	require.Equal(t, 24, w.notices["filing-7-2-sms_verification-sms-0h"])
	require.NotContains(t, w.notices, "filing-7-2-sms_verification-sms-2h")
	require.Contains(t, w.kinds(), "sms_verification_expired")
	var last filing.Attention
	for _, s := range w.steps {
		if s.Attention != nil {
			last = *s.Attention
		}
	}
	require.Empty(t, last, "the attention is cleared")
}
