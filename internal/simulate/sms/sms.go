// Package sms is a stand-in for Aliyun's SMS service: the RPC calls SendSms and QuerySendDetails over HTTP, with
// the real one's signature check, its business errors on command, a list of what was sent, and reports of what became
// of it (SmsReport).
package sms

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/simulate/jsonfile"
)

// Options configures the account that the stand-in accepts.
type Options struct {
	AccessKeyID, AccessKeySecret, SignName string
	// Render turns a template's code and variables into the text that a phone would show.
	Render func(templateCode string, params map[string]string) string
	// StateFile keeps sent messages across restarts; empty keeps them in memory.
	StateFile string
	// ReportURL is where receipts are pushed; empty: nowhere.
	ReportURL string
}

// Sent is a message that was sent.
type Sent struct {
	Phone        string            `json:"phone"`
	TemplateCode string            `json:"template_code"`
	Params       map[string]string `json:"params"`
	OutID        string            `json:"out_id"`
	BizID        string            `json:"biz_id"`
	Text         string            `json:"text"`
	At           time.Time         `json:"at"`
	Receipt      Receipt           `json:"receipt"`
}

// Receipt is what the operator says about a message.
type Receipt struct {
	// Code is the operator's: DELIVERED, or why it wasn't. At is when the receipt comes.
	Code string    `json:"code"`
	At   time.Time `json:"at"`
}

// Server is the stand-in. Its Faults take the operations SendSms and QuerySendDetails, for which the code of a Fail is
// Aliyun's, and Receipt: Fail with an operator's code refuses the message, Slow delays its receipt, and a lost receipt
// isn't pushed.
type Server struct {
	Faults  fault.Board
	options Options

	mu   sync.Mutex
	sent []Sent
}

// New makes a stand-in with the contents of its state file.
func New(o Options) (*Server, error) {
	sent, err := jsonfile.List[Sent](o.StateFile)
	return &Server{options: o, sent: sent}, err
}

// Messages lists the sent messages, oldest first.
func (s *Server) Messages() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Sent{}, s.sent...)
}

// ServeHTTP answers Aliyun's RPC calls.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/faults" {
		s.Faults.ServeHTTP(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		answer(w, http.StatusBadRequest, map[string]any{"Code": "InvalidParameter", "Message": "unreadable"})
		return
	}
	if !s.signed(r) {
		answer(w, http.StatusBadRequest, map[string]any{"Code": "SignatureDoesNotMatch",
			"Message": "Specified signature is not matched with our calculation."})
		return
	}
	action := r.Form.Get("Action")
	f, faulty := s.Faults.Take(action)
	if faulty && f.Mode == fault.Slow {
		time.Sleep(f.Delay())
	}
	if faulty && f.Mode == fault.Fail {
		fail(w, f.Code)
		return
	}
	var result map[string]any
	switch action {
	case "SendSms":
		result = s.send(r.Form)
	case "QuerySendDetails":
		result = s.details(r.Form)
	default:
		answer(w, http.StatusNotFound, map[string]any{"Code": "InvalidAction.NotFound", "Message": "unknown action"})
		return
	}
	if faulty && f.Mode == fault.Lose {
		fault.DropConnection(w)
	}
	answer(w, http.StatusOK, result)
}

var limitMessages = map[string]string{"minute": "触发分钟级流控Permits:1", "hour": "触发小时级流控Permits:5",
	"day": "触发天级流控Permits:10"}

// fail answers with a business error. "isv.BUSINESS_LIMIT_CONTROL:hour" includes the level of a limit; "500" is a
// server error.
func fail(w http.ResponseWriter, code string) {
	if status, err := strconv.Atoi(code); err == nil {
		answer(w, status, map[string]any{"Code": "ServiceUnavailable", "Message": "simulated"})
		return
	}
	code, level, _ := strings.Cut(code, ":")
	answer(w, http.StatusOK, map[string]any{"Code": code, "Message": cmp.Or(limitMessages[level], "simulated "+code)})
}

func (s *Server) send(form url.Values) map[string]any {
	params := map[string]string{}
	if err := json.Unmarshal([]byte(form.Get("TemplateParam")), &params); err != nil {
		return map[string]any{"Code": "isv.INVALID_JSON_PARAM", "Message": "TemplateParam"}
	}
	if form.Get("SignName") != s.options.SignName {
		return map[string]any{"Code": "isv.SMS_SIGNATURE_ILLEGAL", "Message": "SignName"}
	}
	phone := form.Get("PhoneNumbers")
	if len(phone) != 11 || phone[0] != '1' {
		return map[string]any{"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "PhoneNumbers"}
	}
	m := Sent{Phone: phone, TemplateCode: form.Get("TemplateCode"), Params: params, OutID: form.Get("OutId"),
		At: time.Now()}
	if s.options.Render != nil {
		m.Text = s.options.Render(m.TemplateCode, params)
	}
	m.Receipt = Receipt{delivered, m.At}
	f, faulty := s.Faults.Take("Receipt")
	if faulty && f.Mode == fault.Fail {
		m.Receipt.Code = f.Code
	}
	if faulty && f.Mode == fault.Slow {
		m.Receipt.At = m.At.Add(f.Delay())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m.BizID = fmt.Sprintf("sim%08d", len(s.sent)+1)
	s.sent = append(s.sent, m)
	if err := jsonfile.Append(s.options.StateFile, m); err != nil {
		return map[string]any{"Code": "isp.SYSTEM_ERROR", "Message": "state"}
	}
	if s.options.ReportURL != "" && (!faulty || f.Mode != fault.Lose) {
		time.AfterFunc(time.Until(m.Receipt.At), func() { s.push(m) })
	}
	return map[string]any{"Code": "OK", "Message": "OK", "BizId": m.BizID, "RequestId": m.BizID}
}

// delivered is the code of a receipt for a message that arrived.
const delivered = "DELIVERED"

// Report is what is pushed about messages.
func Report(messages ...Sent) []byte {
	list := []map[string]any{}
	for _, m := range messages {
		list = append(list, map[string]any{"phone_number": m.Phone, "send_time": m.At.In(china).Format(time.DateTime),
			"report_time": m.Receipt.At.In(china).Format(time.DateTime), "success": m.Receipt.Code == delivered,
			"err_code": m.Receipt.Code, "err_msg": "simulated", "sms_size": "1", "biz_id": m.BizID, "out_id": m.OutID})
	}
	body, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts and times
	}
	return body
}

// push sends a receipt until it is taken, a few times.
func (s *Server) push(m Sent) {
	for range pushes {
		answer, err := http.Post(s.options.ReportURL, "application/json", bytes.NewReader(Report(m)))
		if err == nil {
			var taken struct {
				Code *int `json:"code"`
			}
			err = json.NewDecoder(answer.Body).Decode(&taken)
			answer.Body.Close()
			if err == nil && taken.Code != nil && *taken.Code == 0 {
				return
			}
		}
		time.Sleep(pushPause)
	}
}

// Aliyun pushes again after 1, 5 and 10 minutes; the stand-in is quicker.
const (
	pushes    = 3
	pushPause = time.Second
)

var china = time.FixedZone("CST", 8*3600)

// sendStatus is QuerySendDetails' SendStatus: 1 waits for the receipt, 2 was refused, 3 was delivered.
func (m Sent) sendStatus() int {
	switch {
	case m.Receipt.At.After(time.Now()):
		return 1
	case m.Receipt.Code == delivered || m.Receipt.Code == "": // kept by an earlier build
		return 3
	}
	return 2
}

func (s *Server) details(form url.Values) map[string]any {
	list := []map[string]any{}
	for _, m := range s.Messages() {
		if m.Phone != form.Get("PhoneNumber") || m.At.In(china).Format("20060102") != form.Get("SendDate") {
			continue
		}
		detail := map[string]any{"PhoneNum": m.Phone, "OutId": m.OutID, "TemplateCode": m.TemplateCode,
			"SendStatus": m.sendStatus(), "SendDate": m.At.In(china).Format(time.DateTime), "Content": ""}
		if m.sendStatus() != 1 {
			detail["ErrCode"], detail["ReceiveDate"] = m.Receipt.Code, m.Receipt.At.In(china).Format(time.DateTime)
		}
		list = append(list, detail)
	}
	return map[string]any{"Code": "OK", "Message": "OK", "RequestId": "sim", "TotalCount": strconv.Itoa(len(list)),
		"SmsSendDetailDTOs": map[string]any{"SmsSendDetailDTO": list}}
}

// signed checks Aliyun's RPC signature: HMAC-SHA1 over the sorted, encoded
// parameters.
func (s *Server) signed(r *http.Request) bool {
	params := url.Values{}
	for k, v := range r.Form {
		if k != "Signature" {
			params[k] = v
		}
	}
	if params.Get("AccessKeyId") != s.options.AccessKeyID {
		return false
	}
	toSign := r.Method + "&%2F&" + percent.Replace(url.QueryEscape(percent.Replace(params.Encode())))
	mac := hmac.New(sha1.New, []byte(s.options.AccessKeySecret+"&"))
	mac.Write([]byte(toSign))
	return hmac.Equal([]byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))), []byte(r.Form.Get("Signature")))
}

// percent turns Go's form encoding into RFC 3986's, which Aliyun signs.
var percent = strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~")

func answer(w http.ResponseWriter, status int, v map[string]any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
