package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
)

// Aliyun and the mail server take both codes; the operator refuses one, and the mailbox's server returns the other. The
// page of the codes says so as soon as they report.
func TestWhatBecameOfTheCodesIsShown(t *testing.T) {
	s, _ := start(t, stack.Options{})
	ctx := t.Context()
	s.StandIns.SMS.Faults.Set(fault.Fault{Operation: "Receipt", Mode: fault.Fail, Code: "MOBILE_NOT_ON_SERVICE", Times: 1})
	s.StandIns.Mail.Faults.Set(fault.Fault{Operation: "Bounce", Mode: fault.Fail, Code: "550 5.1.1 no such user", Times: 1})
	w := customer(t, s)
	require.NoError(t, w.Open(ctx, "D20260001"))
	require.NoError(t, w.Contact(ctx, filingtest.Contact(), password))
	shows := func(ch filing.Channel, text string) {
		t.Helper()
		require.Eventually(t, func() bool {
			page, err := w.Page(ctx, "/orders/D20260001/filing/verify")
			return err == nil && strings.Contains(page.Find(`[data-code="`+string(ch)+`"]`).Text(), text)
		}, 30*time.Second, 100*time.Millisecond, text)
	}
	shows(filing.SMS, "运营商没有送达：simulated (MOBILE_NOT_ON_SERVICE)")
	shows(filing.Mail, "邮件被退回：5.1.1 no such user。请更正邮箱")
	require.NoError(t, w.Verify(ctx, filingtest.Contact(), time.Time{}), "a report doesn't make a code wrong")
	wait(t, w, filing.Preparing)
	sent, err := s.Store.SentMessages(ctx, 1)
	require.NoError(t, err)
	require.Len(t, sent, 2)
	for _, m := range sent {
		require.Equal(t, filing.OutcomeRefused, m.Outcome, m.Channel)
	}
}
