package workflows

import (
	"context"
	"errors"
	"slices"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// From is where a filing stands whose workflow is gone, as its row has it: Temporal's
// database was lost, or put back as it was before. A new workflow goes on from there.
type From struct {
	Stage     filing.Stage
	Revision  int
	Seq       int64
	Kind      filing.Kind      `json:",omitempty"`
	Attention filing.Attention `json:",omitempty"`
}

// InputOf is what a filing's workflow starts with: from the beginning, or from where its
// row stands.
func InputOf(f store.Filing) FilingInput {
	in := FilingInput{FilingID: f.ID, OrderNumber: f.OrderNumber}
	if f.Kind.FollowsUp() || f.Kind.Registers() {
		in.Kind = f.Kind
	}
	if f.Seq > 0 {
		in.From = &From{Stage: f.Stage, Revision: f.Revision, Seq: f.Seq, Kind: f.Kind, Attention: f.Attention}
	}
	return in
}

// way is the order of the stages that a filing can be found in.
var way = []filing.Stage{
	filing.Contact, filing.Verifying, filing.Preparing, filing.Correcting, filing.Checking, filing.Submitting, filing.Reviewing, filing.Installing,
}

// begins tells whether a stage is gone through: all are, but those before the one that
// the filing was found in.
func (f *run) begins(stage filing.Stage) bool {
	return f.from == "" || slices.Index(way, stage) >= slices.Index(way, f.from)
}

// foundAt takes over what the row has.
func (f *run) foundAt(from From) {
	f.from = from.Stage
	f.stage, f.shown, f.attention = from.Stage, from.Stage, from.Attention
	f.revision, f.handedIn, f.seq = from.Revision, from.Revision, from.Seq
	if from.Kind != "" {
		f.kind = from.Kind
	}
}

// errMovedOn says that the row isn't where it was read any more: another workflow had it.
var errMovedOn = errors.New("the filing has moved on")

// restart notes that the filing has a workflow again, and has what the bureau said told
// to it anew. What it waited for, or was stuck at, is taken up where its stage begins.
func (f *run) restart(ctx workflow.Context) error {
	if !slices.Contains(way, f.from) {
		return errMovedOn // it is over
	}
	if err := f.writing.Lock(ctx); err != nil {
		return err
	}
	defer f.writing.Unlock()
	f.seq++
	no := false
	p := activities.Progress{FilingID: f.in.FilingID, Seq: f.seq, Stuck: &no, Kind: filing.EventRestarted, Actor: systemActor}
	var row activities.Restarted
	if err := workflow.ExecuteActivity(databaseActivity(ctx), a.filing.Restart, p).Get(ctx, &row); err != nil {
		return err
	}
	if row.MovedOn {
		return errMovedOn
	}
	if f.from == filing.Verifying {
		f.verified = f.verified || row.Verified
		for _, channel := range filing.Channels {
			f.want(channel, row.Unsent[channel])
		}
	}
	return nil
}

// correct waits for the next revision of a filing that was found in correcting. What its
// customer was to be told of may not have gone out: what did isn't sent again.
func (f *run) correct(ctx workflow.Context) error {
	template := templateRefused
	switch f.attention {
	case filing.AttentionRefusedOurs:
		template = templateRefusedOurs
	case filing.AttentionSentBack:
		template = templateSentBack
	}
	f.notify(ctx, template)
	return f.prepare(ctx, filing.Correcting, f.attention)
}

// OpenAnew starts a filing's workflow in the place of one that may run: the row is right,
// and Temporal is behind it.
func (c *Client) OpenAnew(ctx context.Context, ref string, in FilingInput) error {
	return c.open(ctx, ref, in, enums.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING)
}

// StartAftercare starts what follows a filing's approval where it is gone. It ends at once
// where nothing is due.
func (c *Client) StartAftercare(ctx context.Context, ref string, in AftercareInput) error {
	return c.start(ctx, AftercareWorkflowID(ref), 0, Aftercare, in)
}
