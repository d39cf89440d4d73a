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

const (
	// inquiryTimeout bounds an inquiry's workflow: by then, whoever asked is gone.
	inquiryTimeout = 30 * time.Second
	// inquiryPatience is how long a person waits for a page.
	inquiryPatience = 10 * time.Second
)

// InquiryInput identifies an inquiry to a bureau.
type InquiryInput struct{ InquiryID int64 }

// Inquiry asks a bureau one question while a person waits. The answer may be personal, so it goes to the inquiry's
// row and not into the history.
func Inquiry(ctx workflow.Context, in InquiryInput) error {
	return workflow.ExecuteActivity(inquiryActivity(ctx), a.bureau.Ask,
		activities.InquiryRef{InquiryID: in.InquiryID}).Get(ctx, nil)
}

// inquiryActivity is for one small call to the bureau, with one retry for harmless questions; the activity itself
// asks for a password only once.
func inquiryActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueBureau,
		StartToCloseTimeout: 8 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 500 * time.Millisecond, MaximumAttempts: 2},
	})
}

// Ask sends a stored inquiry to a bureau and waits up to ten seconds. The row then holds the answer, if any.
func (c *Client) Ask(ctx context.Context, inquiryID int64) error {
	ctx, cancel := context.WithTimeout(ctx, inquiryPatience)
	defer cancel()
	run, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       fmt.Sprintf("inquiry/%d", inquiryID),
		TaskQueue:                QueueFiling,
		WorkflowExecutionTimeout: inquiryTimeout,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
	}, Inquiry, InquiryInput{InquiryID: inquiryID})
	if err != nil {
		return fmt.Errorf("starting inquiry %d: %w", inquiryID, err)
	}
	return run.Get(ctx, nil)
}
