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

// FooterStep is a step of editing a home page.
type FooterStep string

// The steps of an edit. Each is a short workflow of its own, because days may pass between them.
const (
	// FooterPreview reads the page.
	FooterPreview FooterStep = "preview"
	// FooterPlace puts the number on the page.
	FooterPlace FooterStep = "place"
	// FooterUndo restores the original.
	FooterUndo FooterStep = "undo"
	// FooterSiteCheck only checks the site of a completed filing, without editing it.
	FooterSiteCheck FooterStep = "site-check"
)

// footerPatience is how long a person waits for a page.
const footerPatience = 20 * time.Second

// FooterInput identifies a step of an edit of a filing's home page.
type FooterInput struct {
	EditID   int64
	FilingID int64
	Ref      string
	Step     FooterStep
}

// Footer does one step of an edit of a home page and records the outcome in the edit's row. If the page changed,
// it checks the site, and signals the filing, which may be waiting for the number.
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
		result.Changed = true // assume so
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
	err = workflow.ExecuteActivity(siteCheckActivity(ctx), a.website.CheckSite,
		activities.FilingRef{FilingID: in.FilingID}).Get(ctx, &seen)
	if err != nil {
		workflow.GetLogger(ctx).Warn("checking a site after an edit failed", "edit", in.EditID)
	}
	if in.Step == FooterSiteCheck {
		return nil
	}
	// A completed filing has no workflow to signal.
	_ = workflow.SignalExternalWorkflow(ctx, FilingWorkflowID(in.Ref), "", SignalSiteCheck,
		activities.Address(SignalSiteCheck, SiteCheck{FilingID: in.FilingID})).Get(ctx, nil)
	return nil
}

// previewActivity reads a page while a person waits: two retries, then an answer.
func previewActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              QueueWebsite,
		HeartbeatTimeout:       heartbeatTimeout,
		StartToCloseTimeout:    2 * time.Minute, // an FTP session with a slow host, and a fetch
		ScheduleToCloseTimeout: 5 * time.Minute,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, MaximumAttempts: 3},
	})
}

// FooterWorkflowID is the workflow ID of a step of an edit.
func FooterWorkflowID(editID int64, step FooterStep) string {
	return fmt.Sprintf("footer/%d/%s", editID, step)
}

// Footer runs a step of an edit and waits up to twenty seconds for it. The row shows the outcome, or that the step
// is still running.
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
		return fmt.Errorf("starting %s of edit %d: %w", in.Step, in.EditID, err)
	}
	return run.Get(ctx, nil)
}
