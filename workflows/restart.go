package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
)

// InputOf is the input of a filing's workflow: from the beginning, or from the position in its row.
func InputOf(id int64, orderNumber string, at filing.Position) FilingInput {
	in := FilingInput{FilingID: id, OrderNumber: orderNumber}
	if at.Kind.FollowsUp() || at.Kind.Registers() {
		in.Kind = at.Kind
	}
	if at.Seq > 0 {
		in.From = &at
	} else if at.Stage == filing.Preparing && !at.Kind.FollowsUp() {
		in.Companion = true
	}
	return in
}

// way is the order of the stages in which a filing can be found.
var way = []filing.Stage{
	filing.Contact, filing.Verifying, filing.Preparing, filing.Correcting, filing.Vetting, filing.Submitting,
	filing.Reviewing, filing.Installing,
}

// begins reports whether to go through a stage: a restarted filing skips those before the one it was found in.
func (f *run) begins(stage filing.Stage) bool {
	return f.from == "" || slices.Index(way, stage) >= slices.Index(way, f.from)
}

// foundAt takes over the row's state.
func (f *run) foundAt(from filing.Position) {
	f.from = from.Stage
	f.stage, f.shown, f.attention = from.Stage, from.Stage, from.Attention
	f.revision, f.submitted, f.seq = from.Revision, from.Revision, from.Seq
	if from.Kind != "" {
		f.kind = from.Kind
	}
}

// errMovedOn says that the row has changed since it was read: another workflow had it.
var errMovedOn = errors.New("the filing has moved on")

// restart records that the filing has a workflow again, and has the bureau's signals delivered again. Whatever it
// waited for, or was stuck at, resumes at the start of its stage.
func (f *run) restart(ctx workflow.Context) error {
	if !slices.Contains(way, f.from) {
		return errMovedOn // it has ended
	}
	if err := f.writing.Lock(ctx); err != nil {
		return err
	}
	defer f.writing.Unlock()
	f.seq++
	no := false
	p := activities.Progress{FilingID: f.in.FilingID, Seq: f.seq, Stuck: &no, EventKind: filing.EventRestarted,
		Actor: systemActor}
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

// correct waits for the next revision of a filing that was found in correcting. It sends the notice of the refusal
// again, unless that had gone out.
func (f *run) correct(ctx workflow.Context) error {
	template := message.Refused
	switch f.attention {
	case filing.AttentionReturnedTogether:
		return f.prepare(ctx, filing.Correcting, f.attention)
	case filing.AttentionRefusedOurs:
		template = message.RefusedOurs
	case filing.AttentionSentBack:
		template = message.SentBack
	}
	f.notify(ctx, template)
	return f.prepare(ctx, filing.Correcting, f.attention)
}
