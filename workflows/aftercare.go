package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
)

const aftercareIDPrefix = "aftercare/"

// AftercareWorkflowID is the ID of the workflow that follows an approved filing, by its filing.Ref.
func AftercareWorkflowID(ref string) string { return aftercareIDPrefix + ref }

// AftercareInput identifies the approved filing.
type AftercareInput struct{ FilingID int64 }

// startAftercare starts the aftercare of an approved filing as a separate workflow, because its reminders may run
// for weeks after the filing has ended.
func (f *run) startAftercare(ctx workflow.Context) error {
	if f.in.Kind.Registers() || f.in.Kind.FollowsUp() {
		return nil // nobody to remind, or the aftercare of the changed filing continues
	}
	ref := strings.TrimPrefix(workflow.GetInfo(ctx).WorkflowExecution.ID, filingIDPrefix)
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            AftercareWorkflowID(ref),
		TaskQueue:             QueueFiling,
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}), Aftercare, AftercareInput{FilingID: f.in.FilingID})
	err := child.GetChildWorkflowExecution().Get(ctx, nil)
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return nil
	}
	return err
}

// Aftercare reminds the customer of the public-security filing (公安联网备案), due within thirty days of the bureau's
// approval, until its number is recorded or the customer needs none. Nothing signals that, so each round asks the
// database.
func Aftercare(ctx workflow.Context, in AftercareInput) error {
	first, err := policeDue(ctx, in)
	if err != nil || !first.Due {
		return err
	}
	for _, day := range filing.PoliceReminders {
		at := first.Since.Add(time.Duration(day) * 24 * time.Hour)
		if !at.After(workflow.Now(ctx)) {
			continue // all workers were down past this reminder's time
		}
		if err := workflow.Sleep(ctx, at.Sub(workflow.Now(ctx))); err != nil {
			return err
		}
		due, err := policeDue(ctx, in)
		if err != nil {
			return err
		}
		if !due.Due || due.Since.After(first.Since) {
			return nil // done, or the order was filed again and has its own aftercare
		}
		remind(ctx, in, due, day)
	}
	return nil
}

func policeDue(ctx workflow.Context, in AftercareInput) (due activities.PoliceDue, err error) {
	err = workflow.ExecuteActivity(databaseActivity(ctx), a.filing.PoliceDue,
		activities.FilingRef{FilingID: in.FilingID}).Get(ctx, &due)
	return due, err
}

// remind sends one reminder on both channels at once. A failure is only logged: the next reminder follows, and the
// pages show the task anyway.
func remind(ctx workflow.Context, in AftercareInput, due activities.PoliceDue, day int) {
	var sending []workflow.Future
	for _, channel := range filing.Channels {
		reminder := activities.PoliceReminder{
			FilingID: in.FilingID, Channel: channel, Template: message.Police, Since: due.Since,
			Key: fmt.Sprintf("police-%d-%d-%d-%s", due.OrderID, due.Since.Unix(), day, channel),
		}
		sending = append(sending, workflow.ExecuteActivity(messageActivity(ctx), a.message.RemindPolice, reminder))
	}
	for i, f := range sending {
		if err := f.Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Warn("sending a reminder of the public-security filing failed", "filing", in.FilingID,
				"channel", filing.Channels[i], "reason", reasonOf(err))
		}
	}
}
