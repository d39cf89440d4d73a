package staff

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// maxSpace bounds each field of a web space, in characters.
const maxSpace = 255

// spaceData is the page on which staff correct how an order's web space is reached.
type spaceData struct {
	filingForm
	// Retries: the filing is stuck at what needs it.
	Retries bool
}

func spaceFields(known bool) []web.Field {
	var protocols []web.Option
	for _, p := range website.Protocols {
		protocols = append(protocols, web.Option{Value: p, Label: strings.ToUpper(p)})
	}
	return []web.Field{
		{Name: "protocol", Type: "select", Required: true, Options: protocols},
		{Name: "host", Type: "text", Required: true, Autocomplete: "off", Maxlength: maxSpace},
		{Name: "port", Type: "number", Required: true, Autocomplete: "off"},
		{Name: "user", Type: "text", Required: true, Autocomplete: "off", Maxlength: maxSpace},
		{Name: "password", Type: "password", Required: !known, Autocomplete: "off", Maxlength: maxSpace},
		{Name: "document_root", Type: "text", Autocomplete: "off", Maxlength: maxSpace},
		{Name: "reason", Type: "textarea", Required: true},
	}
}

// retriesSpace tells whether a filing waits at what its web space refused.
func retriesSpace(f store.Filing) bool { return f.StuckStep == "install_certificate" }

// canSpace tells whether staff can correct a filing's web space: one that was withdrawn or
// deregistered needs none, and its order may be another filing's by now.
func canSpace(stage filing.Stage) bool { return !stage.Final() || stage == filing.Filed }

// spaceFiling finds the filing that a form about its web space is of, where that can be
// corrected; otherwise its page says what is so now.
func (p *Pages) spaceFiling(c *gin.Context, values url.Values) (f store.Filing, ok bool) {
	if f, ok = p.postedFiling(c, values); ok && !canSpace(f.Stage) {
		p.finishAct(c, f, workflows.ErrWrongStage)
		return f, false
	}
	return f, ok
}

// spaceForm shows how a web space is reached, but for its password; that somebody looked
// is noted.
func (p *Pages) spaceForm(c *gin.Context) error {
	f, ok := p.spaceFiling(c, c.Request.URL.Query())
	if !ok {
		return nil
	}
	w, err := p.Store.WebSpaceOf(c.Request.Context(), f.OrderID)
	if err == nil {
		err = p.AuditView(c, "space.view", "filing", f.Ref())
	}
	if err != nil {
		return err
	}
	values := url.Values{"protocol": {website.FTP}, "port": {"21"}}
	if w != nil {
		values = url.Values{
			"protocol": {w.Protocol}, "host": {w.Host}, "port": {strconv.Itoa(w.Port)}, "user": {w.User}, "document_root": {w.DocumentRoot},
		}
	}
	return p.showSpace(c, http.StatusOK, f, w != nil, values, nil)
}

func (p *Pages) showSpace(c *gin.Context, status int, f store.Filing, known bool, values url.Values, problems filing.Problems) error {
	return p.RenderTemplate(c, status, "web_space", web.Page{Title: "space.title", Data: spaceData{
		filingForm{web.Build(p.Texts.For(p.Lang(c)), "space", spaceFields(known), values, problems), f}, retriesSpace(f),
	}})
}

// sameSignIn tells whether two web spaces are signed in to at the same place by the same user.
func sameSignIn(a, b store.WebSpace) bool {
	return a.Protocol == b.Protocol && a.Host == b.Host && a.Port == b.Port && a.User == b.User
}

// spaceOf reads a web space as it was typed; known is the present one, whose password stays
// where none was typed. It stays for where it is known to go only: staff never see it, and
// mustn't be able to have it sent to a host of their own, or in the clear.
func spaceOf(values url.Values, known *store.WebSpace) (w store.WebSpace, problems filing.Problems) {
	w = store.WebSpace{
		Protocol: values.Get("protocol"), Host: web.Trimmed(values, "host"), Port: web.Number(values, "port"),
		User: web.Trimmed(values, "user"), Password: values.Get("password"), DocumentRoot: web.Trimmed(values, "document_root"),
	}
	elsewhere := known != nil && !sameSignIn(w, *known)
	if w.Password == "" && known != nil && !elsewhere {
		w.Password = known.Password
	}
	wrong := func(field, key string, args map[string]any) {
		problems = append(problems, filing.Problem{Field: field, Key: key, Args: args})
	}
	if !slices.Contains(website.Protocols, w.Protocol) {
		wrong("protocol", "choose", nil)
	}
	if w.Port < 1 || w.Port > 65535 {
		wrong("port", "space_port", nil)
	}
	for _, f := range []struct {
		name, value string
		required    bool
	}{{"host", w.Host, true}, {"user", w.User, true}, {"password", w.Password, true}, {"document_root", w.DocumentRoot, false}} {
		switch {
		case f.name == "password" && f.value == "" && elsewhere:
			wrong(f.name, "space_password", nil)
		case f.value == "" && f.required:
			wrong(f.name, "required", nil)
		case utf8.RuneCountInString(f.value) > maxSpace:
			wrong(f.name, "too_long", map[string]any{"max": maxSpace})
		case strings.ContainsFunc(f.value, unicode.IsControl): // a line break would be a command of its own
			wrong(f.name, "space_characters", nil)
		case f.name == "host" && strings.ContainsAny(f.value, " /@"):
			wrong(f.name, "space_host", nil)
		}
	}
	return w, problems
}

// correctSpace replaces how a web space is reached, and has the stuck upload tried again in
// one go, if that is asked for.
func (p *Pages) correctSpace(c *gin.Context) error {
	values, ctx := web.PostForm(c), c.Request.Context()
	f, ok := p.spaceFiling(c, values)
	if !ok {
		return nil
	}
	order, err := p.Store.Order(ctx, f.OrderID)
	var known *store.WebSpace
	if err == nil {
		known, err = p.Store.WebSpaceOf(ctx, f.OrderID)
	}
	if err != nil {
		return err
	}
	w, problems := spaceOf(values, known)
	reason, unsaid := staffReason(values, true)
	if problems = append(problems, unsaid...); len(problems) > 0 {
		return p.showSpace(c, http.StatusUnprocessableEntity, f, known != nil, values, problems)
	}
	err = p.Audited(c, p.AuditEntry(c, "space.correct", "filing", f.Ref(), reason), func(ctx context.Context) error { return p.Store.CorrectWebSpace(ctx, order, w) })
	if err != nil {
		return err
	}
	if values.Get("action") != string(workflows.Retry) {
		return p.finishActWith(c, f, nil, "flash.space_saved")
	}
	return p.finishAct(c, f, p.Asked(c, p.AuditEntry(c, "filing.retry", "filing", f.Ref(), reason), func() error {
		_, err := p.Filings.Resume(ctx, f.Ref(), workflows.Resume{Resolution: workflows.Retry, Actor: p.Actor(c)})
		return err
	}))
}
