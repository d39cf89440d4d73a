package activities_test

import (
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
	"github.com/beian/beian/internal/simulate/sms"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// A reminder goes out once for its key, with the days that are left, and not any
// more when the number is recorded, its time is over, or the order was filed anew.
func TestReminderOfThePublicSecurityFiling(t *testing.T) {
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
	var verdict store.Verdict
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT id FROM records WHERE filing_id = ?`, f.ID).Scan(&verdict.RecordID))
	verdict.Decided, verdict.Approved, verdict.HolderNumber = true, true, "沪ICP备2026000001号"
	filed := time.Now() // the time runs from the approval
	_, err = s.ApplyDownload(ctx, account, 0, []store.Verdict{verdict})
	require.NoError(t, err)
	_, err = s.RecordNumber(ctx, store.Progress{FilingID: f.ID, Seq: 9, Stage: filing.Filed, Kind: "filed"})
	require.NoError(t, err)

	phone, err := sms.New(sms.Options{AccessKeyID: "id", AccessKeySecret: "secret", SignName: "签名"})
	require.NoError(t, err)
	server := httptest.NewServer(phone)
	t.Cleanup(server.Close)
	sender, err := message.NewSMS(message.SMSConfig{AccessKeyID: "id", AccessKeySecret: "secret", SignName: "签名", Scheme: "HTTP",
		Endpoint: strings.TrimPrefix(server.URL, "http://"), TemplateCodes: map[message.Template]string{message.Police: "SMS_8"}, Timeout: 5 * time.Second})
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	effects := &activities.Message{Store: s, SMS: sender}
	env.RegisterActivity(effects)
	env.RegisterActivity(&activities.Filing{Store: s})
	var due activities.PoliceDue
	value, err := env.ExecuteActivity((&activities.Filing{}).PoliceDue, activities.FilingRef{FilingID: f.ID})
	require.NoError(t, err)
	require.NoError(t, value.Get(&due))
	require.True(t, due.Due)
	require.Equal(t, order.ID, due.OrderID)

	remind := func(days int, key string, since time.Time) {
		s.SetClock(func() time.Time { return filed.AddDate(0, 0, days) })
		_, err := env.ExecuteActivity(effects.RemindPolice, activities.PoliceReminder{FilingID: f.ID, Channel: "sms", Template: "police", Since: since, Key: key})
		require.NoError(t, err)
	}
	remind(3, "a", due.Since)
	remind(3, "a", due.Since)
	require.Len(t, phone.Messages(), 1, "once for its key")
	require.Equal(t, map[string]string{"order": "D1", "left": "28"}, phone.Messages()[0].Params, "what is left of the day counts")
	remind(4, "b", due.Since.Add(time.Hour))
	remind(31, "c", due.Since)
	require.Len(t, phone.Messages(), 1)
	require.NoError(t, s.DeclinePolice(ctx, f.ID, "customer:demo"))
	remind(15, "d", due.Since)
	require.Len(t, phone.Messages(), 1)
}
