package account

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// pathFirstCode is where customers enter a code that staff had sent to them; mails link to it.
const pathFirstCode = "/sign-in/first"

func firstCodeFields() []web.Field {
	return append([]web.Field{{Name: "account", Type: "text", Required: true, Autocomplete: "username"}},
		web.CodeFields()...)
}

// firstCodeForm asks for the account, and for the code that staff had sent to it.
func (p *Pages) firstCodeForm(c *gin.Context) error { return p.showFirstCode(c, nil) }

func (p *Pages) showFirstCode(c *gin.Context, problems filing.Problems) error {
	form := p.Form(c, "first_code", append(firstCodeFields(), p.CaptchaField(c)), web.PostForm(c), problems)
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "first_code.title"}, web.With(firstCodePage, form))
}

// firstCode goes on to the page of the new password if the code is right.
func (p *Pages) firstCode(c *gin.Context) error {
	if web.CaptchaAgain(c) {
		return p.showFirstCode(c, nil)
	}
	ctx, account, code := c.Request.Context(), web.Trimmed(web.PostForm(c), "account"), web.TypedCode(c)
	var problems filing.Problems
	if account == "" || len(account) > maxAccount {
		problems = append(problems, filing.Problem{Field: "account", Key: "required"})
	}
	if code == "" {
		problems = append(problems, filing.Problem{Field: "code", Key: "required"})
	}
	wrong, err := p.CaptchaProblems(c)
	if err != nil {
		return err
	}
	if problems = append(problems, wrong...); len(problems) > 0 {
		return p.showFirstCode(c, problems)
	}
	id, err := p.Store.VerifyFirstCode(ctx, account, code)
	if errors.Is(err, store.ErrCodeWrong) {
		return p.showFirstCode(c, filing.Problems{{Field: "code", Key: "first_code_wrong"}})
	}
	if err == nil {
		err = p.Sessions.RenewToken(ctx)
	}
	if err != nil {
		return err
	}
	p.Sessions.Put(ctx, keyRecovered, id)
	return web.Redirect(c, pathForgotten+"/password")
}
