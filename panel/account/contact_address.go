package account

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// keyContactAddress is the session's key of the code that confirms an address.
const keyContactAddress = "contact_address"

func (p *Pages) contactAddressForm(c *gin.Context) error {
	_, name, err := p.ContactChannel(c)
	if err != nil {
		return err
	}
	saved, err := p.SavedValues(c)
	if err != nil {
		return err
	}
	return p.showContactAddress(c, name, saved, nil)
}

func (p *Pages) showContactAddress(c *gin.Context, name string, values url.Values, problems filing.Problems) error {
	fields := append([]web.Field{web.ContactAddressField(name)}, p.presentPassword(c)...)
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "account.set_" + name}, web.With(formPage, accountForm{
		Form:   p.Form(c, "account_contact", fields, values, problems),
		Lead:   web.When(!p.needsProof(c), "account.contact_lead") + web.When(p.needsProof(c), "account.contact_proven_lead"),
		Button: "account.contact_button",
	}))
}

// requestContactAddress sends a code to a new address; the address becomes the account's once the code is confirmed.
func (p *Pages) requestContactAddress(c *gin.Context) error {
	ch, name, err := p.ContactChannel(c)
	if err != nil {
		return err
	}
	values, ctx := web.PostForm(c), c.Request.Context()
	address, problems := web.ContactAddress(values, name)
	wrong, err := p.checkProof(c, values.Get("present_password"))
	if err != nil {
		return err
	}
	if problems = append(problems, wrong...); len(problems) > 0 {
		return p.showContactAddress(c, name, values, problems)
	}
	to := store.ContactAddresses{Mobile: address}
	if ch == filing.Mail {
		to = store.ContactAddresses{Email: address}
	}
	refused, err := p.RefusedAddresses(c, to, map[filing.Channel]string{ch: name})
	if err != nil {
		return err
	} else if len(refused) > 0 {
		return p.showContactAddress(c, name, values, refused)
	}
	id, send, err := p.Store.RequestContactAddress(ctx, p.UserID(c), ch, address)
	if errors.Is(err, store.ErrCodeTooSoon) {
		return p.showContactAddress(c, name, values, filing.Problems{{Field: name, Key: "code_too_soon"}})
	}
	if over := web.CodeQuotaProblem(err, name, name); over != nil {
		return p.showContactAddress(c, name, values, over)
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
	if _, _, err := p.ContactChannel(c); err != nil {
		return err
	}
	return p.showContactAddressCode(c, nil)
}

func (p *Pages) showContactAddressCode(c *gin.Context, problems filing.Problems) error {
	codes, err := p.sentCodes(c.Request.Context(), keyContactAddress)
	if err != nil {
		return err
	}
	return p.showAccountCode(c, "account.code_title", problems, web.CodeData{
		Codes: codes,
		Lead:  "account.code_lead", Button: "account.code_button",
		Action: c.Request.URL.Path, Back: strings.TrimSuffix(c.Request.URL.Path, "/code"),
	})
}

// sentCodes is the code whose ID the session has under a key; none if it has none any more.
func (p *Pages) sentCodes(ctx context.Context, key string) ([]web.SentCode, error) {
	id := p.Sessions.GetInt64(ctx, key)
	v, err := p.Store.AccountVerification(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	to, err := p.Store.AccountCode(ctx, id)
	if err != nil {
		return nil, err
	}
	code, err := p.SentCodeOf(ctx, v, to.To, store.AccountCodeKey(id, v.Sends))
	return []web.SentCode{code}, err
}

func (p *Pages) confirmContactAddress(c *gin.Context) error {
	if _, _, err := p.ContactChannel(c); err != nil {
		return err
	}
	ctx := c.Request.Context()
	id := p.Sessions.GetInt64(ctx, keyContactAddress)
	problems, err := p.checkAccountCode(c, id)
	if problems != nil {
		return p.showContactAddressCode(c, problems)
	}
	if err == nil {
		audited := ctx
		if p.Role(c) == store.RoleSupport {
			entry := p.AuditEntry(c, "contact_address.change", "user", web.IdText(p.UserID(c)), "")
			audited = store.WithAudit(ctx, &entry)
		}
		err = p.Store.ConfirmContactAddress(audited, p.UserID(c), id)
	}
	if err != nil {
		return err
	}
	p.Sessions.Remove(ctx, keyContactAddress)
	return p.RedirectWith(c, "/account", "flash.contact_address_set")
}
