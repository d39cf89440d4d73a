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
	// BulkRun is how many filings one run of a bulk job resumes before it continues as new:
	// with about six events for each, its history stays far below Temporal's limits (a
	// warning at 10,240 events, the end at 51,200).
	BulkRun = 500
	// bulkSeconds bounds how many filings are under way at once, in seconds of the rate: one
	// that hangs doesn't hold the others up, and many that do hold the job.
	bulkSeconds = 10
	// MaxBulkRate is filings a second: what each sets off, such as an SMS, has limits of its
	// own elsewhere.
	MaxBulkRate = 50

	// UpdateBulk pauses, continues or stops a bulk job.
	UpdateBulk = "bulk"
)

// BulkRate makes a rate one that a job may have.
func BulkRate(rate int) int { return min(max(rate, 1), MaxBulkRate) }

// BulkControl is what staff want of a running bulk job.
type BulkControl struct{ Act BulkAct }

// BulkAct is one of the acts.
type BulkAct string

// The acts.
const (
	BulkPause    BulkAct = "pause"
	BulkContinue BulkAct = "continue"
	BulkStop     BulkAct = "stop"
)

// BulkInput names a bulk job. After is the filing up to which they had their turn; Paused
// tells that it waits.
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
	// over: nothing is under way any more, and nothing more begins.
	over bool
	// reported is where the job's row says that it stands; writing keeps its writes in order.
	reported filing.BulkState
	writing  workflow.Mutex
	// under are filings under way.
	under int
}

// BulkResume resumes the filings of a bulk job at its rate, in the order of their IDs, each
// by an Update of its own. What was stuck when the job was made is fixed in the database,
// with what became of each: a filing that has a result has had its turn, so that running
// twice does once.
func BulkResume(ctx workflow.Context, in BulkInput) error {
	b := &bulk{in: in, writing: workflow.NewMutex(ctx)}
	err := workflow.SetUpdateHandlerWithOptions(ctx, UpdateBulk, b.control, workflow.UpdateHandlerOptions{Validator: b.can})
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

// turns gives the filings of this run their turns; more tells that others are left.
func (b *bulk) turns(ctx workflow.Context) (more bool, err error) {
	var ids []int64
	page := activities.BulkPage{JobID: b.in.JobID, After: b.in.After, Limit: BulkRun}
	if err := workflow.ExecuteActivity(databaseActivity(ctx), a.bulk.BulkNext, page).Get(ctx, &ids); err != nil {
		return false, err
	}
	for len(ids) > 0 {
		if err := workflow.Await(ctx, func() bool { return b.stopped || (!b.in.Paused && b.under < b.rate*bulkSeconds) }); err != nil {
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
		return false, nil // none were left
	}
	// A second between the last of this run and the first of the next.
	_, err = workflow.AwaitWithTimeout(ctx, time.Second, func() bool { return b.stopped })
	return true, err
}

// begin resumes one filing beside the others. What can't be resumed is reported.
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
			workflow.GetLogger(ctx).Error("a failure of a bulk job can't be noted", "job", b.in.JobID, "filing", id)
		}
	})
}

// can refuses what makes no sense as the job stands.
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
	return temporal.NewApplicationError(fmt.Sprintf("%s is not possible now", in.Act), wrongStage)
}

// control answers once the job's row shows what it did.
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

// show writes where the job stands, if its row doesn't have it.
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
	return workflow.ExecuteActivity(databaseActivity(ctx), a.bulk.SetBulk, activities.BulkAt{JobID: b.in.JobID, State: state}).Get(ctx, nil)
}

// state is where the job stands. Stopped it is once nothing is under way any more.
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

// StartBulk starts a job's workflow, once in its life: a job that ran doesn't run again.
func (c *Client) StartBulk(ctx context.Context, jobID int64) error {
	_, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       bulkWorkflowID(jobID),
		TaskQueue:                QueueFiling,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
	}, BulkResume, BulkInput{JobID: jobID})
	var ran *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.As(err, &ran) {
		return fmt.Errorf("starting the bulk job %d: %w", jobID, err)
	}
	return nil
}

// ControlBulk pauses, continues or stops a job. ErrWrongStage where it isn't so that it could.
func (c *Client) ControlBulk(ctx context.Context, jobID int64, in BulkControl) error {
	handle, err := c.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: bulkWorkflowID(jobID), UpdateName: UpdateBulk, Args: []any{in}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	return refusedAs(err, fmt.Sprintf("%s of bulk job %d", in.Act, jobID))
}

// ResumeStuck tells a stuck filing what a bulk job says.
func (c *Client) ResumeStuck(ctx context.Context, ref string, order activities.ResumeOrder) (taken bool, err error) {
	_, err = c.update(ctx, ref, UpdateResume, order.Key, Resume{Resolution: Resolution(order.Resolution), Actor: order.Actor, StuckSeq: order.StuckSeq})
	if errors.Is(err, ErrWrongStage) {
		return false, nil
	}
	return err == nil, err
}
