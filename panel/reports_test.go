package panel_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/simulate/mail"
	"github.com/beian/beian/internal/simulate/sms"
	"github.com/beian/beian/panel"
)

const reportSecret = "0123456789abcdef0123"

// report posts a report, and returns the status and the answer's code.
func (o *office) report(path, body string) (status, code int) {
	answer, err := http.Post(o.url+path, "application/json", strings.NewReader(body))
	require.NoError(o.t, err)
	defer answer.Body.Close()
	require.Empty(o.t, answer.Cookies())
	raw, err := io.ReadAll(answer.Body)
	require.NoError(o.t, err)
	var taken struct{ Code *int }
	if json.Unmarshal(raw, &taken) != nil || taken.Code == nil {
		return answer.StatusCode, -1
	}
	return answer.StatusCode, *taken.Code
}

func (o *office) outcome(key string) filing.Delivery {
	list, err := o.db.Deliveries(o.t.Context(), key)
	require.NoError(o.t, err)
	return list[key]
}

func TestReportsSettleMessages(t *testing.T) {
	o := newOffice(t, panel.Config{ReportSecret: reportSecret})
	ctx := t.Context()
	require.NoError(t, o.db.BeginDelivery(ctx, "k", filing.SMS, "13900000001", ""))
	require.NoError(t, o.db.BeginDelivery(ctx, "m", filing.Mail, "a@example.com", "id@example.com"))
	report := string(sms.Report(sms.Sent{Phone: "13900000001", OutID: "k", Receipt: sms.Receipt{Code: "MOBILE_IN_BLACK"}},
		sms.Sent{Phone: "13900000009", OutID: "somebody else's", Receipt: sms.Receipt{Code: "DELIVERED"}}))
	bounce := string(mail.Bounce("id@example.com", "a@example.com", "550 5.1.1 no such user"))

	for _, path := range []string{"/reports/x/sms", "/reports/" + reportSecret + "0/sms", "/reports//sms"} {
		status, _ := o.report(path, report)
		require.Equal(t, http.StatusNotFound, status, path)
	}
	require.Equal(t, filing.OutcomePending, o.outcome("k").Outcome)
	for range 2 { // reports may repeat
		status, code := o.report("/reports/"+reportSecret+"/sms", report)
		require.Equal(t, http.StatusOK, status)
		require.Zero(t, code)
		status, code = o.report("/reports/"+reportSecret+"/mail", bounce)
		require.Equal(t, http.StatusOK, status)
		require.Zero(t, code)
	}
	require.Equal(t, "MOBILE_IN_BLACK", o.outcome("k").Code)
	require.Equal(t, filing.OutcomeRefused, o.outcome("k").Outcome)
	require.Equal(t, "5.1.1", o.outcome("m").Code)

	for path, bodies := range map[string][]string{"sms": {"", "{}", bounce}, "mail": {"", report}} {
		for _, body := range bodies {
			status, code := o.report("/reports/"+reportSecret+"/"+path, body)
			require.Equal(t, http.StatusBadRequest, status, body)
			require.Equal(t, 1, code)
		}
		status, _ := o.report("/reports/"+reportSecret+"/"+path, "["+strings.Repeat(" ", 1<<20)+"]")
		require.Equal(t, http.StatusRequestEntityTooLarge, status)
	}
	require.NoError(t, o.db.Close())
	status, code := o.report("/reports/"+reportSecret+"/sms", report)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, 1, code, "Aliyun pushes it again")
}

func TestWithoutASecretNobodyReports(t *testing.T) {
	o := newOffice(t, panel.Config{})
	for _, path := range []string{"/reports//sms", "/reports/ /sms", "/reports/x/mail"} {
		status, _ := o.report(path, "[]")
		require.Equal(t, http.StatusNotFound, status, path)
	}
}
