package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
)

// FooterStep is what is done to a home page.
type FooterStep string

// The steps of an edit; each is a short workflow of its own, because days may
// lie between them.
const (
	// FooterPreview looks at the page.
	FooterPreview FooterStep = "preview"
	// FooterPlace puts the number there.
	FooterPlace FooterStep = "place"
	// FooterUndo puts the original back.
	FooterUndo FooterStep = "undo"
	// FooterSiteCheck only looks at a site whose filing is done; no edit is meant.
	FooterSiteCheck FooterStep = "site-check"
)

// footerPatience is how long a person waits for a page.
const footerPatience = 20 * time.Second

// FooterInput names an edit of a filing's home page, and the step.
type FooterInput struct {
	EditID   int64
	FilingID int64
	// Ref is the filing's filing.Ref.
	Ref  string
	Step FooterStep
}

// Footer does one step of an edit of a home page. How it ended stands in the
// edit's row. When the page is another one then, the site is looked at, and the
// filing, if it waits for the number, looks too.
func Footer(ctx workflow.Context, in FooterInput) error {
	edit := activities.FooterRef{EditID: in.EditID}
	var result activities.FooterResult
	var err error
	switch in.Step {
	case FooterPreview:
		err = workflow.ExecuteActivity(previewActivity(ctx), a.website.PreviewFooter, edit).Get(ctx, &result)
	case FooterPlace:
		err = workflow.ExecuteActivity(uploadActivity(ctx), a.website.PlaceFooter, edit).Get(ctx, &result)
	case FooterUndo:
		err = workflow.ExecuteActivity(uploadActivity(ctx), a.website.RestoreFooter, edit).Get(ctx, &result)
	case FooterSiteCheck:
		result.Changed = true // for all that is known
	default:
		return temporal.NewNonRetryableApplicationError("unknown step of an edit", activities.ReasonInternal, nil)
	}
	if err != nil {
		failure := activities.FooterFailure{EditID: in.EditID, Reason: reasonOf(err)}
		return workflow.ExecuteActivity(siteCheckActivity(ctx), a.website.FailFooter, failure).Get(ctx, nil)
	}
	if !result.Changed {
		return nil
	}
	var seen activities.SiteResult
	err = workflow.ExecuteActivity(siteCheckActivity(ctx), a.website.CheckSite, activities.FilingRef{FilingID: in.FilingID}).Get(ctx, &seen)
	if err != nil {
		workflow.GetLogger(ctx).Warn("a site could not be looked at after an edit", "edit", in.EditID)
	}
	if in.Step == FooterSiteCheck {
		return nil
	}
	// A filing that is done has no workflow to be told.
	_ = workflow.SignalExternalWorkflow(ctx, FilingWorkflowID(in.Ref), "", SignalSiteCheck, SiteCheck{FilingID: in.FilingID}).Get(ctx, nil)
	return nil
}

// previewActivity looks at a page while a person waits: two more tries, and then
// an answer.
func previewActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              QueueWebsite,
		HeartbeatTimeout:       heartbeatTimeout,
		StartToCloseTimeout:    2 * time.Minute, // an FTP conversation with a slow host, and a fetch
		ScheduleToCloseTimeout: 5 * time.Minute,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, MaximumAttempts: 3},
	})
}

// FooterWorkflowID is the workflow ID of a step of an edit.
func FooterWorkflowID(editID int64, step FooterStep) string {
	return fmt.Sprintf("footer/%d/%s", editID, step)
}

// Footer has a worker do a step of an edit, and waits for its end, twenty
// seconds at most: the row tells how it ended, or that it goes on.
func (c *Client) Footer(ctx context.Context, in FooterInput) error {
	ctx, cancel := context.WithTimeout(ctx, footerPatience)
	defer cancel()
	id := FooterWorkflowID(in.EditID, in.Step)
	if in.Step == FooterSiteCheck {
		id = fmt.Sprintf("look/%d", in.FilingID)
	}
	run, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                QueueFiling,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}, Footer, in)
	if err != nil {
		return fmt.Errorf("starting the %s of edit %d: %w", in.Step, in.EditID, err)
	}
	return run.Get(ctx, nil)
}
