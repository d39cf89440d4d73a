package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// passwordNoticeTimeout bounds how long a notice waits for its change, and for a
// mail server that is down.
const passwordNoticeTimeout = time.Hour

// AccountCodeInput names a code to an account.
type AccountCodeInput struct {
	CodeID int64
	Send   int
}

// AccountCode sends a code to an account: everything about it stands in its row.
func AccountCode(ctx workflow.Context, in AccountCodeInput) error {
	return workflow.ExecuteActivity(messageActivity(ctx), a.message.SendAccountCode, activities.AccountCodeRef(in)).Get(ctx, nil)
}

// PasswordChangedInput names an account's change of password.
type PasswordChangedInput struct {
	UserID  int64
	Version int
}

// PasswordChanged tells an account's person of a change. It is started before the
// change is made, so that no crash between the two keeps it from the person; a
// change that never comes is told to nobody.
func PasswordChanged(ctx workflow.Context, in PasswordChangedInput) error {
	return workflow.ExecuteActivity(messageActivity(ctx), a.message.NotifyPasswordChanged, activities.PasswordRef(in)).Get(ctx, nil)
}

// SendAccountCode has a code sent and doesn't wait for it. A code that isn't sent
// within its own life isn't sent any more.
func (c *Client) SendAccountCode(ctx context.Context, codeID int64, send int) error {
	return c.start(ctx, fmt.Sprintf("account-code/%d/%d", codeID, send), filing.CodeTTL, AccountCode, AccountCodeInput{codeID, send})
}

// NotifyPasswordChanged has a person told of the change of password that is about
// to be made, and doesn't wait for it.
func (c *Client) NotifyPasswordChanged(ctx context.Context, userID int64, version int) error {
	return c.start(ctx, fmt.Sprintf("password-changed/%d/%d", userID, version), passwordNoticeTimeout, PasswordChanged, PasswordChangedInput{userID, version})
}
