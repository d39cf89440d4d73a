package message_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/extcall"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/fault"
)

// Who mends what is read from the other side's documentation: each change of the tables is one of this file, to be
// read. BEIAN_UPDATE_GOLDEN=1 writes it.
func TestWhoMendsWhat(t *testing.T) {
	const file = "testdata/faults.tsv"
	now := strings.Join(message.Faults(), "\n") + "\n"
	if os.Getenv("BEIAN_UPDATE_GOLDEN") != "" {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(now), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), now)
}

// Staff learn the code and what it means; a code that nobody knows keeps the other side's words.
func TestFailuresNameTheirCode(t *testing.T) {
	s, client := aliyun(t, "secret")
	s.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: "isv.AMOUNT_NOT_ENOUGH", Times: 1})
	_, err := client.Send(t.Context(), text("k"))
	var e *message.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "isv.AMOUNT_NOT_ENOUGH", e.Code)
	require.EqualError(t, err, "message not sent: operator (isv.AMOUNT_NOT_ENOUGH: arrears)")

	m := text("k")
	m.Template = message.Approved
	_, err = client.Send(t.Context(), m)
	require.ErrorAs(t, err, &e)
	require.Equal(t, message.Error{Kind: message.Operator, Code: "template_not_configured"}, *e)
	require.EqualError(t, err, "message not sent: operator (template_not_configured)")
	require.Empty(t, s.Messages())
}

// Aliyun takes 35 characters in a variable.
func TestLongVariablesAreShortened(t *testing.T) {
	s, client := aliyun(t, "secret")
	for n, want := range map[int]string{35: strings.Repeat("名", 35), 36: strings.Repeat("名", 34) + "…"} {
		m := text(want)
		m.Params["user_name"] = strings.Repeat("名", n)
		_, err := client.Send(t.Context(), m)
		require.NoError(t, err)
		sent := s.Messages()
		require.Equal(t, want, sent[len(sent)-1].Params["user_name"])
	}
}

// The check of an account fails for what a message would fail for.
func TestAccountIsChecked(t *testing.T) {
	s, client := aliyun(t, "secret")
	require.NoError(t, client.CheckAccount(t.Context()))
	_, wrong := aliyun(t, "another secret")
	require.ErrorContains(t, wrong.CheckAccount(t.Context()), "SignatureDoesNotMatch")
	s.Faults.Set(fault.Fault{Operation: "QuerySendDetails", Mode: fault.Fail, Code: "isp.RAM_PERMISSION_DENY", Times: 1})
	require.ErrorContains(t, client.CheckAccount(t.Context()), "AliyunDysmsFullAccess")

	valid := 0
	client = aliyunAt(t, "secret", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.NoError(t, r.ParseForm())
		require.Regexp(t, `^1\d{10}$`, r.Form.Get("PhoneNumber"))
		require.Equal(t, time.Now().UTC().Add(8*time.Hour).Format("20060102"), r.Form.Get("SendDate"))
		require.Equal(t, []string{"1", "1"}, []string{r.Form.Get("PageSize"), r.Form.Get("CurrentPage")})
		valid++
		_, _ = w.Write([]byte(`{"Code":"OK"}`))
	}))
	require.NoError(t, client.CheckAccount(t.Context()))
	require.Equal(t, 1, valid)
}

// An Aliyun that never says anything is given up with whoever waits for it, and asked once.
func TestSilentAliyunIsGivenUp(t *testing.T) {
	var calls atomic.Int32
	client := aliyunAt(t, "secret", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body) // or the server doesn't notice that the client hangs up
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := client.Send(ctx, text("k"))
	var e *message.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, message.Error{Kind: message.Temporary, Code: "network"}, *e)
	require.Less(t, time.Since(begin), 4*time.Second, "not after the time-out of a call")
	require.EqualValues(t, 1, calls.Load())
}

// A mail server that never says anything is given up after the time-out.
func TestSilentMailServerIsGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	m := message.NewMail(message.MailConfig{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port,
		From: "beian@example.com", TLS: "none", Timeout: 50 * time.Millisecond})
	_, err = m.Send(t.Context(), message.MailMessage{Key: "k", To: "a@example.com", Subject: "s", Text: "t", HTML: "h"})
	var e *message.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, message.Temporary, e.Kind)
}

// A text that needs a variable which isn't there is an error, not a text with a hole.
func TestTextsWantTheirVariables(t *testing.T) {
	texts, err := message.NewTexts("zh")
	require.NoError(t, err)
	_, err = texts.SMS(message.Approved, map[string]string{"order": "o"})
	require.Error(t, err)
	_, _, _, err = texts.Mail(message.Approved, map[string]string{"order": "o"})
	require.Error(t, err)
}

// What Aliyun, or a proxy in its place, answers without a code that means something is tried again, and named.
func TestAnswersWithoutACodeAreTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		body, code string
	}{
		"no code":        {http.StatusOK, `{}`, "empty_answer"},
		"nothing":        {http.StatusOK, ``, "empty_answer"},
		"a proxy's page": {http.StatusBadGateway, `<html>`, "http_502"},
		"our fault, says a server that fails": {http.StatusInternalServerError,
			`{"Code":"InvalidAccessKeyId.NotFound"}`, "InvalidAccessKeyId.NotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			client := aliyunAt(t, "secret", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			retried := text("k")
			retried.Retry = true
			_, sending := client.Send(t.Context(), text("k"))
			_, asking := client.Send(t.Context(), retried)
			_, outcome := client.Outcome(t.Context(), text("k"))
			for _, err := range []error{sending, asking, outcome, client.CheckAccount(t.Context())} {
				var e *message.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, message.Error{Kind: message.Temporary, Code: c.code}, *e)
			}
		})
	}
}

// Whoever can't be asked about an earlier attempt may have had it: nothing goes out until the question is answered.
func TestNothingIsSentAgainUnasked(t *testing.T) {
	s, client := aliyun(t, "secret")
	s.Faults.Set(fault.Fault{Operation: "QuerySendDetails", Mode: fault.Fail, Code: "isp.SYSTEM_ERROR", Times: 1})
	retried := text("k")
	retried.Retry = true
	_, err := client.Send(t.Context(), retried)
	var e *message.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, message.Temporary, e.Kind)
	require.Empty(t, s.Messages())
}

// Operators see in the metrics who must mend what fails.
func TestMessagesAreCountedByWhoMendsThem(t *testing.T) {
	s, client := aliyun(t, "secret")
	calls := extcall.Collectors()[0].(*prometheus.CounterVec)
	for code, result := range map[string]string{"": "ok", "isv.CUSTOMER_REFUSED": "recipient", "503": "temporary",
		"isv.BUSINESS_LIMIT_CONTROL:day": "limit", "isv.OUT_OF_SERVICE": "operator"} {
		counter := calls.WithLabelValues("sms", string(message.ContactCode), result)
		before := testutil.ToFloat64(counter)
		if code != "" {
			s.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: code, Times: 1})
		}
		_, _ = client.Send(t.Context(), text("k"))
		require.InDelta(t, before+1, testutil.ToFloat64(counter), 0, code)
	}
}
