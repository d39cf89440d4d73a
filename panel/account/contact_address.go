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

// keyContactAddress is the row of the code that confirms an address.
const keyContactAddress = "contact_address"

func (p *Pages) contactAddressForm(c *gin.Context) error {
	if _, name, ok := p.ContactChannel(c); ok {
		return p.showContactAddress(c, http.StatusOK, name, p.SavedValues(c), nil)
	}

	return nil
}

func (p *Pages) showContactAddress(c *gin.Context, status int, name string, values url.Values, problems filing.Problems) error {
	address := web.Field{Name: "mobile", Type: "tel", Required: true, Autocomplete: "tel-national"}
	if name == "email" {
		address = web.Field{Name: "email", Type: "email", Required: true, Autocomplete: "email"}
	}
	title := "account.set_" + name
	fields := []web.Field{address, {Name: "present_password", Type: "password", Required: true, Autocomplete: "current-password"}}
	return p.RenderTemplate(c, status, "account_form", web.Page{Title: title, Data: accountForm{
		Form: web.Build(p.Texts.For(p.Lang(c)), "account_contact", fields, values, problems), Lead: "account.contact_lead", Button: "account.contact_button",
	}})
}

// requestContactAddress sends a code to a new address, which becomes the account's when the
// code is right.
func (p *Pages) requestContactAddress(c *gin.Context) error {
	ch, name, ok := p.ContactChannel(c)
	if !ok {
		return nil
	}
	values, ctx := web.PostForm(c), c.Request.Context()
	details := web.ContactOf(values)
	problems := slices.DeleteFunc(filing.ValidateContactAddress(details.Mobile, details.Email), func(problem filing.Problem) bool { return problem.Field != name })
	wrong, err := p.checkPresentPassword(c, values.Get("present_password"))
	if err != nil {
		return err
	}
	if problems = append(problems, wrong...); len(problems) > 0 {
		return p.showContactAddress(c, http.StatusUnprocessableEntity, name, values, problems)
	}
	address := details.Email
	if ch == filing.SMS {
		address = details.Mobile
	}
	id, send, err := p.Store.RequestContactAddress(ctx, p.UserID(c), ch, address)
	if errors.Is(err, store.ErrCodeTooSoon) {
		return p.showContactAddress(c, http.StatusUnprocessableEntity, name, values, filing.Problems{{Field: name, Key: "code_too_soon"}})
	}
	if err == nil {
		err = p.Filings.SendAccountCode(ctx, id, send)
	}
	if err != nil {
		return err
	}
	p.Sessions.Put(ctx, keyContactAddress, id)
	return web.Redirect(c, c.Request.URL.Path+"/code")
}

func (p *Pages) contactAddressCodeForm(c *gin.Context) error {
	if _, _, ok := p.ContactChannel(c); ok {
		return p.showContactAddressCode(c, http.StatusOK, nil)
	}

	return nil
}

func (p *Pages) showContactAddressCode(c *gin.Context, status int, problems filing.Problems) error {
	return p.RenderTemplate(c, status, "account_code", web.Page{Title: "account.code_title", Data: web.CodeData{
		Form: web.Build(p.Texts.For(p.Lang(c)), "account_code", web.CodeFields(), url.Values{}, problems), Lead: "account.code_lead", Button: "account.code_button",
		Action: c.Request.URL.Path, Back: strings.TrimSuffix(c.Request.URL.Path, "/code"),
	}})
}

func (p *Pages) confirmContactAddress(c *gin.Context) error {
	if _, _, ok := p.ContactChannel(c); !ok {
		return nil
	}
	ctx := c.Request.Context()
	id, code := p.Sessions.GetInt64(ctx, keyContactAddress), web.TypedCode(c)
	if code == "" { // costs no try
		return p.showContactAddressCode(c, http.StatusUnprocessableEntity, filing.Problems{{Field: "code", Key: "required"}})
	}
	err := p.Store.VerifyAccountCode(ctx, id, code)
	if problems := web.CodeProblem(err); problems != nil {
		return p.showContactAddressCode(c, http.StatusUnprocessableEntity, problems)
	}
	if err == nil {
		err = p.Store.ConfirmContactAddress(ctx, p.UserID(c), id)
	}
	if err != nil {
		return err
	}
	p.Sessions.Remove(ctx, keyContactAddress)
	p.Flash(c, "flash.contact_address_set")
	return web.Redirect(c, "/account")
}
