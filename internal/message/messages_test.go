package message_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/simulate/jsonfile"
	"github.com/beian/beian/internal/simulate/mail"
	"github.com/beian/beian/internal/simulate/sms"
	"github.com/beian/beian/internal/store"
)

const phone = "13900001234"

func aliyun(t *testing.T, secret string) (*sms.Server, *message.SMS) {
	t.Helper()
	s, err := sms.New(sms.Options{AccessKeyID: "id", AccessKeySecret: "secret", SignName: "签名"})
	require.NoError(t, err)
	return s, aliyunAt(t, secret, s)
}

func aliyunAt(t *testing.T, secret string, stand http.Handler) *message.SMS {
	t.Helper()
	server := httptest.NewServer(stand)
	t.Cleanup(server.Close)
	client, err :=
		message.NewSMS(message.SMSConfig{AccessKeyID: "id", AccessKeySecret: secret, SignName: "签名", Scheme: "HTTP",
			Endpoint:      strings.TrimPrefix(server.URL, "http://"),
			TemplateCodes: map[message.Template]string{message.ContactCode: "SMS_1"}, Timeout: 5 * time.Second})
	require.NoError(t, err)
	return client
}

func text(key string) message.SMSMessage {
	return message.SMSMessage{Key: key, To: phone, Template: message.ContactCode,
		Params: map[string]string{"user_name": "测试 & 用户", "code": "12345678"}}
}

func TestSMSGoesOut(t *testing.T) {
	s, client := aliyun(t, "secret")
	receipt, err := client.Send(t.Context(), text("k1"))
	require.NoError(t, err)
	require.NotEmpty(t, receipt.ProviderID)
	require.Equal(t, "测试 & 用户", s.Messages()[0].Params["user_name"])
}

func TestSMSErrorsAreDistinguished(t *testing.T) {
	s, client := aliyun(t, "secret")
	for _, c := range []struct {
		code  string
		kind  message.Kind
		after time.Duration
	}{
		{"isv.MOBILE_NUMBER_ILLEGAL", message.Recipient, 0},
		{"isv.BUSINESS_LIMIT_CONTROL:minute", message.Limit, time.Minute},
		{"isv.BUSINESS_LIMIT_CONTROL:hour", message.Limit, time.Hour},
		{"isv.BUSINESS_LIMIT_CONTROL:day", message.Limit, 24 * time.Hour},
		{"isv.CUSTOMER_REFUSED", message.Recipient, 0},
		{"isv.BLACK_KEY_CONTROL_LIMIT", message.Operator, 0},
		{"isv.MOBILE_COUNT_OVER_LIMIT", message.Operator, 0},
		{"isv.TEMPLATE_MISSING_PARAMETERS", message.Operator, 0},
		{"isv.OUT_OF_SERVICE", message.Operator, 0},
		{"isv.DAY_LIMIT_CONTROL", message.Operator, 0},
		{"isp.RAM_PERMISSION_DENY", message.Operator, 0},
		{"InvalidAccessKeyId.NotFound", message.Operator, 0},
		{"isv.NEVER_HEARD_OF", message.Operator, 0},
		{"NeverHeardOf.Either", message.Operator, 0},
		{"isp.SYSTEM_ERROR", message.Temporary, 0},
		{"isp.GATEWAY_ERROR", message.Temporary, 0},
		{"Throttling.User", message.Temporary, 0},
		{"SignatureNonceUsed", message.Temporary, 0},
		{"503", message.Temporary, 0},
	} {
		s.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: c.code, Times: 1})
		_, err := client.Send(t.Context(), text("k"))
		var e *message.Error
		require.ErrorAs(t, err, &e, c.code)
		require.Equal(t, c.kind, e.Kind, c.code)
		require.Equal(t, c.after, e.RetryAfter, c.code)
	}
	s.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: "isv.BLACK_KEY_CONTROL_LIMIT", Times: 1})
	_, err := client.Send(t.Context(), text("k"))
	require.ErrorContains(t, err, "a variable contains a forbidden word", "staff read what to mend")
	require.Empty(t, s.Messages())
}

func TestSMSErrorsHoldNothingPersonal(t *testing.T) {
	s, client := aliyun(t, "secret")
	s.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Lose, Times: 1})
	_, err := client.Send(t.Context(), text("k1"))
	require.Error(t, err)
	_, wrong := aliyun(t, "another secret")
	_, signature := wrong.Send(t.Context(), text("k2"))
	var e *message.Error
	require.ErrorAs(t, signature, &e)
	require.Equal(t, message.Operator, e.Kind)
	for _, secret := range []string{phone, "12345678", "Signature=", "AccessKeyId"} {
		require.NotContains(t, err.Error()+signature.Error(), secret)
	}
}

func TestSMSIsNotSentTwiceAfterALostAnswer(t *testing.T) {
	s, client := aliyun(t, "secret")
	s.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Lose, Times: 1})
	_, err := client.Send(t.Context(), text("k1"))
	require.Error(t, err)
	again := text("k1")
	again.Retry = true
	receipt, err := client.Send(t.Context(), again)
	require.NoError(t, err)
	require.True(t, receipt.Already)
	require.Len(t, s.Messages(), 1)
}

// A step retried after a weekend finds the earlier message even though its answer was lost.
func TestSMSOfDaysAgoIsNotSentAgain(t *testing.T) {
	state, begun := filepath.Join(t.TempDir(), "sent.jsonl"), time.Now().AddDate(0, 0, -3)
	require.NoError(t, jsonfile.Append(state, sms.Sent{Phone: phone, OutID: "k1", At: begun}))
	stand, err := sms.New(sms.Options{AccessKeyID: "id", AccessKeySecret: "secret", SignName: "签名", StateFile: state})
	require.NoError(t, err)
	asked := map[string]int{}
	client := aliyunAt(t, "secret", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.NoError(t, r.ParseForm())
		asked[r.Form.Get("SendDate")]++
		stand.ServeHTTP(w, r)
	}))
	again := text("k1")
	again.Retry, again.Begun = true, begun
	receipt, err := client.Send(t.Context(), again)
	require.NoError(t, err)
	require.True(t, receipt.Already)
	require.Len(t, stand.Messages(), 1)
	require.Len(t, asked, 1, "the day of the first attempt comes first")

	unknown := text("k2")
	unknown.Retry, unknown.Begun = true, time.Now().AddDate(0, 0, -99)
	receipt, err = client.Send(t.Context(), unknown)
	require.NoError(t, err)
	require.False(t, receipt.Already)
	require.Len(t, stand.Messages(), 2, "what nobody knows of goes out")
	delete(asked, "") // SendSms
	require.Len(t, asked, 30, "Aliyun knows no older ones")
}

func smtp(t *testing.T) (*mail.Server, *message.Mailer) {
	t.Helper()
	s, config := smtpAccount(t)
	return s, message.NewMail(config)
}

func smtpAccount(t *testing.T) (*mail.Server, message.MailConfig) {
	t.Helper()
	s, err := mail.New("")
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return s, message.MailConfig{Host: "localhost", Port: l.Addr().(*net.TCPAddr).Port, From: "beian@example.com",
		FromName: "备案", TLSConfig: &tls.Config{RootCAs: s.RootCAs(), MinVersion: tls.VersionTLS12}}
}

func TestMailGoesOutWithAStableID(t *testing.T) {
	s, m := smtp(t)
	texts, err := message.NewTexts("zh")
	require.NoError(t, err)
	subject, body, page, err := texts.Mail(message.ContactCode,
		map[string]string{"user_name": "<b>测试</b>", "code": "12345678"})
	require.NoError(t, err)
	require.NotContains(t, page, "<b>测试", "what people typed is escaped")
	for range 2 {
		_, err = m.Send(t.Context(),
			message.MailMessage{Key: "k", To: "a@example.com", Subject: subject, Text: body, HTML: page})
		require.NoError(t, err)
	}
	got := s.Messages()
	require.Len(t, got, 2)
	require.Equal(t, got[0].MessageID, got[1].MessageID)
	require.Equal(t, "8254c329a92850f6d539dd376f4816ee@example.com", m.MessageID("k"), "in every release")
	require.Contains(t, got[0].MessageID, m.MessageID("k"))
	require.Contains(t, got[0].Text, "邮件验证码：12345678")
	require.Equal(t, subject, got[0].Subject)
}

func TestMailErrorsAreDistinguished(t *testing.T) {
	s, m := smtp(t)
	for _, c := range []struct {
		operation, code string
		kind            message.Kind
	}{
		{"RCPT", "550", message.Recipient}, {"RCPT", "501", message.Recipient}, {"RCPT", "553", message.Recipient},
		{"RCPT", "451", message.Temporary}, {"DATA", "552", message.Limit}, {"MAIL", "553", message.Operator},
		{"MAIL", "530", message.Operator},
	} {
		s.Faults.Set(fault.Fault{Operation: c.operation, Mode: fault.Fail, Code: c.code, Times: 1})
		_, err := m.Send(t.Context(),
			message.MailMessage{Key: "k", To: "nobody@example.com", Subject: "s", Text: "t", HTML: "h"})
		var e *message.Error
		require.ErrorAs(t, err, &e, c.code)
		require.Equal(t, c.kind, e.Kind, c.operation+c.code)
		require.NotContains(t, err.Error(), "nobody")
	}
}

func TestEveryTemplateHasItsTexts(t *testing.T) {
	params := map[string]string{"user_name": "u", "code": "1", "number": "n", "order": "o", "step": "s", "reason": "r",
		"tasks": "t", "left": "22", "kind": "ask", "text": "x", "link": "l", "login": "l", "certificate": "cert/bazu.cert",
		"what": "w", "reply": "", "customer": ""}
	for _, lang := range []string{"zh", "en"} {
		texts, err := message.NewTexts(lang)
		require.NoError(t, err)
		for _, name := range append([]message.Template{message.Stuck, message.Tasks, message.TicketOpened, message.TicketAnswered, message.PasswordChanged, message.FollowUpWithdrawn, message.RegistrationWithdrawn}, message.SMSTemplates...) {
			_, _, _, err := texts.Mail(name, params)
			require.NoError(t, err, name)
		}
		for _, name := range message.SMSTemplates {
			_, err := texts.SMS(name, params)
			require.NoError(t, err, name)
		}
		for _, what := range []store.AccountChange{store.ChangedPassword, store.ChangedMobile, store.ChangedEmail,
			store.ChangedSecondFactor} {
			_, err := texts.Change(string(what))
			require.NoError(t, err, what)
		}
		steps := map[string]bool{}
		for _, stage := range []filing.Stage{filing.Contact, filing.Verifying, filing.Preparing, filing.Correcting, filing.Installing} {
			step, err := texts.Step(stage)
			require.NoError(t, err, stage)
			steps[step] = true
		}
		require.Len(t, steps, 5, "customers learn which step is theirs")
		require.NotContains(t, steps, "")
		_, err = texts.Step(filing.Reviewing)
		require.Error(t, err, "it is the bureau's turn")
		require.Equal(t, filing.KindNew.Spec().Name.In(lang), texts.Kind(filing.KindNew))
	}
}

// Codes that somebody waits for go out to an address that was refused before; nothing else does.
func TestCodesAreAskedFor(t *testing.T) {
	asked := []message.Template{message.ContactCode, message.PasswordCode, message.ContactAddressCode,
		message.FirstPassword, message.ProofCode}
	for _, name := range append([]message.Template{message.Stuck, message.Stopped, message.Tasks, message.TicketOpened},
		message.CustomerTemplates...) {
		require.Equal(t, slices.Contains(asked, name), name.Requested(), name)
	}
}

// Mails to customers lead to their page. An SMS does where Aliyun allows a link: in a fixed part of its text.
func TestMessagesToCustomersCarryALink(t *testing.T) {
	const page = "https://beian.example.com/orders/D1/filing?a=1&b=2"
	params := map[string]string{"user_name": "u", "code": "1", "number": "n", "order": "o", "step": "s", "left": "22",
		"kind": "k", "text": "x", "login": "l", "certificate": "c", "what": "w", "customer": ""}
	for _, lang := range []string{"zh", "en"} {
		texts, err := message.NewTexts(lang)
		require.NoError(t, err)
		for _, linked := range []bool{false, true} {
			if linked {
				params[message.PageParam] = page
			} else {
				delete(params, message.PageParam)
			}
			for _, name := range message.CustomerTemplates {
				_, text, html, err := texts.Mail(name, params)
				require.NoError(t, err)
				require.Equal(t, linked, strings.HasSuffix(text, "\n"+page), name)
				require.Equal(t, linked, strings.Contains(html, `<a href="https://beian.example.com/orders/D1/filing?a=1&amp;b=2">`+
					`https://beian.example.com/orders/D1/filing?a=1&amp;b=2</a>`), name)
			}
			for _, name := range message.SMSTemplates {
				text, err := texts.SMS(name, params)
				require.NoError(t, err)
				code := strings.HasSuffix(string(name), "_code")
				require.Equal(t, linked && !code, strings.HasSuffix(text, page), name)
			}
		}
	}
}

// The lists are those of the texts: nobody gets a message without one, and no text waits for a message.
func TestTextsAreThoseOfTheTemplates(t *testing.T) {
	mails := []message.Template{message.Stuck, message.Stopped, message.Tasks, message.TicketOpened} // to staff
	mails = append(mails, message.CustomerTemplates...)
	for _, lang := range []string{"zh", "en"} {
		texts, err := os.ReadFile(filepath.Join("texts", lang+".tmpl"))
		require.NoError(t, err)
		defined := map[string][]message.Template{}
		for _, define := range regexp.MustCompile(`{{define "(\w+)\.(sms|subject|text)"}}`).FindAllStringSubmatch(string(texts), -1) {
			if name := message.Template(define[1]); name != "link" && name != "sites" {
				defined[define[2]] = append(defined[define[2]], name)
			}
		}
		require.ElementsMatch(t, message.SMSTemplates, defined["sms"], lang)
		require.ElementsMatch(t, mails, defined["subject"], lang)
		require.ElementsMatch(t, mails, defined["text"], lang)
	}
	_, err := message.NewTexts("fr")
	require.ErrorContains(t, err, `"fr"`)
}

// What a value holds can't add a header to a mail, nor elements to its page; its lines and paragraphs stay.
func TestMailKeepsItsForm(t *testing.T) {
	texts, err := message.NewTexts("zh")
	require.NoError(t, err)
	subject, text, page, err := texts.Mail(message.TicketOpened, map[string]string{"reply": "", "kind": "ask",
		"number": "1\r\nBcc: b@example.com", "order": "", "text": "one\ntwo\n\n<i>three</i>", "link": "https://example.com/t?a=1"})
	require.NoError(t, err)
	require.Equal(t, "新的咨询（编号 1 Bcc: b@example.com）", subject)
	require.Contains(t, text, "one\ntwo\n\n<i>three</i>")
	require.Contains(t, page, "one<br>two</p><p>&lt;i&gt;three&lt;/i&gt;")
	require.Contains(t, page, `<a href="https://example.com/t?a=1">https://example.com/t?a=1</a>`)
	require.True(t, strings.HasPrefix(page, `<!doctype html><meta charset="utf-8"><body`))
	require.True(t, strings.HasSuffix(page, "</p></body>"))
}

// Aliyun is asked about the days on which the message may have gone out, in China's days, and gives all of a day.
func TestEarlierMessageIsLookedForInChinasDays(t *testing.T) {
	var asked []string
	client := aliyunAt(t, "secret", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.NoError(t, r.ParseForm())
		require.Equal(t, phone, r.Form.Get("PhoneNumber"))
		size, err := strconv.Atoi(r.Form.Get("PageSize"))
		require.NoError(t, err)
		require.True(t, size >= 40 && size <= 50, "Aliyun sends 40 a day to a phone at most, and gives 50 at once")
		require.Equal(t, "1", r.Form.Get("CurrentPage"))
		asked = append(asked, r.Form.Get("SendDate"))
		_, _ = w.Write([]byte(`{"Code":"OK"}`))
	}))
	now := time.Now().UTC().Add(8 * time.Hour)
	day := func(ago int) string { return now.AddDate(0, 0, -ago).Format("20060102") }
	for _, c := range []struct {
		begun time.Time
		days  []string
	}{
		{time.Time{}, []string{day(1), day(0)}},
		{time.Now(), []string{day(1), day(0)}},
		{time.Now().AddDate(0, 0, -2), []string{day(2), day(1), day(0)}},
	} {
		asked = nil
		m := text("k")
		m.Begun = c.begun
		d, err := client.Outcome(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, filing.OutcomeUnknown, d.Outcome)
		require.Equal(t, c.days, asked)
	}
}

// Messages go out encrypted, to a service whose certificate the given authorities vouch for, and to no other.
func TestSMSGoesOutOverTLS(t *testing.T) {
	stand, err := sms.New(sms.Options{AccessKeyID: "id", AccessKeySecret: "secret", SignName: "签名"})
	require.NoError(t, err)
	server := httptest.NewTLSServer(stand)
	t.Cleanup(server.Close)
	authorities := x509.NewCertPool()
	authorities.AddCert(server.Certificate())
	config := message.SMSConfig{AccessKeyID: "id", AccessKeySecret: "secret", SignName: "签名",
		Endpoint:      strings.TrimPrefix(server.URL, "https://"),
		TemplateCodes: map[message.Template]string{message.ContactCode: "SMS_1"}, Timeout: 5 * time.Second,
		TLS: &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}}
	client, err := message.NewSMS(config)
	require.NoError(t, err)
	_, err = client.Send(t.Context(), text("k"))
	require.NoError(t, err)
	config.TLS = nil
	client, err = message.NewSMS(config)
	require.NoError(t, err)
	_, err = client.Send(t.Context(), text("k"))
	require.Error(t, err)
	require.Len(t, stand.Messages(), 1)
}

// Whoever forgets a setting still has a provider's secrets encrypted, and an end of waiting.
func TestSendersHaveSafeDefaults(t *testing.T) {
	sms, mail, err := message.Defaults()
	require.NoError(t, err)
	require.Equal(t, "HTTPS", sms.Scheme)
	require.Equal(t, "cn-hangzhou", sms.Region)
	for _, timeout := range []time.Duration{sms.Timeout, mail.Timeout} {
		require.True(t, timeout >= 10*time.Second && timeout <= 30*time.Second, timeout)
	}
}
