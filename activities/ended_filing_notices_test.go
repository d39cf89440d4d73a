package activities_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// A deregistration by the bureau is announced by SMS and mail, once, even if an answer was lost and however often
// the bureau repeats it.
func TestCustomersAreNotifiedOfDeregistration(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, _, account := filed(t, s)
	for range 2 {
		_, err := s.EndFilings(ctx, account, false, 7, "bureau")
		require.NoError(t, err)
	}

	phone, post, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	phone.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Lose, Times: 1})
	_, err := env.ExecuteActivity(effects.SendCustomerNotices)
	require.Error(t, err, "nobody knows whether it went out")
	for range 2 {
		_, err = env.ExecuteActivity(effects.SendCustomerNotices)
		require.NoError(t, err)
	}
	require.Len(t, phone.Messages(), 1)
	require.Equal(t, "SMS_deregistered", phone.Messages()[0].TemplateCode)
	require.Equal(t, map[string]string{"order": "D1", "number": "沪ICP备2026000001号"}, phone.Messages()[0].Params)
	require.Len(t, post.Messages(), 1)
	require.Contains(t, post.Messages()[0].Text, "已被注销")
	left, err := s.PendingCustomerNotices(ctx, 1)
	require.NoError(t, err)
	require.Empty(t, left)
}

// A withdrawn change, deregistration or registration leaves the number, so no notice says that the filing was
// withdrawn.
func TestWithdrawalNoticeFitsItsKind(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, f, _ := filed(t, s)
	phone, post, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	seq, mails := int64(0), 0
	withdraw := func(id int64) string {
		seq++
		require.NoError(t, s.Advance(ctx,
			store.Progress{FilingID: id, Seq: seq, Stage: filing.Withdrawn, EventKind: "withdrawn", Actor: "support:a"}))
		_, err := env.ExecuteActivity(effects.SendCustomerNotices)
		require.NoError(t, err)
		mails++
		require.Len(t, post.Messages(), mails)
		return post.Messages()[mails-1].Text
	}
	for _, kind := range filing.FollowUps {
		next, err := s.OpenFollowUp(ctx, f.ID, kind)
		require.NoError(t, err)
		text := withdraw(next.ID)
		require.Contains(t, text, "不改变原来的备案和备案号", kind)
		require.NotContains(t, text, "的网站备案", kind)
	}
	next, err := s.OpenFollowUp(ctx, f.ID, filing.KindChange)
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `UPDATE filings SET kind = ? WHERE id = ?`, filing.KindRegister, next.ID)
	require.NoError(t, err)
	require.Contains(t, withdraw(next.ID), "备案号本身不受影响")
	require.Empty(t, phone.Messages(), "no approved SMS says so")

	next, err = s.OpenFollowUp(ctx, f.ID, filing.KindChange)
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `UPDATE filings SET kind = ? WHERE id = ?`, filing.KindNew, next.ID)
	require.NoError(t, err)
	require.Contains(t, withdraw(next.ID), "需要时可以重新申请")
	require.Len(t, phone.Messages(), 1)
}

// A registration has no contact: its notices go to the account's confirmed addresses.
func TestNoticeOfARegistrationGoesToTheAccount(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, err := s.ImportOrder(ctx,
		store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err := s.OrderOf(ctx, user.ID, "D1")
	require.NoError(t, err)
	f, err := s.OpenRegistration(ctx,
		store.NewRegistration{OrderID: order.ID, CustomerID: order.CustomerID, Dossier: filing.Dossier{Kind: filing.KindRegister,
			OwnershipProof: filing.OwnershipProof{Number: "沪ICP备2026000002号-1"}}})
	require.NoError(t, err)
	phone, post, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	notify := func(key string, stage filing.Stage) {
		for _, channel := range filing.Channels {
			_, err := env.ExecuteActivity(effects.Notify, activities.Notice{FilingID: f.ID, Channel: channel,
				Template: message.Waiting, Key: key + string(channel), Stage: stage})
			require.NoError(t, err)
		}
	}
	notify("a", filing.Installing)
	require.Empty(t, phone.Messages(), "unconfirmed addresses get nothing")

	// Another order's contact of the account was verified.
	_, err = s.ImportOrder(ctx, store.OrderImport{Number: "D2", Customer: "demo", Product: "p"})
	require.NoError(t, err)
	other, err := s.OrderOf(ctx, user.ID, "D2")
	require.NoError(t, err)
	g, err := s.OpenFiling(ctx, other.ID)
	require.NoError(t, err)
	_, err = s.RegisterContact(ctx, user.ID, g.ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `UPDATE verifications SET verified_at = requested_at WHERE filing_id = ?`, g.ID)
	require.NoError(t, err)
	notify("b", filing.Installing)
	require.Len(t, phone.Messages(), 1)
	require.Equal(t, "在网站上放备案号", phone.Messages()[0].Params["step"])
	require.Len(t, post.Messages(), 1)
	notify("c", filing.Preparing)
	require.Len(t, phone.Messages(), 1, "no reminder of a completed step")
}

// Notices that fail, however many, hold up no other: they come after it the next time.
func TestFailingNoticesBlockNoOther(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	s.SetClock(func() time.Time { return now })
	phone, post, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	for n := range 12 {
		number := fmt.Sprintf("D%d", n)
		_, err := s.ImportOrder(ctx, store.OrderImport{Number: number, Customer: "demo", Product: "p"})
		require.NoError(t, err)
		user, err := s.UserByLogin(ctx, "demo")
		require.NoError(t, err)
		order, err := s.OrderOf(ctx, user.ID, number)
		require.NoError(t, err)
		f, err := s.OpenFiling(ctx, order.ID)
		require.NoError(t, err)
		contact := filingtest.Contact()
		contact.Mobile, contact.Email = fmt.Sprintf("139000000%02d", n), fmt.Sprintf("a%d@example.com", n)
		_, err = s.RegisterContact(ctx, user.ID, f.ID, contact, "hash")
		require.NoError(t, err)
		now = now.Add(24 * time.Hour / 2)
		require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Withdrawn,
			EventKind: filing.EventWithdrawn, Actor: "support:a"}))
		if n < 11 { // nobody can read where it should go
			_, err = s.DB().ExecContext(ctx, `UPDATE contacts SET sealed = 'x' WHERE filing_id = ?`, f.ID)
			require.NoError(t, err)
		}
	}
	for range 2 {
		now = now.Add(time.Hour)
		_, err := env.ExecuteActivity(effects.SendCustomerNotices)
		require.Error(t, err)
	}
	require.Len(t, phone.Messages(), 1)
	require.Equal(t, "D11", phone.Messages()[0].Params["order"])
	require.Len(t, post.Messages(), 1)
	left, err := s.PendingCustomerNotices(ctx, 20)
	require.NoError(t, err)
	require.Len(t, left, 11)
}
