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

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// ErrWrongStage says that the filing's present stage doesn't allow this: somebody was quicker, or the page was
// stale.
var ErrWrongStage = errors.New("not possible in the present stage of the filing")

// ErrSlow says that an Update wasn't answered in time: it may still have its effect.
var ErrSlow = errors.New("no answer in time")

// waitTime is how long people wait for Temporal or a workflow.
const waitTime = 10 * time.Second

// Unavailable reports whether an error means that Temporal can't be reached.
func Unavailable(err error) bool {
	var unavailable *serviceerror.Unavailable
	var deadline *serviceerror.DeadlineExceeded
	return errors.As(err, &unavailable) || errors.As(err, &deadline)
}

// wrongStage is the application error type of a validator's rejection.
const wrongStage = "wrong_stage"

// Client lets the panel and the command line talk to filings.
type Client struct {
	temporal  client.Client
	namespace string
	vetting   bool
}

// NewClient makes a Client; vetting says whether new filings go through the provider's own vetting (初审).
func NewClient(c client.Client, vetting bool) *Client {
	return &Client{temporal: c, namespace: client.DefaultNamespace, vetting: vetting}
}

// In sets the namespace, if it isn't Temporal's default. It must be that of the Temporal client, because
// client.Client doesn't expose its namespace.
func (c *Client) In(namespace string) *Client {
	in := *c
	in.namespace = namespace
	return &in
}

// Open starts a filing's workflow, or finds the running one. Whether a new filing is vetted is a setting of the
// Client.
func (c *Client) Open(ctx context.Context, ref string, in FilingInput) error {
	return c.open(ctx, ref, in, enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING)
}

// Replace terminates a filing's workflow if it is running, and starts a new one: for when the database is right and
// Temporal is out of date.
func (c *Client) Replace(ctx context.Context, ref string, in FilingInput) error {
	return c.open(ctx, ref, in, enums.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING)
}

func (c *Client) open(ctx context.Context, ref string, in FilingInput, running enums.WorkflowIdConflictPolicy) error {
	in.Vetting = c.vetting
	ctx, cancel := context.WithTimeout(ctx, waitTime)
	defer cancel()
	_, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       FilingWorkflowID(ref),
		TaskQueue:                QueueFiling,
		WorkflowIDConflictPolicy: running,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}, Filing, in)
	if err != nil {
		return fmt.Errorf("starting filing %s: %w", ref, err)
	}
	return nil
}

// start starts an auxiliary workflow unless it is running, and doesn't wait. A timeout of 0 means no limit. An
// ended workflow may run again: its activities know what was done.
func (c *Client) start(ctx context.Context, id string, timeout time.Duration, f, in any) error {
	ctx, cancel := context.WithTimeout(ctx, waitTime)
	defer cancel()
	_, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: QueueFiling, WorkflowExecutionTimeout: timeout,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}, f, in)
	if err != nil {
		return fmt.Errorf("starting %s: %w", id, err)
	}
	return nil
}

// StartAftercare starts an approved filing's aftercare again if it is gone. It ends at once if nothing is due.
func (c *Client) StartAftercare(ctx context.Context, ref string, in AftercareInput) error {
	return c.start(ctx, AftercareWorkflowID(ref), 0, Aftercare, in)
}

// GiveContact reports that a version of the contact is in the database.
func (c *Client) GiveContact(ctx context.Context, ref string, in ContactGiven) (State, error) {
	return c.update(ctx, ref, UpdateContact, fmt.Sprintf("contact/%d", in.Version), in)
}

// SendCode sends a requested code.
func (c *Client) SendCode(ctx context.Context, ref string, in SendCode) (State, error) {
	return c.update(ctx, ref, UpdateSendCode, fmt.Sprintf("code/%s/%d", in.Channel, in.Send), in)
}

// Verified reports that both codes were right.
func (c *Client) Verified(ctx context.Context, ref string, in ByActor) (State, error) {
	return c.update(ctx, ref, UpdateVerified, UpdateVerified, in)
}

// Submit reports that a dossier is in the database.
func (c *Client) Submit(ctx context.Context, ref string, in Submission) (State, error) {
	return c.update(ctx, ref, UpdateSubmit, fmt.Sprintf("submit/%d", in.Revision), in)
}

// Pass approves a dossier for the bureau (初审通过).
func (c *Client) Pass(ctx context.Context, ref string, in Verdict) (State, error) {
	return c.update(ctx, ref, UpdatePass, verdictID(in), in)
}

// SendBack returns a dossier to the customer (初审退回).
func (c *Client) SendBack(ctx context.Context, ref string, in Verdict) (State, error) {
	return c.update(ctx, ref, UpdateSendBack, verdictID(in), in)
}

// verdictID deduplicates a verdict that is sent twice.
func verdictID(in Verdict) string { return fmt.Sprintf("verdict/%d", in.Revision) }

// CheckSiteNow checks the site at once; again only a minute later, because a workflow takes a limited number of
// Updates, which everybody else needs too.
func (c *Client) CheckSiteNow(ctx context.Context, ref string, in ByActor) (State, error) {
	return c.update(ctx, ref, UpdateCheckSite, fmt.Sprintf("check-site/%d", time.Now().Unix()/60), in)
}

// ConfirmSMSVerification reports that somebody answered the ministry's SMS verification.
func (c *Client) ConfirmSMSVerification(ctx context.Context, ref string, in SMSVerified) (State, error) {
	return c.update(ctx, ref, UpdateSMSVerified, "", in)
}

// Withdraw ends a filing that hasn't gone to the bureau.
func (c *Client) Withdraw(ctx context.Context, ref string, in ByActor) (State, error) {
	return c.update(ctx, ref, UpdateWithdraw, UpdateWithdraw, in)
}

// ContactCorrected reports a correction of the contact; key identifies it.
func (c *Client) ContactCorrected(ctx context.Context, ref, key string, in Corrected) (State, error) {
	return c.update(ctx, ref, UpdateCorrected, key, in)
}

// Resume resumes a stuck filing. The same order for the same failure counts once.
func (c *Client) Resume(ctx context.Context, ref string, in Resume) (State, error) {
	return c.update(ctx, ref, UpdateResume, fmt.Sprintf("resume/%d/%s", in.StuckSeq, in.Resolution), in)
}

// update sends an Update and waits for its answer, for waitTime at most: then it returns ErrSlow. With an updateID, a
// repeated Update returns the first one's answer.
func (c *Client) update(ctx context.Context, ref, name, updateID string, arg any) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, waitTime)
	defer cancel()
	var state State
	handle, err := c.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID:   FilingWorkflowID(ref),
		UpdateID:     updateID,
		UpdateName:   name,
		Args:         []any{activities.Address(name, arg)},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &state)
	}
	err = refusedAs(err, fmt.Sprintf("%s of filing %s", name, ref))
	if errors.Is(err, ErrWrongStage) {
		return State{Stage: filing.Withdrawn}, err
	}
	return state, err
}

// refusedAs turns an Update's error into ErrWrongStage if a validator refused it or no workflow is left to take
// it.
func refusedAs(err error, what string) error {
	var notFound *serviceerror.NotFound
	var app *temporal.ApplicationError
	var slow *client.WorkflowUpdateServiceTimeoutOrCanceledError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &slow), errors.Is(err, context.DeadlineExceeded), Unavailable(err):
		return fmt.Errorf("%s: %w: %w", what, ErrSlow, err)
	case errors.As(err, &notFound), errors.As(err, &app) && app.Type() == wrongStage:
		return fmt.Errorf("%s: %w", what, ErrWrongStage)
	}
	return fmt.Errorf("%s: %w", what, err)
}
