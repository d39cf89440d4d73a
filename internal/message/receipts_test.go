package message_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/simulate/mail"
	"github.com/beian/beian/internal/simulate/sms"
)

func TestPushedReceiptsAreRead(t *testing.T) {
	// The example in Aliyun's documentation of SmsReport, twice.
	list, err := message.ReadSMSReports(strings.NewReader(`[
		{"phone_number":"13800000001","send_time":"2017-01-01 11:12:13","report_time":"2017-02-02 22:23:24","success":true,
		 "err_code":"DELIVERED","err_msg":"用户接收成功","sms_size":"1","biz_id":"12345","out_id":"67890"},
		{"phone_number":"13800000002","report_time":"soon","success":false,"err_code":"MOBILE_NOT_ON_SERVICE",
		 "err_msg":"13800000002 停机","sms_size":1,"biz_id":"12346","out_id":"67891"},
		{"phone_number":"13800000003","success":true,"err_code":"DELIVERED"}]`))
	require.NoError(t, err)
	require.Len(t, list, 2, "a receipt without our key isn't about our message")
	require.Equal(t, "67890", list[0].Key)
	require.Equal(t, "13800000001", list[0].To)
	require.Equal(t, filing.OutcomeDelivered, list[0].Outcome)
	require.Equal(t, time.Date(2017, 2, 2, 14, 23, 24, 0, time.UTC), list[0].At.UTC())
	require.Equal(t, filing.Delivery{Outcome: filing.OutcomeRefused, Fault: string(message.Recipient),
		Code: "MOBILE_NOT_ON_SERVICE", Words: "… 停机"}, list[1].Delivery, "numbers don't stay in the operator's words")
	for _, bad := range []string{"", "{}", `[{"phone_number":1}]`, "[", `"13800000001"`} {
		_, err := message.ReadSMSReports(strings.NewReader(bad))
		require.Error(t, err, bad)
		require.NotContains(t, err.Error(), "1380000")
	}
}

// Each code is in one place only: the number's fault asks the customer, nothing else does.
func TestReceiptsAreWhoeversFaultTheyAre(t *testing.T) {
	s, client := aliyun(t, "secret")
	for code, kind := range map[string]message.Kind{
		"MOBILE_NOT_ON_SERVICE": message.Recipient, "INVALID_NUMBER": message.Recipient,
		"MOBILE_ACCOUNT_ABNORMAL": message.Recipient, "MOBILE_IN_BLACK": message.Recipient,
		"MOBLLE_TERMINAL_ERROR": message.Recipient, "USER_REJECT": message.Recipient, "UNDELIV": message.Recipient,
		"EXPIRED": message.Recipient, "isv.MOBILE_NUMBER_ILLEGAL": message.Recipient,
		"MOBILE_SEND_LIMIT": message.Limit, "isv.BUSINESS_LIMIT_CONTROL": message.Limit,
		"SP_UNKNOWN_ERROR": message.Temporary, "IS_CLOSE": message.Temporary,
		"CONTENT_KEYWORD": message.Operator, "SIGNATURE_BLACKLIST": message.Operator, "NO_ROUTE": message.Operator,
		"PORT_NOT_REGISTERED": message.Operator, "REJECTD": message.Operator, "isv.CODE_ERROR": message.Operator,
		"MK:0001": message.Operator, "": message.Operator,
	} {
		s.Faults.Set(fault.Fault{Operation: "Receipt", Mode: fault.Fail, Code: code, Times: 1})
		m := text("k-" + code)
		_, err := client.Send(t.Context(), m)
		require.NoError(t, err)
		sent := s.Messages()
		pushed, err := message.ReadSMSReports(strings.NewReader(string(sms.Report(sent[len(sent)-1]))))
		require.NoError(t, err)
		require.Equal(t, filing.OutcomeRefused, pushed[0].Outcome, code)
		require.Equal(t, string(kind), pushed[0].Fault, code)
		if code == "" {
			continue // the stand-in's sign for a message of an earlier build
		}
		asked, err := client.Outcome(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, filing.OutcomeRefused, asked.Outcome, code)
		require.Equal(t, string(kind), asked.Fault, code)
		require.Equal(t, code, asked.Code)
		require.WithinDuration(t, time.Now(), asked.At, time.Minute)
	}
}

func TestOutcomeOfAnSMSIsAskedFor(t *testing.T) {
	s, client := aliyun(t, "secret")
	asked := func(key string) filing.Outcome {
		d, err := client.Outcome(t.Context(), text(key))
		require.NoError(t, err)
		return d.Outcome
	}
	require.Equal(t, filing.OutcomeUnknown, asked("never sent"))
	send := func(key string) {
		_, err := client.Send(t.Context(), text(key))
		require.NoError(t, err)
	}
	send("arrives")
	require.Equal(t, filing.OutcomeDelivered, asked("arrives"))
	s.Faults.Set(fault.Fault{Operation: "Receipt", Mode: fault.Slow, DelayMS: 3_600_000, Times: 1})
	send("waits")
	require.Equal(t, filing.OutcomePending, asked("waits"))
	s.Faults.Set(fault.Fault{Operation: "Receipt", Mode: fault.Fail, Code: "UNDELIV", Times: 1})
	send("twice")
	require.Equal(t, filing.OutcomeRefused, asked("twice"))
	send("twice")
	require.Equal(t, filing.OutcomeDelivered, asked("twice"), "the attempt that arrived counts")
	s.Faults.Set(fault.Fault{Operation: "QuerySendDetails", Mode: fault.Fail, Code: "isp.RAM_PERMISSION_DENY", Times: 1})
	_, err := client.Outcome(t.Context(), text("arrives"))
	var e *message.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, message.Operator, e.Kind)
}

// Only a number that nobody has is refused for good: a phone may be switched on again.
func TestNumbersThatNobodyHasAreRefusedForGood(t *testing.T) {
	for code, want := range map[string]bool{"INVALID_NUMBER": true, "MOBILE_NOT_ON_SERVICE": false, "UNDELIV": false,
		"EXPIRED": false, "MOBILE_SEND_LIMIT": false, "REJECTD": false} {
		list, err := message.ReadSMSReports(strings.NewReader(string(sms.Report(sms.Sent{Phone: phone, OutID: "k",
			Receipt: sms.Receipt{Code: code}}))))
		require.NoError(t, err)
		require.Equal(t, want, list[0].Permanent, code)
	}
	list, err := message.ReadSMSReports(strings.NewReader(`[{"phone_number":"` + phone + `","out_id":"k","success":false,
		"err_code":"UNDELIV","err_msg":"空号"}]`))
	require.NoError(t, err)
	require.True(t, list[0].Permanent, "the operator says so in its words")
	list, err = message.ReadSMSReports(strings.NewReader(`[{"out_id":"k","success":false,"err_code":"REJECTD","err_msg":"空号"}]`))
	require.NoError(t, err)
	require.False(t, list[0].Permanent, "a code that blames somebody else counts for more than words")
	for status, want := range map[string]bool{"5.1.1": true, "5.1.2": true, "5.1.3": true, "5.1.6": true, "5.1.10": true,
		"5.1.4": false, "5.1.5": false, "5.1.7": false, "5.2.1": false, "5.4.1": false, "4.1.1": false, "5.0.0": false} {
		list, err := message.ReadBounce(strings.NewReader(string(mail.Bounce("id@example.com", "a@example.com", status[:1]+"50 "+status))))
		require.NoError(t, err, status)
		require.Equal(t, want, list[0].Permanent, status)
	}
}

// Of several attempts, the one that got furthest says what became of a message.
func TestOutcomeOfSeveralAttempts(t *testing.T) {
	const delivered, refused, waits = `{"SendStatus":3,"OutId":"k"}`, `{"SendStatus":2,"OutId":"k","ErrCode":"UNDELIV"}`,
		`{"SendStatus":1,"OutId":"k"}`
	const another = `{"SendStatus":3,"OutId":"another"}`
	for _, c := range []struct {
		attempts []string
		outcome  filing.Outcome
		goesOut  bool
	}{
		{nil, filing.OutcomeUnknown, true},
		{[]string{another}, filing.OutcomeUnknown, true},
		{[]string{refused}, filing.OutcomeRefused, true},
		{[]string{waits}, filing.OutcomePending, false},
		{[]string{refused, waits}, filing.OutcomePending, false},
		{[]string{waits, refused}, filing.OutcomePending, false},
		{[]string{delivered, refused}, filing.OutcomeDelivered, false},
		{[]string{delivered, waits}, filing.OutcomeDelivered, false},
		{[]string{refused, another, delivered}, filing.OutcomeDelivered, false},
	} {
		sent := 0
		client := aliyunAt(t, "secret", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			require.NoError(t, r.ParseForm())
			if r.Form.Get("SendDate") == "" {
				sent++
			}
			_, _ = w.Write([]byte(`{"Code":"OK","SmsSendDetailDTOs":{"SmsSendDetailDTO":[` + strings.Join(c.attempts, ",") + `]}}`))
		}))
		d, err := client.Outcome(t.Context(), text("k"))
		require.NoError(t, err)
		require.Equal(t, c.outcome, d.Outcome, c.attempts)
		retried := text("k")
		retried.Retry = true
		receipt, err := client.Send(t.Context(), retried)
		require.NoError(t, err)
		require.Equal(t, !c.goesOut, receipt.Already, c.attempts)
		require.Equal(t, c.goesOut, sent == 1, c.attempts)
	}
}

func TestBouncesAreRead(t *testing.T) {
	for reply, want := range map[string]filing.Delivery{
		"550 5.1.1 <a@example.com> no such user": {Fault: string(message.Recipient), Code: "5.1.1",
			Words: "5.1.1 <…> no such user", Permanent: true},
		"550 no such user":            {Fault: string(message.Recipient), Code: "5.0.0", Words: "no such user"},
		"552 5.2.2 mailbox full":      {Fault: string(message.Limit), Code: "5.2.2", Words: "5.2.2 mailbox full"},
		"554 5.7.1 spam":              {Fault: string(message.Operator), Code: "5.7.1", Words: "5.7.1 spam"},
		"421 4.4.1 connection failed": {Fault: string(message.Temporary), Code: "4.4.1", Words: "4.4.1 connection failed"},
	} {
		list, err := message.ReadBounce(strings.NewReader(string(mail.Bounce("id@example.com", "a@example.com", reply))))
		require.NoError(t, err, reply)
		want.Outcome = filing.OutcomeRefused
		require.Equal(t, []message.MailReport{{MessageID: "id@example.com", To: "a@example.com", Delivery: want}}, list)
	}
}

func TestOtherNotificationsAreNoBounces(t *testing.T) {
	bounce := string(mail.Bounce("id@example.com", "a@example.com", "550 5.1.1 no"))
	delivered, err := message.ReadBounce(strings.NewReader(strings.Replace(bounce, "Action: failed", "Action: Delivered", 1)))
	require.NoError(t, err)
	require.Equal(t, filing.OutcomeDelivered, delivered[0].Outcome)
	original := strings.Replace(bounce, "Final-Recipient: rfc822; a@example.com",
		"Original-Recipient: rfc822;b@example.com\r\nFinal-Recipient: rfc822; a@example.com", 1)
	list, err := message.ReadBounce(strings.NewReader(original))
	require.NoError(t, err)
	require.Equal(t, "b@example.com", list[0].To, "the address that we sent to, not where it was forwarded")
	for name, bad := range map[string]string{
		"empty":       "",
		"no mail":     "\x00\x01",
		"plain":       "Subject: out of office\r\n\r\nback on Monday",
		"delayed":     strings.Replace(bounce, "Action: failed", "Action: delayed", 1),
		"no mail id":  strings.Replace(bounce, "Message-ID:", "X-ID:", 1),
		"no boundary": strings.Replace(bounce, `; boundary="b"`, "", 1),
		"broken off":  bounce[:len(bounce)/2],
	} {
		list, err := message.ReadBounce(strings.NewReader(bad))
		require.Error(t, err, name)
		require.Empty(t, list, name)
		require.NotContains(t, err.Error(), "a@example.com")
	}
}

// The other side's words fit their columns, and name nobody.
func TestWordsOfOthersAreShortAndNameNobody(t *testing.T) {
	for said, kept := range map[string]string{
		"13900001234 停机":                 "… 停机",
		"to +86 139-0000-1234: no":       "to …: no",
		"<nobody@example.com>: a\r\n  b": "<…>: a b",
		"error 123456 at 12:30":          "error 123456 at 12:30",
		"account 1234567":                "account …",
		strings.Repeat("词", 200):         strings.Repeat("词", 200),
		strings.Repeat("词", 201):         strings.Repeat("词", 199) + "…",
	} {
		raw, err := json.Marshal([]map[string]any{{"out_id": "k", "err_code": strings.Repeat("C", 64), "err_msg": said}})
		require.NoError(t, err)
		list, err := message.ReadSMSReports(bytes.NewReader(raw))
		require.NoError(t, err)
		require.Equal(t, kept, list[0].Words)
		require.Equal(t, strings.Repeat("C", 64), list[0].Code)
		require.Zero(t, list[0].At, "no time was given")
	}
	list, err := message.ReadSMSReports(strings.NewReader(`[{"out_id":"k","err_code":"` + strings.Repeat("C", 65) + `"}]`))
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("C", 63)+"…", list[0].Code)
}

// A notification may be about several recipients and hold more than it must; whoever sends thousands gets no answer to
// all of them.
func TestBouncesHaveTheFormOfTheRFC(t *testing.T) {
	block := func(action, rest string) string {
		return "Final-Recipient: rfc822; a@example.com\r\nAction: " + action + "\r\n" + rest + "\r\n"
	}
	read := func(status string) []message.MailReport {
		list, err := message.ReadBounce(strings.NewReader("Content-Type: multipart/report; boundary=b\r\n\r\n" +
			"--b\r\nContent-Type: Message/Global-Delivery-Status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n" + status +
			"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <id@example.com>\r\n\r\n--b--\r\n"))
		require.NoError(t, err)
		for _, r := range list {
			require.Equal(t, []string{"id@example.com", "a@example.com"}, []string{r.MessageID, r.To})
		}
		return list
	}
	for rest, want := range map[string]filing.Delivery{
		"Status: 5.2.2 (full)\r\n": {Fault: string(message.Limit), Code: "5.2.2"},
		"Status: 4.4.7\r\n":        {Fault: string(message.Temporary), Code: "4.4.7"},
		"Status: 5.1.1\r\nDiagnostic-Code: X-Postfix; host not found\r\n": {Fault: string(message.Recipient), Code: "5.1.1",
			Permanent: true},
		"Diagnostic-Code: SMTP;553-5.1.3\r\n bad\r\n": {Fault: string(message.Recipient), Code: "553", Words: "5.1.3 bad"},
		"Status: 2.0.0\r\n":                           {Fault: string(message.Temporary), Code: "2.0.0"},
		"":                                            {Fault: string(message.Temporary), Code: "0"},
	} {
		want.Outcome = filing.OutcomeRefused
		list := read(block("failed", rest))
		require.Len(t, list, 1, rest)
		require.Equal(t, want, list[0].Delivery, rest)
	}
	list := read(block("delivered", "Status: 2.1.5 (ok)\r\n") + block("relayed", "") + block("failed", "Status: 5.1.1\r\n"))
	require.Len(t, list, 2)
	require.Equal(t, filing.Delivery{Outcome: filing.OutcomeDelivered, Code: "2.1.5"}, list[0].Delivery)
	require.Equal(t, "5.1.1", list[1].Code)
	require.Len(t, read(strings.Repeat(block("failed", ""), 19)), 19)
	require.Len(t, read(strings.Repeat(block("failed", ""), 1000)), 19)
}

// The parts of a notification are told by their types (RFC 3464, RFC 6533), however many others are around them.
func TestPartsOfBouncesAreToldByTheirTypes(t *testing.T) {
	part := func(kind, body string) string { return "--b\r\nContent-Type: " + kind + "\r\n\r\n" + body + "\r\n" }
	const status = "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; a@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
	const mail = "Message-ID: <id@example.com>\r\n\r\n"
	read := func(parts string) ([]message.MailReport, error) {
		return message.ReadBounce(strings.NewReader("Content-Type: multipart/report; boundary=b\r\n\r\n" + parts + "--b--\r\n"))
	}
	for _, report := range []string{"message/delivery-status", "MESSAGE/global-delivery-status"} {
		for _, about := range []string{"message/rfc822", "text/rfc822-headers", "Message/Global", "message/global-headers"} {
			list, err := read(part(report, status) + part(about, mail))
			require.NoError(t, err, report, about)
			require.Len(t, list, 1, report, about)
			require.Equal(t, "id@example.com", list[0].MessageID, about)
		}
	}
	_, err := read(part("text/plain", status) + part("message/rfc822", mail))
	require.Error(t, err)
	_, err = read(part("message/delivery-status", status) + part("text/plain", mail))
	require.Error(t, err)
	_, err = read(strings.Repeat(part("text/plain", "x"), 8) + part("message/delivery-status", status) + part("message/rfc822", mail))
	require.NoError(t, err, "ten parts")
	_, err = read(strings.Repeat(part("text/plain", "x"), 9) + part("message/delivery-status", status) + part("message/rfc822", mail))
	require.Error(t, err, "eleven")
}

func FuzzReports(f *testing.F) {
	f.Add(string(mail.Bounce("id@example.com", "a@example.com", "550 5.1.1 no")))
	f.Add(string(sms.Report(sms.Sent{Phone: phone, OutID: "k", Receipt: sms.Receipt{Code: "UNDELIV"}})))
	f.Fuzz(func(t *testing.T, body string) {
		texts, _ := message.ReadSMSReports(strings.NewReader(body))
		for _, r := range texts {
			fits(t, r.Delivery)
		}
		mails, _ := message.ReadBounce(strings.NewReader(body))
		for _, r := range mails {
			fits(t, r.Delivery)
		}
	})
}

// fits holds an outcome to what the database's columns take.
func fits(t *testing.T, d filing.Delivery) {
	t.Helper()
	require.NotEmpty(t, d.Outcome)
	require.LessOrEqual(t, len([]rune(d.Code)), 64)
	require.LessOrEqual(t, len([]rune(d.Words)), 255)
}
