package workflows_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/testtemporal"
	"github.com/beian/beian/workflows"
)

// standIn is a workflow that takes every Update, and counts them. One for the filing REFUSES refuses them all. Waiting,
// it has an activity that fails until it is run now.
func standIn(ctx workflow.Context, _ map[string]any) error {
	taken := 0
	refuses := workflow.GetInfo(ctx).WorkflowExecution.ID == workflows.FilingWorkflowID("REFUSES")
	for _, name := range []string{workflows.UpdateContact, workflows.UpdateSendCode, workflows.UpdateVerified,
		workflows.UpdateSubmit, workflows.UpdatePass, workflows.UpdateSendBack, workflows.UpdateCheckSite,
		workflows.UpdateSMSVerified, workflows.UpdateWithdraw, workflows.UpdateResume, workflows.UpdateCorrected,
		workflows.UpdateBulk} {
		err := workflow.SetUpdateHandlerWithOptions(ctx, name,
			func(workflow.Context, map[string]any) (workflows.State, error) {
				taken++
				return workflows.State{Stage: filing.Preparing, Revision: taken}, nil
			}, workflow.UpdateHandlerOptions{Validator: func(map[string]any) error {
				if refuses {
					return temporal.NewApplicationError("no", "wrong_stage")
				}
				return nil
			}})
		if err != nil {
			return err
		}
	}
	// The pause is longer than a test, but fits into the life of each workflow: else the first failure ends it.
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 2 * time.Minute}})
	return workflow.ExecuteActivity(ctx, "Fails").Get(ctx, nil)
}

// What people order counts once, however often it is sent; the next order counts again.
func TestOrdersOfPeopleCountOnce(t *testing.T) {
	temporalClient := testtemporal.New(t)
	w := worker.New(temporalClient, workflows.QueueFiling, worker.Options{})
	for _, name := range []string{"Filing", "Aftercare", "BulkResume", "AccountCode", "PasswordChanged", "CorrectionCode",
		"CorrectionNotice", "StaffAlert", "Ticket"} {
		w.RegisterWorkflowWithOptions(standIn, workflow.RegisterOptions{Name: name})
	}
	w.RegisterActivityWithOptions(func(context.Context) error {
		return temporal.NewApplicationError("x", activities.ReasonLimit)
	}, activity.RegisterOptions{Name: "Fails"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	filings, ctx := workflows.NewClient(temporalClient, true), t.Context()
	run := func(id string) string {
		d, err := temporalClient.DescribeWorkflowExecution(ctx, id, "")
		require.NoError(t, err)
		return d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	}

	require.NoError(t, filings.Open(ctx, "D1", workflows.FilingInput{FilingID: 1}))
	first := run("filing/D1")
	require.NoError(t, filings.Open(ctx, "D1", workflows.FilingInput{FilingID: 1}))
	require.Equal(t, first, run("filing/D1"), "it runs already")
	require.NoError(t, filings.Replace(ctx, "D1", workflows.FilingInput{FilingID: 1}))
	require.NotEqual(t, first, run("filing/D1"))
	for id, c := range map[string]struct {
		start func() error
		ends  bool // by itself, if the workflow doesn't
	}{
		"aftercare/D1": {func() error {
			return filings.StartAftercare(ctx, "D1", workflows.AftercareInput{FilingID: 1})
		}, false},
		"bulk/7":               {func() error { return filings.StartBulk(ctx, 7) }, false},
		"account-code/7/1":     {func() error { return filings.SendAccountCode(ctx, 7, 1) }, true},
		"account-code/7/2":     {func() error { return filings.SendAccountCode(ctx, 7, 2) }, true},
		"password-changed/7/1": {func() error { return filings.NotifyPasswordChanged(ctx, 7, 1) }, true},
		"correction-code/7/1":  {func() error { return filings.SendCorrectionCode(ctx, 7, 1) }, true},
		"correction/abc":       {func() error { return filings.NotifyContactCorrected(ctx, "abc") }, true},
		"staff-alert/7":        {func() error { return filings.StartStaffAlert(ctx, 7) }, true},
		"ticket/7":             {func() error { return filings.SendTicket(ctx, 7, 0) }, false},
		"ticket/7/1":           {func() error { return filings.SendTicket(ctx, 7, 1) }, false},
	} {
		require.NoError(t, c.start())
		first := run(id)
		require.NoError(t, c.start())
		require.Equal(t, first, run(id), "%s runs already", id)
		d, err := temporalClient.DescribeWorkflowExecution(ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, c.ends, d.GetExecutionConfig().GetWorkflowExecutionTimeout().AsDuration() > 0, id)
	}
	bulk := run("bulk/7")
	require.NoError(t, temporalClient.TerminateWorkflow(ctx, "bulk/7", "", "over"))
	require.NoError(t, filings.StartBulk(ctx, 7))
	require.Equal(t, bulk, run("bulk/7"), "a job runs only once")
	require.ErrorIs(t, filings.ControlBulk(ctx, 7, workflows.BulkControl{Act: workflows.BulkPause}), workflows.ErrWrongStage)
	require.NoError(t, filings.StartBulk(ctx, 8))
	require.NoError(t, filings.ControlBulk(ctx, 8, workflows.BulkControl{Act: workflows.BulkPause}))

	by := workflows.ByActor{Actor: "customer:demo"}
	resume := func(seq int64, r workflows.Resolution) func(string) (workflows.State, error) {
		return func(ref string) (workflows.State, error) {
			return filings.Resume(ctx, ref, workflows.Resume{Resolution: r, StuckSeq: seq})
		}
	}
	type order = func(ref string) (workflows.State, error)
	orders := []order{
		func(ref string) (workflows.State, error) {
			return filings.GiveContact(ctx, ref, workflows.ContactGiven{Version: 1})
		},
		func(ref string) (workflows.State, error) {
			return filings.GiveContact(ctx, ref, workflows.ContactGiven{Version: 2})
		},
		func(ref string) (workflows.State, error) {
			return filings.SendCode(ctx, ref, workflows.SendCode{Channel: filing.SMS, Send: 1})
		},
		func(ref string) (workflows.State, error) {
			return filings.SendCode(ctx, ref, workflows.SendCode{Channel: filing.SMS, Send: 2})
		},
		func(ref string) (workflows.State, error) {
			return filings.SendCode(ctx, ref, workflows.SendCode{Channel: filing.Mail, Send: 1})
		},
		func(ref string) (workflows.State, error) { return filings.Verified(ctx, ref, by) },
		func(ref string) (workflows.State, error) {
			return filings.Submit(ctx, ref, workflows.Submission{Revision: 1})
		},
		func(ref string) (workflows.State, error) {
			return filings.Submit(ctx, ref, workflows.Submission{Revision: 2})
		},
		func(ref string) (workflows.State, error) {
			return filings.Pass(ctx, ref, workflows.Verdict{Revision: 1})
		},
		func(ref string) (workflows.State, error) {
			return filings.SendBack(ctx, ref, workflows.Verdict{Revision: 2})
		},
		func(ref string) (workflows.State, error) { return filings.Withdraw(ctx, ref, by) },
		func(ref string) (workflows.State, error) {
			return filings.ContactCorrected(ctx, ref, "a", workflows.Corrected{Channel: filing.SMS})
		},
		func(ref string) (workflows.State, error) {
			return filings.ContactCorrected(ctx, ref, "b", workflows.Corrected{Channel: filing.SMS})
		},
		resume(1, workflows.Retry), resume(1, workflows.Skip), resume(2, workflows.Retry),
	}
	for i, send := range orders {
		for range 2 {
			state, err := send("D1")
			require.NoError(t, err)
			require.Equal(t, workflows.State{Stage: filing.Preparing, Revision: i + 1}, state)
		}
	}
	state, err := filings.SendBack(ctx, "D1", workflows.Verdict{Revision: 1})
	require.NoError(t, err)
	require.Equal(t, 9, state.Revision, "of two reviewers, the first counts")
	for n := range 2 { // of several people, each confirms
		state, err := filings.ConfirmSMSVerification(ctx, "D1", workflows.SMSVerified{Actor: "customer:demo"})
		require.NoError(t, err)
		require.Equal(t, len(orders)+n+1, state.Revision)
	}
	taken, err := filings.ResumeStuck(ctx, "D1", activities.ResumeOrder{Key: "bulk/1", Resolution: "retry", StuckSeq: 9})
	require.NoError(t, err)
	require.True(t, taken)

	// A filing that refuses an order, and one without a workflow, have moved on.
	require.NoError(t, filings.Open(ctx, "REFUSES", workflows.FilingInput{FilingID: 2}))
	for _, ref := range []string{"REFUSES", "UNKNOWN"} {
		for _, send := range orders {
			_, err := send(ref)
			require.ErrorIs(t, err, workflows.ErrWrongStage, ref)
		}
		taken, err := filings.ResumeStuck(ctx, ref, activities.ResumeOrder{Key: "bulk/1", Resolution: "retry"})
		require.NoError(t, err)
		require.False(t, taken)
	}
	gone, cancel := context.WithTimeout(ctx, time.Nanosecond)
	defer cancel()
	_, err = filings.Verified(gone, "D1", by)
	require.ErrorIs(t, err, workflows.ErrSlow, "it may have its effect still")
}

// An activity that waits for its next attempt is run at once; one that doesn't wait, or isn't there, is left alone.
func TestWaitingActivitiesAreRunNow(t *testing.T) {
	c := testtemporal.New(t)
	w := worker.New(c, workflows.QueueFiling, worker.Options{})
	w.RegisterWorkflowWithOptions(standIn, workflow.RegisterOptions{Name: "Filing"})
	var tries atomic.Int32
	w.RegisterActivityWithOptions(func(context.Context) error {
		if tries.Add(1) > 1 {
			return nil
		}
		return temporal.NewApplicationError("x", activities.ReasonLimit)
	}, activity.RegisterOptions{Name: "Fails"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	filings, ctx := workflows.NewClient(c, true), t.Context()
	require.NoError(t, filings.Open(ctx, "D1", workflows.FilingInput{FilingID: 1}))
	var e workflows.Execution
	require.Eventually(t, func() bool {
		var err error
		e, err = filings.Execution(ctx, "D1")
		return err == nil && len(e.Pending) == 1 && e.Pending[0].BackedOff(time.Now())
	}, 20*time.Second, 20*time.Millisecond)
	waits := e.Pending[0]
	require.Equal(t, []any{"Fails", activities.ReasonLimit}, []any{waits.Name, waits.Reason})
	another, elsewhere := waits, waits
	another.ID, elsewhere.Workflow = "99", "filing/UNKNOWN"
	for _, none := range []workflows.PendingActivity{another, elsewhere} {
		require.ErrorIs(t, filings.RunNow(ctx, none), workflows.ErrWrongStage)
	}
	require.EqualValues(t, 1, tries.Load())
	require.NoError(t, filings.RunNow(ctx, waits))
	require.NoError(t, c.GetWorkflow(ctx, "filing/D1", "").Get(ctx, nil))
	require.EqualValues(t, 2, tries.Load())
	require.ErrorIs(t, filings.RunNow(ctx, waits), workflows.ErrWrongStage, "nobody waits any more")
}
