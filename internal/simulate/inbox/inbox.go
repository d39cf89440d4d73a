// Package inbox shows what the SMS and mail stand-ins received: to people in a browser, and as JSON to the
// unattended demonstration and tests.
package inbox

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"time"

	"github.com/beian/beian/internal/simulate/mail"
	"github.com/beian/beian/internal/simulate/sms"
)

// Message is an SMS or a mail.
type Message struct {
	Channel string    `json:"channel"` // sms or mail
	To      string    `json:"to"`
	Subject string    `json:"subject,omitempty"`
	Text    string    `json:"text"`
	Key     string    `json:"key"` // OutId or Message-ID
	At      time.Time `json:"at"`
}

// New makes the page (/), its JSON (/messages.json?to=) and the fault boards (/faults/sms, /faults/mail).
func New(texts *sms.Server, mails *mail.Server) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/faults/sms", &texts.Faults)
	mux.Handle("/faults/mail", &mails.Faults)
	mux.HandleFunc("GET /messages.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(collect(texts, mails, r.URL.Query().Get("to")))
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, collect(texts, mails, ""))
	})
	return mux
}

// collect lists messages, newest first.
func collect(texts *sms.Server, mails *mail.Server, to string) []Message {
	list := []Message{}
	for _, m := range texts.Messages() {
		list = append(list, Message{Channel: "sms", To: m.Phone, Text: m.Text, Key: m.OutID, At: m.At})
	}
	for _, m := range mails.Messages() {
		for _, recipient := range m.To {
			list = append(list,
				Message{Channel: "mail", To: recipient, Subject: m.Subject, Text: m.Text, Key: m.MessageID, At: m.At})
		}
	}
	if to != "" {
		list = slices.DeleteFunc(list, func(m Message) bool { return m.To != to })
	}
	slices.SortStableFunc(list, func(a, b Message) int { return cmp.Compare(b.At.UnixNano(), a.At.UnixNano()) })
	return list
}

//go:embed inbox.html
var pageHTML string

var page = template.Must(template.New("").Parse(pageHTML))
