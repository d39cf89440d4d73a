package message_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beian/beian/internal/message"
	stand "github.com/beian/beian/internal/simulate/scripted"
)

// failed holds an error to what its readers know, and to silence about the recipient.
func failed(t *testing.T, err error) {
	t.Helper()
	var e *message.Error
	switch {
	case err == nil:
		return
	case !errors.As(err, &e):
		t.Fatalf("nobody's fault: %v", err)
	case e.Kind != message.Recipient && e.Kind != message.Limit && e.Kind != message.Operator && e.Kind != message.Temporary:
		t.Fatalf("unknown kind %q", e.Kind)
	case e.RetryAfter < 0:
		t.Fatalf("to be tried %s ago", -e.RetryAfter)
	}
	if strings.Contains(err.Error(), "someone@example.com") || strings.Contains(err.Error(), phone) {
		t.Fatalf("it tells the recipient: %v", err)
	}
}

// Whatever a mail server replies, it is somebody's fault.
func FuzzSMTPReplies(f *testing.F) {
	smtp := func(replies ...string) { f.Add([]byte(strings.Join(replies, "\x00"))) }
	smtp("220 hello\r\n", "250-hello\r\n250 SIZE 1\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 queued\r\n", "221 bye\r\n")
	smtp("220 hello\r\n", "250 hello\r\n", "250 ok\r\n", "550 5.1.1 no someone@example.com\r\n")
	smtp("220 hello\r\n", "500 what\r\n", "250 hello\r\n", "452 4.2.2 full\r\n")
	smtp("554 no\r\n")
	smtp("220-hello\r\n", "")
	f.Fuzz(func(t *testing.T, replies []byte) {
		s, err := stand.Listen(replies, true)
		if err != nil {
			t.Skip(err)
		}
		defer s.Close()
		mailer := message.NewMail(message.MailConfig{Host: "127.0.0.1", Port: s.Port(), From: "beian@example.com", TLS: "none",
			Timeout: time.Second})
		_, err = mailer.Send(t.Context(), message.MailMessage{Key: "k", To: "someone@example.com", Subject: "s", Text: "t",
			HTML: "<p>t</p>"})
		failed(t, err)
	})
}

// Whatever Aliyun, or a proxy in its place, answers, it is somebody's fault.
func FuzzAliyunAnswers(f *testing.F) {
	answer := func(status int, body string) {
		f.Add([]byte(fmt.Sprintf("HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)))
	}
	answer(200, `{"Code":"OK","BizId":"1"}`)
	answer(200, `{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"触发天级流控Permits:10"}`)
	answer(400, `{"Code":"InvalidAccessKeyId.NotFound"}`)
	answer(200, `{"SmsSendDetailDTOs":{"SmsSendDetailDTO":[{"SendStatus":3,"OutId":"k"}]},"TotalCount":"x"}`)
	answer(502, `<html>`)
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := stand.Listen(raw, false)
		if err != nil {
			t.Skip(err)
		}
		defer s.Close()
		sender, err := message.NewSMS(message.SMSConfig{AccessKeyID: "id", AccessKeySecret: "secret", SignName: "签名", Scheme: "HTTP",
			Endpoint: fmt.Sprintf("127.0.0.1:%d", s.Port()), Timeout: time.Second,
			TemplateCodes: map[message.Template]string{message.Filed: "SMS_1"}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		m := message.SMSMessage{Key: "k", To: phone, Template: message.Filed, Params: map[string]string{}, Begun: time.Now()}
		_, err = sender.Send(ctx, m)
		failed(t, err)
		_, err = sender.Outcome(ctx, m)
		failed(t, err)
	})
}
