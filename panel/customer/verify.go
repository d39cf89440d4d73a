package customer

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

type verifyData struct {
	Form      web.Form
	Codes     []web.SentCode
	Attention filing.Attention
}

// codeLate is how long a code may take to be sent. Of two codes that can't be sent, the filing shows the second only
// after the first is mended.
const codeLate = 2 * time.Minute

// codeStateOf says what was done about a code by now, not what was asked for.
func codeStateOf(f store.Filing, v store.Verification, channel filing.Channel, now time.Time) web.CodeState {
	state := web.CodeStateOf(v, now)
	switch {
	case state == web.CodeVerified, state == web.CodeLocked:
		return state
	case f.Attention == channel.Unreachable():
		return web.CodeRefused
	case state == web.CodePending && (f.StuckStep == "send_"+string(channel) ||
		f.Stuck() && now.Sub(v.RequestedAt) > codeLate):
		return web.CodeStuck
	}
	return state
}

// sentCodes are the codes of a filing, with what became of their messages.
func (p *Pages) sentCodes(ctx context.Context, f store.Filing) (codes []web.SentCode, err error) {
	verifications, err := p.Store.Verifications(ctx, f.ID)
	if err != nil {
		return nil, err
	}
	contact, err := p.Store.Contact(ctx, f.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) { // it is about to be written
		return nil, err
	}
	to := map[filing.Channel]string{filing.SMS: contact.Details.Mobile, filing.Mail: contact.Details.Email}
	var keys []string
	for _, channel := range filing.Channels {
		keys = append(keys, store.CodeKey(f.ID, channel, verifications[channel].Sends))
	}
	deliveries, err := p.Store.Deliveries(ctx, keys...)
	now := p.Store.Now()
	for i, channel := range filing.Channels {
		v := verifications[channel]
		v.Channel = channel
		codes = append(codes, web.SentCode{State: codeStateOf(f, v, channel, now),
			To: web.Mask(channel, to[channel]), Verification: v, Delivery: deliveries[keys[i]], Now: now})
	}
	return codes, err
}

// whileVerifying is withFiling for the pages of 身份验证.
func (p *Pages) whileVerifying(h handler) web.Handler { return p.withFiling(h, filing.Verifying) }

// verifyForm is 身份验证.
func (p *Pages) verifyForm(c *gin.Context, cur Current) error {
	if done, err := p.verified(c, cur); done || err != nil {
		return err
	}
	p.remindOfCodes(c.Request.Context(), cur)
	return p.showVerify(c, http.StatusOK, cur, url.Values{}, nil)
}

const (
	// codeOverdue is how long a code that is sent normally takes until it shows.
	codeOverdue = 3 * time.Second
	// codeReminderPatience bounds what the page waits for: it shows the codes' state in any case.
	codeReminderPatience = 2 * time.Second
)

// remindOfCodes makes up for a crash between requesting a code and telling the workflow, which takes the same request
// once.
func (p *Pages) remindOfCodes(ctx context.Context, cur Current) {
	verifications, err := p.Store.Verifications(ctx, cur.Filing.ID)
	if err != nil {
		return // the page reads them again
	}
	ctx, cancel := context.WithTimeout(ctx, codeReminderPatience)
	defer cancel()
	for _, channel := range filing.Channels {
		v, known := verifications[channel]
		now := p.Store.Now()
		if known && codeStateOf(cur.Filing, v, channel, now) == web.CodePending && now.Sub(v.RequestedAt) > codeOverdue {
			// What fails here is tried again when the page is opened again.
			_, _ = p.Filings.SendCode(ctx, cur.Filing.Ref(), workflows.SendCode{Channel: channel, Send: v.Sends})
		}
	}
}

func (p *Pages) showVerify(c *gin.Context, status int, cur Current, values url.Values, problems filing.Problems) error {
	codes, err := p.sentCodes(c.Request.Context(), cur.Filing)
	if err != nil {
		return err
	}
	data := verifyData{Codes: codes, Attention: cur.Filing.Attention}
	var fields []web.Field
	for _, code := range codes {
		if code.State.Fillable() {
			fields = append(fields, web.Field{
				Name: web.CodeField[code.Channel], Type: "code", Required: true,
				Autocomplete: "one-time-code", Maxlength: web.MaxCodeTyped,
			})
		}
	}
	data.Form = web.Build(p.Texts.For(p.Lang(c)), "verify", fields, values, problems)
	return p.Render(c, status, web.Page{Title: "verify.title"}, web.With(verifyPage, data))
}

// verify accepts one code or both.
func (p *Pages) verify(c *gin.Context, cur Current) error {
	values := web.PostForm(c)
	problems, err := p.noCode(c.Request.Context(), cur, values)
	if err != nil {
		return err
	}
	for _, channel := range filing.Channels {
		code := web.Digits(values.Get(web.CodeField[channel]))
		if code == "" {
			continue
		}
		err := p.Store.VerifyCode(c.Request.Context(), cur.Filing.ID, channel, code)
		if wrong := web.CodeProblem(err).For("code"); wrong != nil {
			problems = append(problems, filing.Problem{Field: web.CodeField[channel], Key: wrong.Key})
		} else if err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return p.showVerify(c, http.StatusUnprocessableEntity, cur, values, problems)
	}
	if done, err := p.verified(c, cur); done || err != nil {
		return err
	}
	return web.Redirect(c, web.FilingPath(c)+"/verify")
}

// noCode asks for the codes if none was typed.
func (p *Pages) noCode(ctx context.Context, cur Current, values url.Values) (problems filing.Problems, err error) {
	for _, name := range web.CodeField {
		if web.Digits(values.Get(name)) != "" {
			return nil, nil
		}
	}
	verifications, err := p.Store.Verifications(ctx, cur.Filing.ID)
	for _, channel := range filing.Channels {
		state := codeStateOf(cur.Filing, verifications[channel], channel, p.Store.Now())
		if err == nil && state.Fillable() {
			problems = append(problems, filing.Problem{Field: web.CodeField[channel], Key: "required"})
		}
	}
	return problems, err
}

// verified tells the workflow once both codes were correct and answers the request. Opening the page
// also makes up for a crash between storing the codes and telling the workflow.
func (p *Pages) verified(c *gin.Context, cur Current) (done bool, err error) {
	ctx := c.Request.Context()
	if done, err = p.Store.Verified(ctx, cur.Filing.ID); !done || err != nil {
		return false, err
	}
	_, err = p.Filings.Verified(ctx, cur.Filing.Ref(), workflows.ByActor{Actor: p.Actor(c)})
	return true, p.FinishUpdate(c, err, web.FilingPath(c)+"/kind")
}

// sendCodeAgain resends a channel's code, at most once a minute.
func (p *Pages) sendCodeAgain(c *gin.Context, cur Current) error {
	channel := filing.Channel(c.PostForm("channel"))
	if web.CodeField[channel] == "" {
		return web.ErrBadRequest
	}
	verifications, err := p.Store.Verifications(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		return err
	}
	if codeStateOf(cur.Filing, verifications[channel], channel, p.Store.Now()) == web.CodeStuck { // an outdated page
		return p.RedirectWith(c, web.FilingPath(c)+"/verify", "sent_code."+string(channel)+"_stuck")
	}
	if err := p.confirmAddress(c, cur, channel); err != nil {
		return err
	}
	send, err := p.Store.RequestCode(c.Request.Context(), cur.Filing.ID, channel)
	if errors.Is(err, store.ErrCodePending) {
		err = nil // the workflow may not know of it
	}
	if err != nil {
		return p.Finish(c, err, web.FilingPath(c)+"/verify", "", web.Refusals{
			store.ErrCodeTooSoon: "flash.code_too_soon", store.ErrConflict: "flash.already_verified",
		})
	}
	in := workflows.SendCode{Channel: channel, Send: send}
	if _, err := p.Filings.SendCode(c.Request.Context(), cur.Filing.Ref(), in); err != nil {
		return p.FinishUpdate(c, err, "")
	}
	return p.RedirectWith(c, web.FilingPath(c)+"/verify", "flash.code_sent")
}

// confirmAddress takes the customer's word that an address of the contact that was refused is right.
func (p *Pages) confirmAddress(c *gin.Context, cur Current, channel filing.Channel) error {
	ctx := c.Request.Context()
	contact, err := p.Store.Contact(ctx, cur.Filing.ID)
	if err != nil {
		return err
	}
	to := store.ContactAddresses{Mobile: contact.Details.Mobile, Email: contact.Details.Email}
	return p.Store.ConfirmAddress(ctx, channel, to.By(channel))
}

// sayAddressIsRight is the button next to a refused address on the filing's page.
func (p *Pages) sayAddressIsRight(c *gin.Context, cur Current) error {
	channel := filing.Channel(c.PostForm("channel"))
	if !slices.Contains(filing.Channels, channel) {
		return web.ErrBadRequest
	}
	return p.finish(c, p.confirmAddress(c, cur, channel), "flash.address_confirmed", web.FilingPath(c))
}

func recoverFields(*locale.Localizer) []web.Field {
	return []web.Field{
		{Name: "mobile", Type: "tel", Required: true, Autocomplete: "tel-national"},
		{Name: "email", Type: "email", Required: true, Autocomplete: "email"},
	}
}

// recoverForm is 找回验证码: it corrects the phone number and the mail address.
func (p *Pages) recoverForm(c *gin.Context, cur Current) error {
	contact, err := p.Store.Contact(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		return err
	}
	var problems filing.Problems
	switch cur.Filing.Attention {
	case filing.AttentionSMSRecipient:
		problems = filing.Problems{{Field: "mobile", Key: "mobile_refused"}}
	case filing.AttentionMailRecipient:
		problems = filing.Problems{{Field: "email", Key: "email_refused"}}
	}
	values, err := p.SavedValues(c)
	if err != nil {
		return err
	}
	if values == nil {
		values = url.Values{"mobile": {contact.Details.Mobile}, "email": {contact.Details.Email}}
	}
	return p.showRecover(c, http.StatusOK, values, problems)
}

func (p *Pages) showRecover(c *gin.Context, status int, values url.Values, problems filing.Problems) error {
	t := p.Texts.For(p.Lang(c))
	form := web.Build(t, "recover", recoverFields(t), values, problems)
	return p.Render(c, status, web.Page{Title: "recover.title", Wrong: form.HasProblems()}, web.With(recoverPage, form))
}

func (p *Pages) recoverCodes(c *gin.Context, cur Current) error {
	ctx := c.Request.Context()
	values := web.PostForm(c)
	details := web.ContactOf(values)
	if problems := filing.ValidateContactAddress(details.Mobile, details.Email); len(problems) > 0 {
		return p.showRecover(c, http.StatusUnprocessableEntity, values, problems)
	}
	if problems, err := p.refusedAddresses(c, details); err != nil {
		return err
	} else if len(problems) > 0 {
		return p.showRecover(c, http.StatusUnprocessableEntity, values, problems)
	}
	changed, err := p.Store.CorrectContact(ctx, cur.Filing.ID, details.Mobile, details.Email)
	if problems := web.CodeQuotaProblem(err, "mobile", "email"); problems != nil {
		return p.showRecover(c, http.StatusTooManyRequests, values, problems)
	} else if err != nil {
		return p.FinishUpdate(c, err, "")
	}
	verifications, err := p.Store.Verifications(ctx, cur.Filing.ID)
	if err != nil {
		return err
	}
	for _, channel := range changed {
		in := workflows.SendCode{Channel: channel, Send: verifications[channel].Sends}
		if _, err := p.Filings.SendCode(ctx, cur.Filing.Ref(), in); err != nil {
			return p.FinishUpdate(c, err, "")
		}
	}
	p.Flash(c, "flash.code_sent")
	return web.Redirect(c, web.FilingPath(c)+"/verify")
}
