package staff

import (
	"context"
	"errors"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// What becomes of the order's open filing.
const (
	transferKeep     = "refuse"
	transferWithdraw = "withdraw"
)

// maxLogin is the longest login, in characters.
const maxLogin = 64

type transferData struct {
	web.Form
	Order    store.Order
	Customer string
}

// transferForm asks to whom an order goes, and why.
func (p *Pages) transferForm(c *gin.Context) error {
	return p.showTransfer(c, url.Values{"open": {transferKeep}}, nil)
}

func (p *Pages) showTransfer(c *gin.Context, values url.Values, problems filing.Problems) error {
	ctx, t := c.Request.Context(), p.Texts.For(p.Lang(c))
	order, err := p.Store.OrderByNumber(ctx, c.Param("number"))
	if err != nil {
		return err
	}
	customer, err := p.Store.User(ctx, order.CustomerID)
	if err != nil {
		return err
	}
	var open []web.Option
	for _, value := range []string{transferKeep, transferWithdraw} {
		open = append(open, web.Option{Value: value, Label: t.T("transfer.open_"+value, nil)})
	}
	fields := []web.Field{
		{Name: "to", Type: "text", Required: true, Autocomplete: "off", Maxlength: maxLogin},
		{Name: "open", Type: "select", Required: true, Options: open},
		{Name: "reason", Type: "textarea", Required: true},
		{Name: "confirm", Type: "text", Required: true, Autocomplete: "off"},
	}
	data := transferData{p.Form(c, "transfer", fields, values, problems), order, customer.Login}
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "transfer.title"}, web.With(transferPage, data))
}

// transferOrder gives an order to another customer. The log has the request before the filing is withdrawn.
func (p *Pages) transferOrder(c *gin.Context) error {
	values, number := web.PostForm(c), c.Param("number")
	reason, problems := staffReason(values, "reason", true)
	wrong := func(field, key string) { problems = append(problems, filing.Problem{Field: field, Key: key}) }
	to := web.Trimmed(values, "to")
	if to == "" {
		wrong("to", "required")
	}
	if web.Trimmed(values, "confirm") != number {
		wrong("confirm", "transfer_confirm")
	}
	if len(problems) > 0 {
		return p.showTransfer(c, values, problems)
	}
	var withdraw web.Withdrawer
	if values.Get("open") == transferWithdraw {
		withdraw = p.Filings
	}
	entry := p.AuditEntry(c, "order.transfer", "order", number, "→ "+to+" "+reason)
	err := p.Audited(c, entry, func(ctx context.Context) error {
		return web.Transfer(ctx, p.Store, withdraw, number, to, p.Actor(c))
	})
	switch {
	case errors.Is(err, store.ErrNotCustomer):
		wrong("to", "transfer_staff")
	case errors.Is(err, store.ErrFilingOpen):
		wrong("open", "transfer_open")
	case errors.Is(err, workflows.ErrWrongStage):
		wrong("open", "transfer_at_bureau")
	case errors.Is(err, store.ErrNotFound):
		if _, err := p.Store.OrderByNumber(c.Request.Context(), number); err != nil {
			return err
		}
		wrong("to", "transfer_nobody")
	}
	if len(problems) > 0 {
		return p.showTransfer(c, values, problems)
	}
	return p.Finish(c, err, web.URL("/support/orders/%s/transfer", number), "flash.transferred", nil)
}
