package account

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// keyReach is the row of the code that confirms an address.
const keyReach = "reach"

func (p *Pages) reachForm(c *gin.Context) error {
	if _, name, ok := p.ReachChannel(c); ok {
		return p.showReach(c, http.StatusOK, name, p.KeptValues(c), nil)
	}

	return nil
}

func (p *Pages) showReach(c *gin.Context, status int, name string, values url.Values, problems filing.Problems) error {
	address := web.Field{Name: "mobile", Type: "tel", Required: true, Autocomplete: "tel-national"}
	if name == "email" {
		address = web.Field{Name: "email", Type: "email", Required: true, Autocomplete: "email"}
	}
	title := "account.set_" + name
	fields := []web.Field{address, {Name: "present_password", Type: "password", Required: true, Autocomplete: "current-password"}}
	return p.Render(c, status, "account_form", web.Page{Title: title, Data: accountForm{
		Form: web.Build(p.Texts.For(p.Lang(c)), "account_reach", fields, values, problems), Lead: "account.reach_lead", Button: "account.reach_button",
	}})
}

// giveReach sends a code to a new address, which becomes the account's when the
// code is right.
func (p *Pages) giveReach(c *gin.Context) error {
	ch, name, ok := p.ReachChannel(c)
	if !ok {
		return nil
	}
	values, ctx := web.Posted(c), c.Request.Context()
	details := web.ContactOf(values)
	problems := slices.DeleteFunc(filing.ValidateReach(details.Mobile, details.Email), func(problem filing.Problem) bool { return problem.Field != name })
	wrong, err := p.presentRight(c, values.Get("present_password"))
	if err != nil {
		return err
	}
	if problems = append(problems, wrong...); len(problems) > 0 {
		return p.showReach(c, http.StatusUnprocessableEntity, name, values, problems)
	}
	address := details.Email
	if ch == filing.SMS {
		address = details.Mobile
	}
	id, send, err := p.Store.RequestReach(ctx, p.UserID(c), ch, address)
	if errors.Is(err, store.ErrCodeTooSoon) {
		return p.showReach(c, http.StatusUnprocessableEntity, name, values, filing.Problems{{Field: name, Key: "code_too_soon"}})
	}
	if err == nil {
		err = p.Filings.SendAccountCode(ctx, id, send)
	}
	if err != nil {
		return err
	}
	p.Sessions.Put(ctx, keyReach, id)
	return web.To(c, c.Request.URL.Path+"/code")
}

func (p *Pages) reachCodeForm(c *gin.Context) error {
	if _, _, ok := p.ReachChannel(c); ok {
		return p.showReachCode(c, http.StatusOK, nil)
	}

	return nil
}

func (p *Pages) showReachCode(c *gin.Context, status int, problems filing.Problems) error {
	return p.Render(c, status, "account_code", web.Page{Title: "account.code_title", Data: web.CodeData{
		Form: web.Build(p.Texts.For(p.Lang(c)), "account_code", web.CodeFields(), url.Values{}, problems), Lead: "account.code_lead", Button: "account.code_button",
		Action: c.Request.URL.Path, Back: strings.TrimSuffix(c.Request.URL.Path, "/code"),
	}})
}

func (p *Pages) reachCode(c *gin.Context) error {
	if _, _, ok := p.ReachChannel(c); !ok {
		return nil
	}
	ctx := c.Request.Context()
	id, code := p.Sessions.GetInt64(ctx, keyReach), web.TypedCode(c)
	if code == "" { // costs no try
		return p.showReachCode(c, http.StatusUnprocessableEntity, filing.Problems{{Field: "code", Key: "required"}})
	}
	err := p.Store.VerifyAccountCode(ctx, id, code)
	if problems := web.CodeProblem(err); problems != nil {
		return p.showReachCode(c, http.StatusUnprocessableEntity, problems)
	}
	if err == nil {
		err = p.Store.ConfirmReach(ctx, p.UserID(c), id)
	}
	if err != nil {
		return err
	}
	p.Sessions.Remove(ctx, keyReach)
	p.Flash(c, "flash.reach_set")
	return web.To(c, "/account")
}
