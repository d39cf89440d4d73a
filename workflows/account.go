package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// passwordNoticeTimeout covers the wait for the change itself and for a mail server that is down.
const passwordNoticeTimeout = time.Hour

// AccountCodeInput identifies a code for an account.
type AccountCodeInput struct {
	CodeID int64
	Send   int
}

// AccountCode sends a code to an account; its row holds the details.
func AccountCode(ctx workflow.Context, in AccountCodeInput) error {
	return workflow.ExecuteActivity(messageActivity(ctx), a.message.SendAccountCode,
		activities.AccountCodeRef(in)).Get(ctx, nil)
}

// PasswordChangedInput identifies a password change.
type PasswordChangedInput struct {
	UserID  int64
	Version int
}

// PasswordChanged notifies an account holder of a password change. It starts before the change is written, so a
// crash in between can't lose the notice; if the change never happens, no notice goes out.
func PasswordChanged(ctx workflow.Context, in PasswordChangedInput) error {
	return workflow.ExecuteActivity(messageActivity(ctx), a.message.NotifyPasswordChanged,
		activities.PasswordRef(in)).Get(ctx, nil)
}

// SendAccountCode starts sending a code and doesn't wait. A code that can't be sent before it expires isn't sent
// at all.
func (c *Client) SendAccountCode(ctx context.Context, codeID int64, send int) error {
	return c.start(ctx, fmt.Sprintf("account-code/%d/%d", codeID, send), filing.CodeTTL, AccountCode,
		AccountCodeInput{codeID, send})
}

// NotifyPasswordChanged starts the notice of a password change that is about to be made, and doesn't wait.
func (c *Client) NotifyPasswordChanged(ctx context.Context, userID int64, version int) error {
	return c.start(ctx, fmt.Sprintf("password-changed/%d/%d", userID, version), passwordNoticeTimeout, PasswordChanged,
		PasswordChangedInput{userID, version})
}
