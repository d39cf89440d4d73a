package activities_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/internal/webhook"
)

const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// post is what a webhook received.
type post struct{ id, body string }

// hooked is a webhook that answers as told and records what it receives.
func hooked(t *testing.T, status *int) (hook *webhook.Webhook, posts *[]post) {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(hookSecret)
	require.NoError(t, err)
	posts = &[]post{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(body, r.Header); err != nil {
			t.Error(err)
		}
		*posts = append(*posts, post{r.Header.Get("webhook-id"), string(body)})
		w.WriteHeader(*status)
	}))
	t.Cleanup(server.Close)
	hook, err = webhook.New(server.URL, hookSecret)
	require.NoError(t, err)
	return hook, posts
}

// startedAlerts records the alerts that were started.
type startedAlerts struct{ ids []int64 }

func (w *startedAlerts) StartStaffAlert(_ context.Context, id int64) error {
	w.ids = append(w.ids, id)
	return nil
}

// A cause is mailed and posted once each; after a crash before it is recorded, the same alert goes out again under
// the same ID. It contains nobody's data.
func TestAlertIsMailedAndPostedOnce(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, f, account := filed(t, s)
	yes := true
	require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 20, Stuck: &yes, StuckStep: "send_sms",
		StuckReason: activities.ReasonOperator, EventKind: "stuck", Actor: "system"}))
	_, err := s.StopAccount(ctx, account, 5)
	require.NoError(t, err)
	status, told := http.StatusServiceUnavailable, &startedAlerts{}
	_, mails, effects := phones(t, s)
	var posts *[]post
	effects.StaffWebhook, posts = hooked(t, &status)
	effects.StaffAddress, effects.PanelURL, effects.Alerter = "staff@example.com", "https://beian.example.com", told
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)

	notice := activities.StuckReport{FilingID: f.ID, Step: "send_sms", Reason: activities.ReasonOperator}
	_, err = env.ExecuteActivity(effects.AlertStaff, notice)
	require.NoError(t, err)
	require.Equal(t, []int64{1}, told.ids)
	_, err = env.ExecuteActivity(effects.MailTasks)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2, 1}, told.ids,
		"the end of an exchange starts the alert of the stop, and what a crash prevented")

	_, err = env.ExecuteActivity(effects.PostStaffAlert, int64(1))
	require.Error(t, err)
	status = http.StatusNoContent
	_, err = env.ExecuteActivity(effects.PostStaffAlert, int64(1))
	require.NoError(t, err)
	_, err = env.ExecuteActivity(effects.MailStaffAlert, int64(1))
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `UPDATE staff_alerts SET posted_at = NULL, mailed_at = NULL,
		notified_at = NULL`) // the process died before it noted them
	require.NoError(t, err)
	for range 2 {
		for _, act := range []any{effects.PostStaffAlert, effects.MailStaffAlert} {
			_, err = env.ExecuteActivity(act, int64(1))
			require.NoError(t, err)
		}
	}
	require.Len(t, *posts, 3, "one refused, one taken, one again")
	for _, p := range *posts {
		require.Equal(t, (*posts)[0], p, "the same each time")
	}
	var event map[string]any
	require.NoError(t, json.Unmarshal([]byte((*posts)[0].body), &event))
	require.Equal(t, "filing.stuck", event["type"])
	require.Equal(t, map[string]any{"id": 1.0, "step": "send_sms", "reason": "operator", "order": "D1",
		"link": "https://beian.example.com/support/filings?reason=operator&step=send_sms"}, event["data"])
	require.Len(t, mails.Messages(), 2)
	require.Equal(t, mails.Messages()[0].MessageID, mails.Messages()[1].MessageID)
	require.Contains(t, mails.Messages()[0].Text,
		"https://beian.example.com/support/filings?reason=operator&step=send_sms")
	for _, personal := range []string{filingtest.Contact().Mobile, filingtest.Contact().Email, filingtest.Contact().Name,
		filingtest.Contact().UserName} {
		require.NotContains(t, (*posts)[0].body+mails.Messages()[0].Text, personal)
	}

	for _, act := range []any{effects.PostStaffAlert, effects.MailStaffAlert} {
		_, err = env.ExecuteActivity(act, int64(2))
		require.NoError(t, err)
	}
	require.Contains(t, (*posts)[3].body, `"type":"exchange.stopped"`)
	require.Contains(t, (*posts)[3].body, `"account":"a","code":5`)
	require.Contains(t, mails.Messages()[2].Subject, "数据交换停止")
	told.ids = nil
	for _, act := range []func() error{
		func() error { _, err := env.ExecuteActivity(effects.AlertStaff, notice); return err },
		func() error { _, err := env.ExecuteActivity(effects.MailTasks); return err },
	} {
		require.NoError(t, act())
	}
	require.Empty(t, told.ids, "they know")
}

// Without an address and a webhook, nothing waits for them.
func TestAlertWithoutRecipientsIsDone(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, _, account := filed(t, s)
	_, err := s.StopAccount(ctx, account, 5)
	require.NoError(t, err)
	_, _, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	for _, act := range []any{effects.PostStaffAlert, effects.MailStaffAlert} {
		_, err = env.ExecuteActivity(act, int64(1))
		require.NoError(t, err)
	}
	left, err := s.PendingStaffAlerts(ctx, 9)
	require.NoError(t, err)
	require.Empty(t, left)
}
