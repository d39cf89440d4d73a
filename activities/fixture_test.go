package activities_test

import (
	"crypto/tls"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/mail"
	"github.com/beian/beian/internal/simulate/sms"
	"github.com/beian/beian/internal/store"
	"github.com/stretchr/testify/require"
)

// phones makes stand-ins for SMS and mail, and the activities that send to them.
func phones(t *testing.T, s *store.Store) (*sms.Server, *mail.Server, *activities.Message) {
	t.Helper()
	phone, err := sms.New(sms.Options{AccessKeyID: "id", AccessKeySecret: "secret", SignName: "签名"})
	require.NoError(t, err)
	sender := smsTo(t, phone)
	post, err := mail.New("")
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = post.Serve(l) }()
	t.Cleanup(func() { _ = post.Close() })
	texts, err := message.NewTexts("zh")
	require.NoError(t, err)
	return phone, post, &activities.Message{Store: s, SMS: sender, Texts: texts, Mail: message.NewMail(message.MailConfig{
		Host: "localhost", Port: l.Addr().(*net.TCPAddr).Port, From: "beian@example.com",
		TLSConfig: &tls.Config{RootCAs: post.RootCAs(), MinVersion: tls.VersionTLS12},
	})}
}

// smsTo sends to a stand-in.
func smsTo(t *testing.T, stand *sms.Server) *message.SMS {
	t.Helper()
	server := httptest.NewServer(stand)
	t.Cleanup(server.Close)
	codes := map[message.Template]string{}
	for _, name := range message.SMSTemplates {
		codes[name] = "SMS_" + string(name)
	}
	sender, err :=
		message.NewSMS(message.SMSConfig{AccessKeyID: "id", AccessKeySecret: "secret", SignName: "签名", Scheme: "HTTP",
			Endpoint: strings.TrimPrefix(server.URL, "http://"), TemplateCodes: codes, Timeout: 5 * time.Second})
	require.NoError(t, err)
	return sender
}

// filed makes order D1 with a filing that an account's bureau approved; its holder has the bureau's ID 7.
func filed(t *testing.T, s *store.Store) (order store.Order, f store.Filing, account int64) {
	t.Helper()
	ctx := t.Context()
	_, err := s.ImportOrder(ctx,
		store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err = s.OrderOf(ctx, user.ID, "D1")
	require.NoError(t, err)
	f, err = s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	_, err = s.RegisterContact(ctx, user.ID, f.ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	account, err = s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	require.NoError(t, s.QueueRecord(ctx, store.NewRecord{AccountID: account, FilingID: f.ID, Revision: 1, Operation: 1}))
	v := store.Verdict{Decided: true, Approved: true, HolderNumber: "沪ICP备2026000001号", HolderID: 7}
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT id FROM records WHERE filing_id = ?`, f.ID).Scan(&v.RecordID))
	_, err = s.ApplyDownload(ctx, account, 0, []store.Verdict{v})
	require.NoError(t, err)
	_, err = s.RecordNumber(ctx, store.Progress{FilingID: f.ID, Seq: 9, Stage: filing.Filed, EventKind: "filed"})
	require.NoError(t, err)
	return order, f, account
}
