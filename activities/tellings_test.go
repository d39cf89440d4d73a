package activities_test

import (
	"crypto/tls"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/simulate/mail"
	"github.com/beian/beian/internal/simulate/sms"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// phones are stand-ins for SMS and mail, and the effects that send to them.
func phones(t *testing.T, s *store.Store) (*sms.Server, *mail.Server, *activities.Message) {
	t.Helper()
	phone, err := sms.New(sms.Options{AccessKeyID: "id", AccessKeySecret: "secret", SignName: "签名"})
	require.NoError(t, err)
	server := httptest.NewServer(phone)
	t.Cleanup(server.Close)
	codes := map[message.Template]string{}
	for _, name := range message.SMSTemplates {
		codes[name] = "SMS_" + string(name)
	}
	sender, err := message.NewSMS(message.SMSConfig{AccessKeyID: "id", AccessKeySecret: "secret", SignName: "签名", Scheme: "HTTP",
		Endpoint: strings.TrimPrefix(server.URL, "http://"), TemplateCodes: codes, Timeout: 5 * time.Second})
	require.NoError(t, err)
	post, err := mail.New("")
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = post.Serve(l) }()
	t.Cleanup(func() { _ = post.Close() })
	texts, err := message.NewTexts("zh")
	require.NoError(t, err)
	return phone, post, &activities.Message{Store: s, SMS: sender, Texts: texts, Mail: message.NewMail(message.MailConfig{
		Host: "localhost", Port: l.Addr().(*net.TCPAddr).Port, From: "beian@example.com", TLSConfig: &tls.Config{RootCAs: post.RootCAs(), MinVersion: tls.VersionTLS12},
	})}
}

// A filing that the bureau takes away is told of by SMS and mail, once: also when
// an answer was lost, and however often the bureau says so.
func TestDeregistrationByTheBureauIsTold(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, err := s.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err := s.OrderOf(ctx, user.ID, "D1")
	require.NoError(t, err)
	f, err := s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	_, err = s.RegisterContact(ctx, user.ID, f.ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	require.NoError(t, s.QueueRecord(ctx, store.NewRecord{AccountID: account, FilingID: f.ID, Revision: 1, Operation: 1}))
	v := store.Verdict{Decided: true, Approved: true, HolderNumber: "沪ICP备2026000001号", HolderID: 7}
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT id FROM records WHERE filing_id = ?`, f.ID).Scan(&v.RecordID))
	_, err = s.ApplyDownload(ctx, account, 0, []store.Verdict{v})
	require.NoError(t, err)
	_, err = s.RecordNumber(ctx, store.Progress{FilingID: f.ID, Seq: 9, Stage: filing.Filed, Kind: "filed"})
	require.NoError(t, err)
	for range 2 {
		_, err = s.EndFilings(ctx, account, false, 7, "bureau")
		require.NoError(t, err)
	}

	phone, post, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	phone.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Lose, Times: 1})
	_, err = env.ExecuteActivity(effects.TellCustomers)
	require.Error(t, err, "nobody knows whether it went out")
	for range 2 {
		_, err = env.ExecuteActivity(effects.TellCustomers)
		require.NoError(t, err)
	}
	require.Len(t, phone.Messages(), 1)
	require.Equal(t, "SMS_deregistered", phone.Messages()[0].TemplateCode)
	require.Equal(t, map[string]string{"order": "D1", "number": "沪ICP备2026000001号"}, phone.Messages()[0].Params)
	require.Len(t, post.Messages(), 1)
	require.Contains(t, post.Messages()[0].Text, "已被注销")
	left, err := s.Untold(ctx, 1)
	require.NoError(t, err)
	require.Empty(t, left)
}

// A registration has no contact: its notices go to the account's confirmed addresses.
func TestNoticeOfARegistrationGoesToTheAccount(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, err := s.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err := s.OrderOf(ctx, user.ID, "D1")
	require.NoError(t, err)
	f, err := s.OpenRegistration(ctx, store.NewRegistration{OrderID: order.ID, Dossier: filing.Dossier{Kind: filing.KindRegister, Claim: filing.Claim{Number: "沪ICP备2026000002号-1"}}})
	require.NoError(t, err)
	phone, post, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	notify := func(key string, stage filing.Stage) {
		for _, channel := range []string{"sms", "mail"} {
			_, err := env.ExecuteActivity(effects.Notify, activities.Notice{FilingID: f.ID, Channel: channel, Template: string(message.Waiting), Key: key + channel, Stage: stage})
			require.NoError(t, err)
		}
	}
	notify("a", filing.Installing)
	require.Empty(t, phone.Messages(), "nobody is reached who confirmed nothing")

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
	require.Equal(t, "在网站上放备案号和证书", phone.Messages()[0].Params["step"])
	require.Len(t, post.Messages(), 1)
	notify("c", filing.Preparing)
	require.Len(t, phone.Messages(), 1, "a step that is done isn't asked for")
}
