package workflows_test

import (
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/simulate/mail"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/workflows"
)

// postOffice runs the account workflows against a real database and mail server.
type postOffice struct {
	t    *testing.T
	db   *store.Store
	mail *mail.Server
	env  func() *testsuite.TestWorkflowEnvironment
	user int64
}

func newPostOffice(t *testing.T) *postOffice {
	p := &postOffice{t: t, db: testdb.New(t)}
	var err error
	p.mail, err = mail.New("")
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = p.mail.Serve(l) }()
	t.Cleanup(func() { _ = p.mail.Close() })
	texts, err := message.NewTexts("zh")
	require.NoError(t, err)
	worker := &activities.Message{Store: p.db, Texts: texts, Mail: message.NewMail(message.MailConfig{
		Host: "localhost", Port: l.Addr().(*net.TCPAddr).Port, From: "beian@example.com",
		TLSConfig: &tls.Config{RootCAs: p.mail.RootCAs(), MinVersion: tls.VersionTLS12},
	})}
	p.env = func() *testsuite.TestWorkflowEnvironment {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestWorkflowEnvironment()
		env.SetTestTimeout(time.Minute)
		env.RegisterActivity(worker)
		return env
	}
	p.user, err = p.db.EnsureUser(t.Context(), store.RoleCustomer, "demo", "hash")
	require.NoError(t, err)
	return p
}

func (p *postOffice) code(id int64, send int) error {
	env := p.env()
	env.ExecuteWorkflow(workflows.AccountCode, workflows.AccountCodeInput{CodeID: id, Send: send})
	require.True(p.t, env.IsWorkflowCompleted())
	return env.GetWorkflowError()
}

func TestAccountCodesGoOutOnce(t *testing.T) {
	p, ctx := newPostOffice(t), t.Context()
	id, send, err := p.db.RequestContactAddress(ctx, p.user, filing.Mail, "own@example.com")
	require.NoError(t, err)
	p.mail.Faults.Set(fault.Fault{Operation: "RCPT", Mode: fault.Fail, Code: "451", Times: 2})
	require.NoError(t, p.code(id, send))
	require.Len(t, p.mail.Messages(), 1)
	require.NoError(t, p.code(id, send))
	require.Len(t, p.mail.Messages(), 1, "once")
	code, number, err := p.db.PrepareAccountCode(ctx, id)
	require.NoError(t, err)
	require.Zero(t, number, code)

	nobody, send, err := p.db.RequestRecovery(ctx, store.Asker{Browser: "b", Network: "n"}, "nobody", filing.Mail)
	require.NoError(t, err)
	require.NoError(t, p.code(nobody, send))
	unreachable, send, err := p.db.RequestRecovery(ctx, store.Asker{Browser: "b", Network: "n"}, "demo", filing.Mail)
	require.NoError(t, err)
	require.NoError(t, p.code(unreachable, send))
	require.Len(t, p.mail.Messages(), 1, "nothing without an account or an address")
	require.Error(t, p.code(99, 1), "no such row")
}

func TestPasswordNoticeWaitsForItsChange(t *testing.T) {
	p, ctx := newPostOffice(t), t.Context()
	id, _, err := p.db.RequestContactAddress(ctx, p.user, filing.Mail, "own@example.com")
	require.NoError(t, err)
	code, _, err := p.db.PrepareAccountCode(ctx, id)
	require.NoError(t, err)
	require.NoError(t, p.db.VerifyAccountCode(ctx, id, code))
	require.NoError(t, p.db.ConfirmContactAddress(ctx, p.user, id))

	run := func(version int, change func()) error {
		env := p.env()
		env.RegisterDelayedCallback(change, 5*time.Second)
		env.ExecuteWorkflow(workflows.PasswordChanged, workflows.PasswordChangedInput{UserID: p.user, Version: version})
		require.True(t, env.IsWorkflowCompleted())
		return env.GetWorkflowError()
	}
	require.NoError(t, run(1, func() {
		require.Empty(t, p.mail.Messages())
		require.NoError(t, p.db.ChangePassword(ctx, p.user, 0, "new", 0))
	}))
	require.Len(t, p.mail.Messages(), 1)
	require.Contains(t, p.mail.Messages()[0].Text, "账号 demo 的登录密码刚刚修改")
	require.NoError(t, run(1, func() {}))
	require.Len(t, p.mail.Messages(), 1, "one notice")
	require.Error(t, run(2, func() {}), "a change that is never made")
	require.Len(t, p.mail.Messages(), 1, "sends no notice")
}
