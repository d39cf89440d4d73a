package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// A code for a first password goes to the provider's addresses, with a link by mail; why it couldn't be sent is known
// until it is.
func TestFirstCodeIsSentOrSaysWhyNot(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	mobile, email := "13900000009", "newcomer@example.com"
	_, err := s.ImportOrder(ctx, store.OrderImport{Number: "N1", Customer: "newcomer", Product: "p",
		Domains: []string{"www.example.com"}, Mobile: &mobile, Email: &email})
	require.NoError(t, err)
	u, err := s.UserByLogin(ctx, "newcomer")
	require.NoError(t, err)
	phone, post, effects := phones(t, s)
	effects.PanelURL = "https://panel.example.com"
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	send := func(ch filing.Channel) (activities.AccountCodeRef, error) {
		id, number, err := s.RequestFirstCode(ctx, u.ID, ch)
		require.NoError(t, err)
		ref := activities.AccountCodeRef{CodeID: id, Send: number}
		_, err = env.ExecuteActivity(effects.SendAccountCode, ref)
		return ref, err
	}
	failure := func() string {
		codes, err := s.FirstCodes(ctx, u.ID)
		require.NoError(t, err)
		return codes[len(codes)-1].Failure
	}
	phone.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: "isv.OUT_OF_SERVICE", Times: 1})
	ref, err := send(filing.SMS)
	require.Error(t, err)
	require.Equal(t, "operator", failure())
	_, err = env.ExecuteActivity(effects.SendAccountCode, ref)
	require.NoError(t, err)
	require.Len(t, phone.Messages(), 1)
	require.Equal(t, mobile, phone.Messages()[0].Phone)
	codes, err := s.FirstCodes(ctx, u.ID)
	require.NoError(t, err)
	require.True(t, codes[0].SentAt.Valid)

	_, err = send(filing.Mail)
	require.NoError(t, err)
	require.Len(t, post.Messages(), 1)
	require.Equal(t, []string{email}, post.Messages()[0].To)
	require.Contains(t, post.Messages()[0].Text, "https://panel.example.com/sign-in/first")
}
