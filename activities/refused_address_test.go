package activities_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/testdb"
)

// What was refused for good gets no notices any more, until its owner confirms it. Codes, which somebody asks for, and
// the other channel go on.
func TestRefusedAddressesGetNoNotices(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	phone, post, a := phones(t, s)
	_, f, _ := filed(t, s)
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivity(a)
	notify := func(channel filing.Channel, key string) error {
		_, err := env.ExecuteActivity(a.Notify, activities.Notice{FilingID: f.ID, Channel: channel,
			Template: message.Approved, Key: key})
		return err
	}
	require.NoError(t, notify(filing.SMS, "a"))
	_, err := s.SettleSMS(ctx, "a", filingtest.Contact().Mobile, filing.Delivery{Outcome: filing.OutcomeRefused,
		Fault: string(message.Recipient), Code: "INVALID_NUMBER", Permanent: true})
	require.NoError(t, err)
	err = notify(filing.SMS, "b")
	app, is := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, is, "%v", err)
	require.Equal(t, activities.ReasonRecipient, app.Type())
	require.True(t, app.NonRetryable())
	require.Len(t, phone.Messages(), 1, "nothing went out")
	require.NoError(t, notify(filing.Mail, "b-mail"))
	require.Len(t, post.Messages(), 1)
	_, err = env.ExecuteActivity(a.SendCode, activities.CodeRef{FilingID: f.ID, Channel: filing.SMS, Send: 1})
	require.NoError(t, err)
	require.Len(t, phone.Messages(), 2, "the code")

	require.NoError(t, s.ConfirmAddress(ctx, filing.SMS, filingtest.Contact().Mobile))
	require.NoError(t, notify(filing.SMS, "b"))
	require.Len(t, phone.Messages(), 3)
}

// A mail server that knows no such mailbox says so at once.
func TestUnknownMailboxIsRefusedForGood(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, post, a := phones(t, s)
	_, f, _ := filed(t, s)
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivity(a)
	post.Faults.Set(fault.Fault{Operation: "RCPT", Mode: fault.Fail, Code: "550 5.1.1", Times: 1})
	_, err := env.ExecuteActivity(a.Notify, activities.Notice{FilingID: f.ID, Channel: filing.Mail,
		Template: message.Approved, Key: "a"})
	require.Error(t, err)
	list, err := s.RefusedOfFiling(ctx, f.ID)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, filing.Mail, list[0].Channel)
	require.Equal(t, "550", list[0].Code)
}
