package bureau

import (
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// shownRecords bounds the page.
const shownRecords = 200

var kindNames = map[int]string{
	newFiling: "新增备案", newSite: "新增网站", newAccess: "新增接入", change: "变更备案", cancelAccess: "取消接入", dropHolder: "注销主体",
	dropSite: "注销网站", papers: "核验材料", taskResult: "核实结果", unfiledOutcome: "未备案处理结果",
}

// page shows the bureau's data, with buttons to decide by hand and forms for what it sends on its own.
func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decideDue()
	s.saveLogged()
	records := slices.Clone(s.state.Records[max(0, len(s.state.Records)-shownRecords):])
	slices.Reverse(records)
	holders := slices.Clone(s.state.Holders[max(0, len(s.state.Holders)-shownRecords):])
	slices.Reverse(holders)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pageTemplate.Execute(w, map[string]any{
		"Sequence": s.state.Sequence, "Records": records, "Holders": holders,
		"Waiting":  len(s.state.Outbox) + len(s.state.Ready),
		"Commands": commands,
	})
}

// byHand approves a record, or refuses it with the form's code and opinion. The record is named "kind-ID", or by
// the ID alone for a new filing.
func (s *Server) byHand(w http.ResponseWriter, r *http.Request) {
	kind, id, found := strings.Cut(r.PathValue("record"), "-")
	if !found {
		kind, id = strconv.Itoa(newFiling), kind
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.byKey[kind+"/"+id],
		func(i int) bool { return s.state.Records[i].Code == 0 && !s.state.Records[i].Forgotten })
	if i < 0 {
		http.Error(w, "没有这条待审记录", http.StatusConflict)
		return
	}
	i = s.byKey[kind+"/"+id][i]
	if r.PathValue("verdict") == "approve" {
		s.approve(i)
	} else {
		code, err := strconv.Atoi(r.PostFormValue("code"))
		if err != nil {
			code = codeRefused
		}
		opinion := r.PostFormValue("opinion")
		if opinion == "" {
			opinion = "材料不符合要求"
		}
		s.settle(i, code, opinion)
	}
	if err := s.save(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// field is one input of a command's form.
type field struct{ Name, Label, Value string }

// commandForm is a form of the page for one of the Push methods, at /commands/Path.
type commandForm struct {
	Path, Label string
	Fields      []field
	run         func(*Server, func(string) string) error
}

var commands = []commandForm{
	{"verdict", "指定结果", []field{{"code", "结果代码", "1002"}, {"count", "后续记录数", "1"}},
		func(s *Server, v func(string) string) error {
			return s.CommandVerdicts(number(v("code")), number(v("count")))
		}},
	{"blacklist-domain", "域名黑名单", []field{{"domain", "域名", ""}, {"op", "0增加 2删除", "0"}},
		func(s *Server, v func(string) string) error {
			return s.PushBlacklistDomain(v("domain"), number(v("op")))
		}},
	{"blacklist-holder", "主体黑名单", []field{{"name", "名称", ""}, {"type", "证件类型", "1"}, {"document", "证件号码", ""},
		{"op", "0增加 2删除", "0"}}, func(s *Server, v func(string) string) error {
		return s.PushBlacklistHolder(v("name"), number(v("type")), v("document"), number(v("op")))
	}},
	{"notice", "整改通知", []field{{"number", "备案号", ""}, {"text", "内容", ""}}, func(s *Server, v func(string) string) error {
		return s.PushNotice(v("number"), v("text"))
	}},
	{"unfiled", "未备案网站", []field{{"domain", "域名", ""}, {"ip", "IP", ""}}, func(s *Server, v func(string) string) error {
		return s.PushUnfiledSite(v("domain"), v("ip"))
	}},
	{"illegal", "非法接入", []field{{"domain", "域名", ""}, {"ip", "IP", ""}}, func(s *Server, v func(string) string) error {
		return s.PushIllegalAccess(v("domain"), v("ip"))
	}},
	{"verification", "核实任务", []field{{"number", "主体备案号", ""}},
		func(s *Server, v func(string) string) error { return s.PushVerificationTask(v("number")) }},
	{"check", "核查结果", []field{{"number", "网站备案号", ""}},
		func(s *Server, v func(string) string) error { return s.PushCheckResult(v("number")) }},
	{"deregistration", "注销", []field{{"number", "备案号", ""}},
		func(s *Server, v func(string) string) error { return s.PushDeregistration(v("number")) }},
	{"codes", "下发代码表", nil, func(s *Server, _ func(string) string) error { return s.PushCodeTables() }},
	{"sync", "数据同步", []field{{"number", "主体备案号（空为全部）", ""}},
		func(s *Server, v func(string) string) error { return s.PushSync(v("number")) }},
	{"seed", "他处备案", []field{{"name", "主办者", ""}, {"type", "证件类型", "1"}, {"document", "证件号码", ""}, {"domain", "域名", ""}},
		func(s *Server, v func(string) string) error {
			s.Seed(SeedFiling{HolderName: v("name"), DocumentType: number(v("type")), DocumentNumber: v("document"),
				Domains: []string{v("domain")}})
			return nil
		}},
}

// number is 0 for anything that isn't a number.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// command handles a form.
func (s *Server) command(w http.ResponseWriter, r *http.Request) {
	i := slices.IndexFunc(commands, func(c commandForm) bool { return c.Path == r.PathValue("command") })
	if i < 0 {
		http.NotFound(w, r)
		return
	}
	for _, f := range commands[i].Fields {
		if r.PostFormValue(f.Name) == "" && f.Name != "number" {
			http.Error(w, "请填写"+f.Label, http.StatusBadRequest)
			return
		}
	}
	if err := commands[i].run(s, r.PostFormValue); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

var pageTemplate = template.Must(template.New("").Funcs(template.FuncMap{"kind": func(k int) string { return kindNames[k] }}).Parse(`<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>管局（模拟）</title>
<style>body{font:16px/1.6 system-ui,"PingFang SC","Noto Sans CJK SC",sans-serif;margin:0 auto;max-width:72rem;padding:1.5rem;color:#1b2430;background:#f4f6f8}
table{width:100%;border-collapse:collapse;background:#fff}th,td{padding:.5rem .7rem;border-bottom:1px solid #d9e0e7;text-align:left;vertical-align:top}td form{display:inline}</style></head><body>
<h1>管局（模拟）</h1><p>已受理到第 {{.Sequence}} 号数据文件，{{.Waiting}} 份待下载。</p>
<h2>记录</h2><table><tr><th>类别</th><th>记录</th><th>文件</th><th>网站名称</th><th>结果</th><th>备案号</th><th></th></tr>
{{range .Records}}<tr><td>{{kind .Kind}}</td><td>{{.ID}}</td><td>{{.Sequence}}</td><td>{{.SiteName}}</td><td>{{if .Code}}{{.Code}} {{.Opinion}}{{else}}审核中{{end}}</td><td>{{.Number}}</td>
<td>{{if not .Code}}<form method="post" action="/records/{{.Kind}}-{{.ID}}/approve"><button>通过</button></form>
<form method="post" action="/records/{{.Kind}}-{{.ID}}/refuse"><input name="code" value="1002" size="4" aria-label="结果代码"><input name="opinion" aria-label="意见" placeholder="意见"><button>拒绝</button></form>{{end}}</td></tr>
{{else}}<tr><td colspan="7">还没有收到记录。</td></tr>{{end}}</table>
<h2>主体</h2><table><tr><th>备案号</th><th>主办者</th><th>备案密码</th><th>网站</th></tr>
{{range .Holders}}<tr><td>{{.Number}}{{if .Dead}}（已注销）{{end}}</td><td>{{.Name}}</td><td>{{.Password}}</td>
<td>{{range .Sites}}{{.Number}} {{.Name}}{{range .Domains}} {{.Name}}{{end}}{{if .Dead}}（已注销）{{end}}<br>{{end}}</td></tr>
{{else}}<tr><td colspan="4">还没有备案。</td></tr>{{end}}</table>
<h2>下发</h2>{{range .Commands}}<form method="post" action="/commands/{{.Path}}"><p><strong>{{.Label}}</strong>
{{range .Fields}}<label>{{.Label}} <input name="{{.Name}}" value="{{.Value}}"></label> {{end}}<button>下发</button></p></form>{{end}}
</body></html>`))

// Name is the holder's name, for the page.
func (h *holder) Name() string { return h.Data.text("Dwmc") }

// Name is the site's name, for the page.
func (w *site) Name() string { return w.name() }
