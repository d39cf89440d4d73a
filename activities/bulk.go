package activities

import (
	"context"
	"fmt"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// ResumeOrder is what a filing of a bulk job is told.
type ResumeOrder struct {
	// Resolution is the workflow's; Actor is who made the job.
	Resolution, Actor string
	// StuckSeq identifies the stuck event that is meant.
	StuckSeq int64
	// Key makes a repeated order count once.
	Key string
}

// Resumer resumes filings. taken is false if the filing isn't stuck that way, or has no workflow.
type Resumer interface {
	ResumeStuck(ctx context.Context, ref string, order ResumeOrder) (taken bool, err error)
}

// Bulk resumes the filings of bulk jobs.
type Bulk struct {
	Store   *store.Store
	Filings Resumer
}

// BulkPage asks for the next filings of a job, after the given one.
type BulkPage struct {
	JobID, After int64
	Limit        int
}

// BulkJob is what the workflow needs to know about a job: neither its reason nor its search.
type BulkJob struct {
	Rate  int
	State filing.BulkState
}

// BulkRef identifies a filing of a job.
type BulkRef struct{ JobID, FilingID int64 }

// BulkVerdict is why a filing couldn't be resumed.
type BulkVerdict struct {
	BulkRef
	Reason string
}

// BulkAt is the state of a job.
type BulkAt struct {
	JobID int64
	State filing.BulkState
}

// Bulk reads a job.
func (a *Bulk) Bulk(ctx context.Context, id int64) (BulkJob, error) {
	job, err := a.Store.Bulk(ctx, id)
	return BulkJob{Rate: job.Rate, State: job.State}, purged(err)
}

// BulkNext lists the next filings, by ID.
func (a *Bulk) BulkNext(ctx context.Context, p BulkPage) ([]int64, error) {
	items, err := a.Store.BulkItems(ctx, p.JobID, "", p.After, p.Limit)
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = item.FilingID
	}
	return ids, err
}

// ResumeOne resumes a filing of a job, once. The Update's ID is made of job and filing, so that a repeat after a
// crash gets the first one's answer; and the order names the stuck event, so that a filing that moved on, or is
// stuck again, doesn't take it.
func (a *Bulk) ResumeOne(ctx context.Context, r BulkRef) error {
	item, outcome, err := a.Store.BulkItem(ctx, r.JobID, r.FilingID)
	if err != nil || outcome != "" {
		return err
	}
	job, err := a.Store.Bulk(ctx, r.JobID)
	if err != nil {
		return err
	}
	taken, err := a.Filings.ResumeStuck(ctx, item.Ref(), ResumeOrder{
		Resolution: job.Resolution, Actor: job.CreatedBy, StuckSeq: item.StuckSeq,
		Key: fmt.Sprintf("bulk/%d/%d", r.JobID, r.FilingID),
	})
	if err != nil {
		return failed(bulkReason(err), err, false, 0)
	}
	if taken {
		return a.Store.BulkReported(ctx, r.JobID, r.FilingID, store.BulkResumed, "")
	}
	still, err := a.Store.StillStuck(ctx, r.FilingID, item.StuckSeq)
	switch {
	case err != nil:
		return err
	case still: // perhaps another order was taken and doesn't show yet
		return failed(ReasonNotTaken, fmt.Errorf("filing %d is stuck and does not accept the order", r.FilingID), false, 0)
	}
	return a.Store.BulkReported(ctx, r.JobID, r.FilingID, store.BulkMovedOn, "")
}

// bulkReason is why a filing couldn't be resumed.
func bulkReason(err error) string {
	if temporalAway(err) {
		return ReasonUnreachable
	}
	return ReasonInternal
}

// BulkGaveUp records, for the job's report, that a filing couldn't be resumed.
func (a *Bulk) BulkGaveUp(ctx context.Context, v BulkVerdict) error {
	return a.Store.BulkReported(ctx, v.JobID, v.FilingID, store.BulkFailed, v.Reason)
}

// SetBulk records the state of a job.
func (a *Bulk) SetBulk(ctx context.Context, at BulkAt) error {
	return a.Store.SetBulkState(ctx, at.JobID, at.State)
}
