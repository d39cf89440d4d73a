package staff

import (
	"errors"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// firstPasswordData is the page on which staff send a customer a code for a first password. It never has the code.
type firstPasswordData struct {
	web.Form
	Order    store.Order
	Customer string
	// HasPassword: the customer can sign in, so there is nothing to send.
	HasPassword bool
	// Codes are what was sent, the newest first.
	Codes []firstCodeLine
}

// firstCodeLine is a code that was sent; State is a key below "first_password.".
type firstCodeLine struct {
	store.FirstCode
	State string
}

// addressed are the channels for which the provider gave an address, with it masked.
func addressed(t *locale.Localizer, to store.ContactAddresses) (options []web.Option) {
	for _, ch := range filing.Channels {
		masked := web.MaskEmail(to.Email)
		if ch == filing.SMS {
			masked = web.MaskMobile(to.Mobile)
		}
		if to.By(ch) != "" {
			options = append(options, web.Option{Value: string(ch), Label: t.T("timeline."+string(ch), nil) + " " + masked})
		}
	}
	return options
}

// firstPasswordForm asks by which channel the code goes out, and why.
func (p *Pages) firstPasswordForm(c *gin.Context) error {
	return p.showFirstPassword(c, url.Values{}, nil)
}

func (p *Pages) showFirstPassword(c *gin.Context, values url.Values, problems filing.Problems) error {
	ctx := c.Request.Context()
	order, err := p.Store.OrderByNumber(ctx, c.Param("number"))
	if err != nil {
		return err
	}
	var customer store.User
	var to store.ContactAddresses
	var codes []store.FirstCode
	if err := web.AtOnce(
		func() (err error) { customer, err = p.Store.User(ctx, order.CustomerID); return err },
		func() (err error) { to, err = p.Store.ProviderAddresses(ctx, order.CustomerID); return err },
		func() (err error) { codes, err = p.Store.FirstCodes(ctx, order.CustomerID); return err },
	); err != nil {
		return err
	}
	data := firstPasswordData{Order: order, Customer: customer.Login, HasPassword: customer.PasswordHash != ""}
	if options := addressed(p.T(c), to); len(options) > 0 && !data.HasPassword {
		if values.Get("channel") == "" {
			values.Set("channel", options[0].Value)
		}
		data.Form = p.Form(c, "first_password", []web.Field{
			{Name: "channel", Type: "select", Required: true, Options: options},
			{Name: "reason", Type: "textarea", Required: true},
		}, values, problems)
	}
	for _, code := range codes {
		data.Codes = append(data.Codes, firstCodeLine{code, p.firstCodeState(code)})
	}
	page := web.Page{Title: "first_password.title"}
	return p.Render(c, web.StatusOf(problems), page, web.With(firstPasswordCodePage, data))
}

// firstCodeState says what became of a code.
func (p *Pages) firstCodeState(code store.FirstCode) string {
	now := p.Store.Now()
	switch {
	case code.VerifiedAt.Valid:
		return "used"
	case code.SentAt.Valid && code.LockedUntil.Valid && code.LockedUntil.Time.After(now):
		return "locked"
	case code.SentAt.Valid && code.ExpiresAt.Valid && now.After(code.ExpiresAt.Time):
		return "expired"
	case code.SentAt.Valid:
		return "sent"
	case now.Sub(code.RequestedAt) > filing.CodeTTL:
		return "failed"
	case code.Failure != "":
		return "retrying"
	}
	return "sending"
}

// sendFirstPassword has a code sent to the address that the provider gave with the customer's orders.
func (p *Pages) sendFirstPassword(c *gin.Context) error {
	ctx, values, number := c.Request.Context(), web.PostForm(c), c.Param("number")
	order, err := p.Store.OrderByNumber(ctx, number)
	if err != nil {
		return err
	}
	reason, problems := staffReason(values, "reason", true)
	channel := filing.Channel(values.Get("channel"))
	if !slices.Contains(filing.Channels, channel) {
		problems = append(problems, filing.Problem{Field: "channel", Key: "choose"})
	}
	if len(problems) > 0 {
		return p.showFirstPassword(c, values, problems)
	}
	entry := p.AuditEntry(c, "customer.first_password", "order", number, string(channel)+" "+reason)
	err = p.Asked(c, entry, func() error {
		id, send, err := p.Store.RequestFirstCode(ctx, order.CustomerID, channel)
		if err != nil {
			return err
		}
		return p.Filings.SendAccountCode(ctx, id, send)
	})
	if problems := web.CodeQuotaProblem(err, "channel", "channel"); problems != nil {
		return p.showFirstPassword(c, values, problems)
	}
	switch {
	case errors.Is(err, store.ErrHasPassword):
		return p.RedirectWith(c, web.URL("/support/orders/%s/first-password", number), "flash.moved_on")
	case errors.Is(err, store.ErrNoAddress):
		return p.showFirstPassword(c, values, filing.Problems{{Field: "channel", Key: "first_password_no_address"}})
	}
	return p.Finish(c, err, web.URL("/support/orders/%s/first-password", number), "flash.first_password_sent",
		web.Refusals{store.ErrCodeTooSoon: "flash.code_too_soon"})
}
