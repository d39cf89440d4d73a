package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

const (
	// BulkRun is how many filings one run of a bulk job resumes before it continues as new. At about six events each,
	// its history stays far below Temporal's limits (a warning at 10,240 events, termination at 51,200).
	BulkRun = 500
	// bulkSeconds limits the filings in progress to this many seconds' worth of the rate: a single slow filing doesn't
	// hold up the others, but many slow ones throttle the job.
	bulkSeconds = 10
	// MaxBulkRate is in filings per second. What each one triggers, such as an SMS, has limits of its own.
	MaxBulkRate = 50

	// UpdateBulk pauses, continues or stops a bulk job.
	UpdateBulk = "bulk"
)

// BulkRate clamps a rate to the allowed range.
func BulkRate(rate int) int { return min(max(rate, 1), MaxBulkRate) }

// BulkControl is an action by staff on a running bulk job.
type BulkControl struct{ Act BulkAct }

// BulkAct is one of these actions.
type BulkAct string

// The actions on a bulk job.
const (
	BulkPause    BulkAct = "pause"
	BulkContinue BulkAct = "continue"
	BulkStop     BulkAct = "stop"
)

// BulkInput identifies a bulk job. After is the last filing handled by earlier runs; Paused carries a pause over.
type BulkInput struct {
	JobID  int64
	After  int64 `json:",omitempty"`
	Paused bool  `json:",omitempty"`
}

// bulk is the state of one run of a bulk job.
type bulk struct {
	in      BulkInput
	rate    int
	stopped bool
	// over: nothing is in progress and nothing more will start.
	over bool
	// reported is the state last written to the job's row; writing keeps the writes in order.
	reported filing.BulkState
	writing  workflow.Mutex
	// under counts the filings in progress.
	under int
}

// BulkResume resumes a bulk job's filings at its rate, in order of ID, each by its own Update. The set of filings
// is fixed in the database when the job is created, and each one's result is recorded there: a filing with a
// result is skipped, so running twice resumes once.
func BulkResume(ctx workflow.Context, in BulkInput) error {
	b := &bulk{in: in, writing: workflow.NewMutex(ctx)}
	err := workflow.SetUpdateHandlerWithOptions(ctx, UpdateBulk, b.control,
		workflow.UpdateHandlerOptions{Validator: b.can})
	if err != nil {
		return err
	}
	var job activities.BulkJob
	if err := workflow.ExecuteActivity(databaseActivity(ctx), a.bulk.Bulk, in.JobID).Get(ctx, &job); err != nil {
		return err
	}
	b.rate = BulkRate(job.Rate)
	if err := b.show(ctx); err != nil {
		return err
	}
	more, err := b.turns(ctx)
	if err != nil {
		return err
	}
	if err := workflow.Await(ctx, func() bool { return b.under == 0 && workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	if more && !b.stopped {
		return workflow.NewContinueAsNewError(ctx, BulkResume, b.in)
	}
	b.over = true
	return b.show(ctx)
}

// turns resumes this run's filings; more reports that others are left.
func (b *bulk) turns(ctx workflow.Context) (more bool, err error) {
	var ids []int64
	page := activities.BulkPage{JobID: b.in.JobID, After: b.in.After, Limit: BulkRun}
	if err := workflow.ExecuteActivity(databaseActivity(ctx), a.bulk.BulkNext, page).Get(ctx, &ids); err != nil {
		return false, err
	}
	for len(ids) > 0 {
		if err := workflow.Await(ctx,
			func() bool { return b.stopped || (!b.in.Paused && b.under < b.rate*bulkSeconds) }); err != nil {
			return false, err
		}
		if b.stopped {
			return false, nil
		}
		n := min(b.rate, len(ids))
		for _, id := range ids[:n] {
			b.begin(ctx, id)
		}
		b.in.After, ids = ids[n-1], ids[n:]
		if len(ids) == 0 {
			break
		}
		if _, err := workflow.AwaitWithTimeout(ctx, time.Second, func() bool { return b.stopped }); err != nil {
			return false, err
		}
	}
	if b.in.After == page.After {
		return false, nil // none left
	}
	// Keep the rate across runs: wait a second before the next run starts.
	_, err = workflow.AwaitWithTimeout(ctx, time.Second, func() bool { return b.stopped })
	return true, err
}

// begin resumes one filing concurrently. Failures are recorded for the job's report.
func (b *bulk) begin(ctx workflow.Context, id int64) {
	b.under++
	workflow.Go(ctx, func(ctx workflow.Context) {
		defer func() { b.under-- }()
		ref := activities.BulkRef{JobID: b.in.JobID, FilingID: id}
		err := workflow.ExecuteActivity(bulkActivity(ctx), a.bulk.ResumeOne, ref).Get(ctx, nil)
		if err == nil || ctx.Err() != nil {
			return
		}
		verdict := activities.BulkVerdict{BulkRef: ref, Reason: reasonOf(err)}
		if err := workflow.ExecuteActivity(databaseActivity(ctx), a.bulk.BulkGaveUp, verdict).Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Error("recording a bulk job failure failed", "job", b.in.JobID, "filing", id)
		}
	})
}

// can refuses actions that make no sense in the job's present state.
func (b *bulk) can(in BulkControl) error {
	ok := !b.stopped && !b.over
	switch in.Act {
	case BulkPause:
		ok = ok && !b.in.Paused
	case BulkContinue:
		ok = ok && b.in.Paused
	case BulkStop:
	default:
		ok = false
	}
	if ok {
		return nil
	}
	return temporal.NewApplicationError(fmt.Sprintf("%s is not possible in the present state", in.Act), wrongStage)
}

// control answers once the job's row shows the effect.
func (b *bulk) control(ctx workflow.Context, in BulkControl) error {
	switch in.Act {
	case BulkPause:
		b.in.Paused = true
	case BulkContinue:
		b.in.Paused = false
	case BulkStop:
		b.stopped, b.in.Paused = true, false
	}
	return b.show(ctx)
}

// show writes the job's state to its row if it changed.
func (b *bulk) show(ctx workflow.Context) error {
	if err := b.writing.Lock(ctx); err != nil {
		return err
	}
	defer b.writing.Unlock()
	state := b.state()
	if b.reported == state {
		return nil
	}
	b.reported = state
	return workflow.ExecuteActivity(databaseActivity(ctx), a.bulk.SetBulk,
		activities.BulkAt{JobID: b.in.JobID, State: state}).Get(ctx, nil)
}

// state is the job's state. It counts as stopped only once nothing is in progress.
func (b *bulk) state() filing.BulkState {
	switch {
	case b.over && b.stopped:
		return filing.BulkStopped
	case b.over:
		return filing.BulkDone
	case b.in.Paused:
		return filing.BulkPaused
	}
	return filing.BulkRunning
}

func bulkWorkflowID(jobID int64) string { return fmt.Sprintf("bulk/%d", jobID) }

// StartBulk starts a job's workflow. A job runs only once.
func (c *Client) StartBulk(ctx context.Context, jobID int64) error {
	_, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       bulkWorkflowID(jobID),
		TaskQueue:                QueueFiling,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
	}, BulkResume, BulkInput{JobID: jobID})
	var ran *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.As(err, &ran) {
		return fmt.Errorf("starting bulk job %d: %w", jobID, err)
	}
	return nil
}

// ControlBulk pauses, continues or stops a job; ErrWrongStage if its state doesn't allow that.
func (c *Client) ControlBulk(ctx context.Context, jobID int64, in BulkControl) error {
	ctx, cancel := context.WithTimeout(ctx, waitTime)
	defer cancel()
	handle, err := c.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: bulkWorkflowID(jobID), UpdateName: UpdateBulk, Args: []any{in},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	return refusedAs(err, fmt.Sprintf("%s of bulk job %d", in.Act, jobID))
}

// ResumeStuck resumes a stuck filing as a bulk job orders.
func (c *Client) ResumeStuck(ctx context.Context, ref string, order activities.ResumeOrder) (taken bool, err error) {
	_, err = c.update(ctx, ref, UpdateResume, order.Key,
		Resume{Resolution: Resolution(order.Resolution), Actor: order.Actor, StuckSeq: order.StuckSeq})
	if errors.Is(err, ErrWrongStage) {
		return false, nil
	}
	return err == nil, err
}
