package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// An account's owner learns of a change at the address that they had before: whoever made it may have the new one.
func TestOwnersLearnOfChangesAtTheirFormerAddress(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now().Truncate(time.Second)
	s.SetClock(func() time.Time { return now })
	id, err := s.EnsureStaff(ctx, store.StaffAgent, "wang", "hash")
	require.NoError(t, err)
	phone, post, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	send := func() error {
		_, err := env.ExecuteActivity(effects.SendCustomerNotices)
		return err
	}
	change := func(ch filing.Channel, to string) {
		t.Helper()
		now = now.Add(2 * time.Minute)
		code, _, err := s.RequestContactAddress(ctx, id, ch, to)
		require.NoError(t, err)
		digits, _, err := s.PrepareAccountCode(ctx, code)
		require.NoError(t, err)
		require.NoError(t, s.VerifyAccountCode(ctx, code, digits))
		require.NoError(t, s.ConfirmContactAddress(ctx, id, code))
	}
	change(filing.SMS, "13900000001")
	require.NoError(t, send())
	require.Empty(t, phone.Messages(), "the first address has no former one")

	change(filing.SMS, "13900000002")
	var sealed int
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT COUNT(*) FROM account_notices
		WHERE sealed_to LIKE '%13900000001%'`).Scan(&sealed))
	require.Zero(t, sealed)
	phone.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Lose, Times: 1})
	require.Error(t, send(), "nobody knows whether it went out")
	require.NoError(t, send())
	require.NoError(t, send())
	require.Len(t, phone.Messages(), 1, "once, although an answer was lost")
	require.Equal(t, "13900000001", phone.Messages()[0].Phone)
	require.Equal(t, map[string]string{"login": "wang", "what": "手机号码"}, phone.Messages()[0].Params)

	change(filing.Mail, "a@example.com")
	require.NoError(t, send())
	require.Len(t, phone.Messages(), 2)
	require.Equal(t, "13900000002", phone.Messages()[1].Phone, "no former mail address: the other channel")
	change(filing.Mail, "b@example.com")
	require.NoError(t, s.BeginTOTP(ctx, id, "SECRET"))
	require.NoError(t, s.EnrolTOTP(ctx, id, "SECRET", 1, nil))
	require.NoError(t, s.ResetTOTP(ctx, id))
	require.NoError(t, send())
	require.Len(t, post.Messages(), 3)
	require.Equal(t, []string{"a@example.com"}, post.Messages()[0].To)
	require.Contains(t, post.Messages()[1].Text, "动态口令")
	require.Equal(t, []string{"b@example.com"}, post.Messages()[2].To)

	// A refused address is given up, and its row forgets it.
	change(filing.SMS, "13900000003")
	phone.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: "isv.MOBILE_NUMBER_ILLEGAL", Times: 1})
	require.NoError(t, send())
	pending, err := s.AccountNotices(ctx, 9)
	require.NoError(t, err)
	require.Empty(t, pending)
	var kept int
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT COUNT(sealed_to) FROM account_notices`).Scan(&kept))
	require.Zero(t, kept)
}

// Without a mail address, the notice of a changed password goes out by SMS.
func TestPasswordNoticeGoesOutBySMS(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	order, _, _ := filed(t, s)
	_, err := s.DB().ExecContext(ctx, `UPDATE verifications SET verified_at = UTC_TIMESTAMP(6) WHERE channel = ?`, filing.SMS)
	require.NoError(t, err)
	phone, post, effects := phones(t, s)
	require.NoError(t, s.ChangePassword(ctx, order.CustomerID, 0, "hash", 0))
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	_, err = env.ExecuteActivity(effects.NotifyPasswordChanged, activities.PasswordRef{UserID: order.CustomerID, Version: 1})
	require.NoError(t, err)
	require.Empty(t, post.Messages())
	require.Len(t, phone.Messages(), 1)
	require.Equal(t, "SMS_"+string(message.AccountChanged), phone.Messages()[0].TemplateCode)
	require.Equal(t, "登录密码", phone.Messages()[0].Params["what"])
}
