package bureau

import (
	"html/template"
	"net/http"
	"strconv"
	"time"
)

// page shows what the bureau holds, with buttons to decide by hand.
func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decideDue(time.Now())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pageTemplate.Execute(w, s.state)
}

// byHand approves, or refuses with the code and opinion of the form.
func (s *Server) byHand(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := s.find(r.PathValue("record"))
	if rec == nil || rec.Code != 0 {
		http.Error(w, "没有这条待审记录", http.StatusConflict)
		return
	}
	if r.PathValue("verdict") == "approve" {
		s.approve(rec)
	} else {
		code, err := strconv.Atoi(r.PostFormValue("code"))
		if err != nil {
			code = 1002
		}
		rec.Code, rec.Opinion = code, r.PostFormValue("opinion")
		if rec.Opinion == "" {
			rec.Opinion = "材料不符合要求"
		}
	}
	if err := s.save(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

var pageTemplate = template.Must(template.New("").Parse(`<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>管局（模拟）</title>
<style>body{font:16px/1.6 system-ui,"PingFang SC","Noto Sans CJK SC",sans-serif;margin:0 auto;max-width:60rem;padding:1.5rem;color:#1b2430;background:#f4f6f8}
table{width:100%;border-collapse:collapse;background:#fff}th,td{padding:.5rem .7rem;border-bottom:1px solid #d9e0e7;text-align:left}form{display:inline}</style></head><body>
<h1>管局（模拟）</h1><p>已受理到第 {{.Sequence}} 号数据文件。</p><table><tr><th>记录</th><th>文件</th><th>网站名称</th><th>结果</th><th>备案号</th><th></th></tr>
{{range .Records}}<tr><td>{{.ID}}</td><td>{{.Sequence}}</td><td>{{.SiteName}}</td><td>{{if .Code}}{{.Code}} {{.Opinion}}{{else}}审核中{{end}}</td><td>{{.Number}}</td>
<td>{{if not .Code}}<form method="post" action="/records/{{.ID}}/approve"><button>通过</button></form>
<form method="post" action="/records/{{.ID}}/refuse"><input name="code" value="1002" size="4" aria-label="结果代码"><input name="opinion" aria-label="意见" placeholder="意见"><button>拒绝</button></form>{{end}}</td></tr>
{{else}}<tr><td colspan="6">还没有收到记录。</td></tr>{{end}}</table></body></html>`))
