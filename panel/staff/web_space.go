package staff

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/orderdata"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// spaceData is the page that corrects how an order's web space is reached.
type spaceData struct {
	filingForm
	// Retries: the filing is stuck at a step that needs the web space.
	Retries bool
	// Keys are the SSH server's.
	Keys store.HostKeys
}

// shownKey is a host key for people to compare.
func shownKey(line string) string {
	k, err := website.ParseHostKey(line)
	if err != nil {
		return line
	}
	return k.Fingerprint + " (" + k.Type + ", " + k.Address + ")"
}

func spaceFields(known bool) []web.Field {
	var protocols []web.Option
	for _, p := range website.Protocols {
		protocols = append(protocols, web.Option{Value: p, Label: strings.ToUpper(p)})
	}
	return []web.Field{
		{Name: "protocol", Type: "select", Required: true, Options: protocols},
		{Name: "host", Type: "text", Required: true, Autocomplete: "off", Maxlength: orderdata.MaxSpace},
		{Name: "port", Type: "number", Required: true, Autocomplete: "off"},
		{Name: "user", Type: "text", Required: true, Autocomplete: "off", Maxlength: orderdata.MaxSpace},
		{Name: "password", Type: "password", Required: !known, Autocomplete: "off", Maxlength: orderdata.MaxSpace},
		{Name: "document_root", Type: "text", Autocomplete: "off", Maxlength: orderdata.MaxSpace},
		{Name: "reason", Type: "textarea", Required: true},
	}
}

// retriesSpace tells whether a filing is stuck because of its web space.
func retriesSpace(f store.Filing) bool { return f.StuckStep == "install_certificate" }

// canSpace tells whether staff can correct a filing's web space. A withdrawn or deregistered filing needs none, and
// its order may belong to another filing by now.
func canSpace(stage filing.Stage) bool { return !stage.Final() || stage == filing.Filed }

// spaceForm shows how a web space is reached, without its password. The view is audited.
func (p *Pages) spaceForm(c *gin.Context, f store.Filing) error {
	if !canSpace(f.Stage) {
		return p.finishAct(c, f, workflows.ErrWrongStage, "")
	}
	if err := p.AuditView(c, "space.view", "filing", f.Ref()); err != nil {
		return err
	}
	w, err := p.Store.WebSpaceOf(c.Request.Context(), f.OrderID)
	if err != nil {
		return err
	}
	values := url.Values{"protocol": {website.FTP}, "port": {"21"}}
	if w != nil {
		values = url.Values{
			"protocol": {w.Protocol}, "host": {w.Host}, "port": {strconv.Itoa(w.Port)}, "user": {w.User},
			"document_root": {w.DocumentRoot},
		}
	}
	return p.showSpace(c, f, w != nil, filledForm{values: values})
}

func (p *Pages) showSpace(c *gin.Context, f store.Filing, known bool, filled filledForm) error {
	keys, err := p.Store.HostKeysOf(c.Request.Context(), f.OrderID)
	if err != nil {
		return err
	}
	form := p.Form(c, "web_space", spaceFields(known), filled.values, filled.problems)
	data := spaceData{filingForm{form, f}, retriesSpace(f), keys}
	return p.Render(c, web.StatusOf(filled.problems), web.Page{Title: "web_space.title"}, web.With(spacePage, data))
}

// spaceOf reads a web space as it was typed. Without a typed password that of known, the present one, is kept, but
// only for the same address and user: staff never see it and mustn't be able to send it to a host of their own, or
// in clear text.
func spaceOf(values url.Values, known *store.WebSpace) (w store.WebSpace, problems filing.Problems) {
	w = store.WebSpace{
		Protocol: values.Get("protocol"), Host: web.Trimmed(values, "host"), Port: web.Number(values, "port"),
		User: web.Trimmed(values, "user"), Password: values.Get("password"),
		DocumentRoot: web.Trimmed(values, "document_root"),
	}
	elsewhere := known != nil && !w.SameSignIn(*known)
	if w.Password == "" && known != nil && !elsewhere {
		w.Password = known.Password
	}
	problems = orderdata.CheckSpace(w)
	switch {
	case w.Password == "" && elsewhere:
		problems = append(problems, filing.Problem{Field: "password", Key: "space_password"})
	case w.Password == "":
		problems = append(problems, filing.Problem{Field: "password", Key: "required"})
	}
	return w, problems
}

// correctSpace replaces how a web space is reached, and on request retries the stuck upload.
func (p *Pages) correctSpace(c *gin.Context, f store.Filing) error {
	values, ctx := web.PostForm(c), c.Request.Context()
	if !canSpace(f.Stage) {
		return p.finishAct(c, f, workflows.ErrWrongStage, "")
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
	reason, unsaid := staffReason(values, "reason", true)
	if problems = append(problems, unsaid...); len(problems) > 0 {
		return p.showSpace(c, f, known != nil, filledForm{values, problems})
	}
	if key := values.Get("accept_key"); key != "" {
		accepted := p.AuditEntry(c, "space.accept_key", "filing", f.Ref(), reason)
		err := p.Audited(c, accepted, func(ctx context.Context) error { return p.Store.AcceptHostKey(ctx, order.ID, key) })
		if errors.Is(err, store.ErrConflict) { // another one by now: to be compared again
			changed := filing.Problems{{Field: "reason", Key: "space_key_changed"}}
			return p.showSpace(c, f, known != nil, filledForm{values, changed})
		}
		if err != nil {
			return err
		}
	}
	entry := p.AuditEntry(c, "space.correct", "filing", f.Ref(), reason)
	err = p.Audited(c, entry, func(ctx context.Context) error { return p.Store.CorrectWebSpace(ctx, order, w) })
	if err != nil {
		return err
	}
	if values.Get("action") != string(workflows.Retry) {
		return p.finishAct(c, f, nil, "flash.space_saved")
	}
	return p.finishAct(c, f, p.resolve(c, f.Ref(), workflows.Retry, stuckSeqOf(values), reason), "flash.done")
}
