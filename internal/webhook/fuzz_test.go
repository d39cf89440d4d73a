package webhook_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/beian/beian/internal/simulate/scripted"
	"github.com/beian/beian/internal/webhook"
)

// Whatever answers a webhook, the outcome is known, and says nothing of the body.
func FuzzAnswers(f *testing.F) {
	for _, answer := range []string{
		"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 500 x\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 302 x\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n", "220 ftp\r\n", "",
	} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		s, err := scripted.Listen(answer, false)
		if err != nil {
			t.Skip(err)
		}
		defer s.Close()
		hook, err := webhook.New(fmt.Sprintf("http://127.0.0.1:%d/", s.Port()), "whsec_"+strings.Repeat("A", 44))
		if err != nil {
			t.Fatal(err)
		}
		err = hook.Post(t.Context(), "test", "id", []byte(`{"text":"private"}`))
		var e *webhook.Error
		if err != nil && (!errors.As(err, &e) || strings.Contains(err.Error(), "private")) {
			t.Fatalf("unknown outcome: %v", err)
		}
	})
}
