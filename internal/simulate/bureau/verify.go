package bureau

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
)

// What the ministry's verification site answers (短信核验), in its words.
const (
	VerifiedAll      = "您的短信核验已全部完成，请等待管局审核"
	VerifiedPart     = "您的短信核验已完成，请等待其他核验人进行短信核验"
	VerifiedNothing  = "该条验证库里找不到记录"
	VerifiedWrong    = "验证码、手机号码或证件号码后六位错误"
	VerifiedTooOften = "错误次数过多，备案申请已退回"
)

const (
	verifiedLate   = "未在规定时间内完成短信核验，系统自动退回"
	verifiedWrong  = "短信核验错误次数超过限制，系统自动退回"
	verifyTriesMax = 5
	verifyLast     = 6
)

// verifier is a manager who must enter a code before a record is reviewed.
type verifier struct {
	Name   string `json:"name"`
	Mobile string `json:"mobile"`
	// Last is the end of the document's number, Code what the SMS says.
	Last  string `json:"last"`
	Code  string `json:"code"`
	Wrong int    `json:"wrong,omitempty"`
	Done  bool   `json:"done,omitempty"`
}

// awaitVerification has the managers of a new record verify it, if the bureau does that.
func (s *Server) awaitVerification(r *record) {
	if s.options.SMSVerification <= 0 || r.Kind == cancelAccess {
		return
	}
	for _, n := range s.managersOf(r) {
		v := verifier{Name: n.text("Fzr_xm"), Mobile: n.text("Fzr_sjhm"), Last: last(n.text("Fzr_zjhm"))}
		if slices.ContainsFunc(r.Verifiers, func(o *verifier) bool { return o.Mobile == v.Mobile && o.Last == v.Last }) {
			continue
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%s", r.key(), r.Sequence, v.Mobile))
		v.Code = fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[:])%1000000)
		r.Verifiers = append(r.Verifiers, &v)
	}
	r.VerifyUntil = r.At.Add(s.options.SMSVerification)
}

// managersOf are the managers who verify a record: those in it, or those that are filed.
func (s *Server) managersOf(r *record) []*node {
	var list []*node
	add := func(n *node, path string) {
		if n == nil {
			return
		}
		if m := n.first(path); m != nil {
			list = append(list, m)
		}
	}
	switch r.Kind {
	case newFiling, change:
		add(r.Entry, "Zt_xx/Fzr")
		for _, w := range r.Entry.all("Wz_xx") {
			add(w, "Wz_Fzr")
		}
	case newSite:
		if h := s.holderNamed(r.Entry); h != nil {
			add(h.Data, "Fzr")
		}
		add(r.Entry, "Wz_xx/Wz_Fzr")
	case newAccess:
		if w := s.siteNamed(r.Entry); w != nil {
			add(w.Data, "Wz_Fzr")
		}
	case dropHolder:
		if h := s.index.holders[r.ID]; h != nil {
			add(h.Data, "Fzr")
		}
	case dropSite:
		if w := s.index.sites[r.ID]; w != nil {
			add(w.Data, "Wz_Fzr")
		}
	}
	return list
}

func last(number string) string { return number[max(0, len(number)-verifyLast):] }

// unverified reports whether somebody still has to verify a record.
func (r *record) unverified() bool {
	return slices.ContainsFunc(r.Verifiers, func(v *verifier) bool { return !v.Done })
}

// returnUnverified returns a record whose time for the verification has run out.
func (s *Server) returnUnverified(i int, now time.Time) {
	r := s.state.Records[i]
	if r.Code == 0 && !r.Forgotten && r.unverified() && !now.Before(r.VerifyUntil) {
		s.settle(i, codeRefused, verifiedLate)
	}
}

// Verify is the ministry's verification page: a code, the mobile number that received it, and the end of the document's
// number. It answers in the page's words.
func (s *Server) Verify(code, mobile, document string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decideDue()
	defer s.saveLogged()
	i, v := s.awaiting(mobile, code)
	if v == nil {
		return VerifiedNothing
	}
	r := s.state.Records[i]
	s.changed()
	if v.Code != code || !strings.EqualFold(v.Last, last(document)) {
		if v.Wrong++; v.Wrong > verifyTriesMax {
			s.settle(i, codeRefused, verifiedWrong)
			return VerifiedTooOften
		}
		return VerifiedWrong
	}
	v.Done = true
	if r.unverified() {
		return VerifiedPart
	}
	r.At = s.now() // the review begins
	return VerifiedAll
}

// awaiting finds who has to verify with a mobile number, and of which record: the one with the code if there is one, or
// else the first.
func (s *Server) awaiting(mobile, code string) (record int, found *verifier) {
	for _, i := range s.pending {
		r := s.state.Records[i]
		for _, v := range r.Verifiers {
			if r.Code != 0 || v.Done || v.Mobile != mobile {
				continue
			}
			if v.Code == code {
				return i, v
			}
			if found == nil {
				record, found = i, v
			}
		}
	}
	return record, found
}

// SentCode is an SMS with a code that still has to be entered.
type SentCode struct{ Name, Mobile, Last, Code string }

// SentCodes are the codes that managers have got and not entered.
func (s *Server) SentCodes() (list []SentCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decideDue()
	return s.sentCodes()
}

func (s *Server) sentCodes() (list []SentCode) {
	for _, r := range s.state.Records {
		for _, v := range r.Verifiers {
			if r.Code == 0 && !v.Done {
				list = append(list, SentCode{v.Name, v.Mobile, v.Last, v.Code})
			}
		}
	}
	return list
}

// VerifyAll enters every code that was sent, for demos and tests that are about something else.
func (s *Server) VerifyAll() (entered int) {
	for _, c := range s.SentCodes() {
		if answer := s.Verify(c.Code, c.Mobile, c.Last); answer == VerifiedAll || answer == VerifiedPart {
			entered++
		}
	}
	return entered
}

// ExpireVerifications lets the time run out for every record that waits to be verified.
func (s *Server) ExpireVerifications() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.pending {
		if r := s.state.Records[i]; r.unverified() {
			r.VerifyUntil = s.now()
			s.changed()
		}
	}
	s.decideDue()
	return s.save()
}

// verifyPage shows the form, and what became of what was typed.
func (s *Server) verifyPage(w http.ResponseWriter, r *http.Request) {
	var answer string
	if r.Method == http.MethodPost {
		answer = s.Verify(r.PostFormValue("code"), r.PostFormValue("mobile"), r.PostFormValue("document"))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = verifyTemplate.Execute(w, map[string]any{"Answer": answer, "Codes": s.SentCodes(),
		"Hours": s.options.SMSVerification.Hours()})
}

var verifyTemplate = template.Must(template.New("").Parse(`<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>短信核验（模拟）</title></head><body>
<h1>工业和信息化部 短信核验（模拟）</h1>
{{if .Answer}}<p role="status"><strong>{{.Answer}}</strong></p>{{end}}
<form method="post"><p><label>验证码 <input name="code" inputmode="numeric"></label>
<label>手机号码 <input name="mobile" inputmode="numeric"></label>
<label>证件号码后六位 <input name="document"></label> <button>提交</button></p></form>
<h2>已发出的短信（{{.Hours}} 小时内有效）</h2><ul>{{range .Codes}}<li>{{.Mobile}} {{.Name}}：【工信部】验证码 {{.Code}}（证件后六位 {{.Last}}）</li>
{{else}}<li>没有等待核验的备案。</li>{{end}}</ul><p><a href="/">管局</a></p></body></html>`))
