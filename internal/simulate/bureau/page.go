package bureau

import (
	"cmp"
	_ "embed"
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
		s.settle(i, cmp.Or(number(r.PostFormValue("code")), codeRefused),
			cmp.Or(r.PostFormValue("opinion"), "材料不符合要求"))
	}
	if err := s.save(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// field is one input of a command's form.
type field struct{ Name, Label, Value string }

// values returns what was typed into a field.
type values func(name string) string

// commandForm is a form of the page for one of the Push methods, at /commands/Path.
type commandForm struct {
	Path, Label string
	Fields      []field
	run         func(*Server, values) error
}

var commands = []commandForm{
	{"verdict", "指定结果", []field{{"code", "结果代码", "1002"}, {"count", "后续记录数", "1"}},
		func(s *Server, v values) error { return s.CommandVerdicts(number(v("code")), number(v("count"))) }},
	{"verify-all", "全部通过短信核验", nil, func(s *Server, _ values) error { s.VerifyAll(); return nil }},
	{"verify-expired", "短信核验超时", nil, func(s *Server, _ values) error { return s.ExpireVerifications() }},
	{"blacklist-domain", "域名黑名单", []field{{"domain", "域名", ""}, {"op", "0增加 2删除", "0"}},
		func(s *Server, v values) error { return s.PushBlacklistDomain(v("domain"), number(v("op"))) }},
	{"blacklist-holder", "主体黑名单", []field{{"name", "名称", ""}, {"type", "证件类型", "1"}, {"document", "证件号码", ""},
		{"op", "0增加 2删除", "0"}}, func(s *Server, v values) error {
		return s.PushBlacklistHolder(v("name"), number(v("type")), v("document"), number(v("op")))
	}},
	{"notice", "整改通知", []field{{"number", "备案号", ""}, {"text", "内容", ""}},
		func(s *Server, v values) error { return s.PushNotice(v("number"), v("text")) }},
	{"unfiled", "未备案网站", []field{{"domain", "域名", ""}, {"ip", "IP", ""}},
		func(s *Server, v values) error { return s.PushUnfiledSite(v("domain"), v("ip")) }},
	{"illegal", "非法接入", []field{{"domain", "域名", ""}, {"ip", "IP", ""}},
		func(s *Server, v values) error { return s.PushIllegalAccess(v("domain"), v("ip")) }},
	{"verification", "核实任务", []field{{"number", "主体备案号", ""}},
		func(s *Server, v values) error { return s.PushVerificationTask(v("number")) }},
	{"check", "核查结果", []field{{"number", "网站备案号", ""}},
		func(s *Server, v values) error { return s.PushCheckResult(v("number")) }},
	{"deregistration", "注销", []field{{"number", "备案号", ""}},
		func(s *Server, v values) error { return s.PushDeregistration(v("number")) }},
	{"codes", "下发代码表", nil, func(s *Server, _ values) error { return s.PushCodeTables() }},
	{"sync", "数据同步", []field{{"number", "主体备案号（空为全部）", ""}},
		func(s *Server, v values) error { return s.PushSync(v("number")) }},
	{"seed", "他处备案", []field{{"name", "主办者", ""}, {"type", "证件类型", "1"}, {"document", "证件号码", ""}, {"domain", "域名", ""}},
		func(s *Server, v values) error {
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

//go:embed data/page.html
var pageHTML string

var pageTemplate = template.Must(template.New("").
	Funcs(template.FuncMap{"kind": func(k int) string { return kindNames[k] }}).Parse(pageHTML))

// Unverified is for the page.
func (r *record) Unverified() bool { return r.unverified() }

// Name is the holder's name, for the page.
func (h *holder) Name() string { return h.Data.text("Dwmc") }

// Name is the site's name, for the page.
func (w *site) Name() string { return w.name() }
