package e2e_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// The SMS account is in arrears and three filings are stuck: staff get one mail and one signed POST. Once fixed
// and quiet for a while, a new outage alerts them again; a stopped exchange alerts once.
func TestStaffAreToldOfATroubleOnce(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	verifier, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	var mu sync.Mutex
	posts := map[string][]string{} // bodies by ID
	first := true
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(body, r.Header); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if first { // a hiccup, which is retried
			first = false
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		id := r.Header.Get("webhook-id")
		posts[id] = append(posts[id], string(body))
	}))
	t.Cleanup(hook.Close)
	s, _ := start(t,
		stack.Options{ReviewAfter: -1, Staff: config.Staff{Webhook: hook.URL, Secret: secret, AlertQuietPeriod: time.Second}})
	ctx := t.Context()
	eventually := func(what string, ready func() bool) {
		t.Helper()
		require.Eventually(t, ready, time.Minute, 50*time.Millisecond, what)
	}
	told := func(mark string) (mailed, posted int) {
		for _, m := range s.StandIns.Mail.Messages() {
			if strings.Contains(m.Subject, mark) || strings.Contains(m.Text, mark) {
				mailed++
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for id, bodies := range posts {
			require.Len(t, bodies, 1, "%s was taken once", id)
			if strings.Contains(bodies[0], mark) {
				posted++
			}
		}
		return mailed, posted
	}
	both := func(mark string, n int) func() bool {
		return func() bool {
			mailed, posted := told(mark)
			return mailed == n && posted == n
		}
	}
	stuck := func(n int) func() bool {
		return func() bool {
			now, err := s.Store.CountStuck(ctx,
				store.StuckFilter{FilingSearch: store.FilingSearch{Step: "send_sms", Reason: "operator"}})
			return err == nil && now == n
		}
	}
	client := workflows.NewClient(s.Temporal, false)

	s.StandIns.SMS.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: "isv.OUT_OF_SERVICE"})
	refs := openMany(t, s, 3)
	eventually("all are stuck", stuck(3))
	eventually("staff are alerted once", both("send_sms", 1))
	s.StandIns.SMS.Faults.Clear()
	for _, ref := range refs {
		f, err := s.Store.FilingBySerial(ctx, ref, 1)
		require.NoError(t, err)
		_, err = client.Resume(ctx, ref,
			workflows.Resume{Resolution: workflows.Retry, Actor: "support:a", StuckSeq: f.StuckSeq})
		require.NoError(t, err)
	}
	eventually("fixed", stuck(0))
	require.True(t, both("send_sms", 1)(), "no alert for the others")

	// A cause without stuck filings for a second is over.
	eventually("quiet for long enough", func() bool {
		var since time.Time
		err := s.Store.DB().QueryRowContext(ctx, `SELECT clear_since FROM staff_alerts WHERE kind = 'stuck'`).Scan(&since)
		return err == nil && time.Since(since) > 2*time.Second
	})
	s.StandIns.SMS.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: "isv.OUT_OF_SERVICE"})
	f, err := s.Store.FilingBySerial(ctx, refs[0], 1)
	require.NoError(t, err)
	_, err = s.Store.DB().ExecContext(ctx, `UPDATE verifications SET requested_at = requested_at - INTERVAL 2 MINUTE`)
	require.NoError(t, err)
	send, err := s.Store.RequestCode(ctx, f.ID, filing.SMS)
	require.NoError(t, err)
	_, err = client.SendCode(ctx, f.Ref(), workflows.SendCode{Channel: "sms", Send: send})
	require.NoError(t, err)
	eventually("a new outage alerts again", both("send_sms", 2))

	accounts, err := s.Store.Accounts(ctx)
	require.NoError(t, err)
	_, err = s.Store.StopAccount(ctx, accounts[0].ID, 5)
	require.NoError(t, err)
	eventually("the stop is alerted", func() bool {
		mailed, _ := told("数据交换停止")
		_, posted := told("exchange.stopped")
		return mailed == 1 && posted == 1
	})
	eventually("no alert is left", func() bool {
		left, err := s.Store.PendingStaffAlerts(ctx, 9)
		return err == nil && len(left) == 0
	})
	record(t, s, "")
}
