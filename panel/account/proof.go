package account

import (
	"errors"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// Whoever was launched has proved nothing: the provider's panel vouched for them, where an attacker may be signed in.
// Before they change what keeps others out, they give their password or a code that was sent to them, as do customers
// who have no password.

// contextState is the request context's key of the session's store.SessionState.
const contextState = "session_state"

// needsProof reports whether the session proves too little to change how the account is reached and opened: it was
// launched, or there is no password that forms could ask for.
func (p *Pages) needsProof(c *gin.Context) bool {
	value, _ := c.Get(contextState)
	state, _ := value.(store.SessionState)
	return state.Launched || !state.HasPassword
}

// proven wants a recent proof of who is there from those whose session is none.
func (p *Pages) proven(h web.Handler) web.Handler {
	fresh := p.Fresh("", h)
	return func(c *gin.Context) error {
		if p.needsProof(c) {
			return fresh(c)
		}
		return h(c)
	}
}

// checkProof asks for the password, unless proven wanted a proof already.
func (p *Pages) checkProof(c *gin.Context, password string) (filing.Problems, error) {
	if p.needsProof(c) {
		return nil, nil
	}
	return p.checkPresentPassword(c, password)
}

// customerAuditEntry is about a customer's own account. Their login may be a name or a number, which the log must not
// have.
func customerAuditEntry(user store.User, action string) store.AuditEntry {
	return store.AuditEntry{By: store.Actor{ID: user.ID, Login: "customer"}, Action: action, Kind: "user",
		Object: web.IdText(user.ID)}
}

// pathProof is where a code proves who is there.
const pathProof = web.PathConfirm + "/code"

// keyProof is the session's key of that code's ID.
const keyProof = "proof"

// proofPath is a page of the proof, with the page that wants it.
func proofPath(c *gin.Context, path string) string {
	return path + "?" + url.Values{"next": {web.LocalPath(c.Query("next"))}}.Encode()
}

// proofForm offers to send a code.
func (p *Pages) proofForm(c *gin.Context) error { return p.showProof(c, nil) }

func (p *Pages) showProof(c *gin.Context, problems filing.Problems) error {
	to, err := p.Store.ProofAddresses(c.Request.Context(), p.UserID(c))
	if err != nil {
		return err
	}
	var options []web.Option
	for _, ch := range filing.Channels {
		if address := to.By(ch); address != "" {
			options = append(options, web.Option{Value: string(ch), Label: web.Mask(ch, address)})
		}
	}
	fields := []web.Field{{Name: "channel", Type: "select", Required: true, Options: options}}
	values := url.Values{}
	if len(options) > 0 {
		values.Set("channel", options[0].Value)
	}
	data := proofData{Form: p.Form(c, "account_proof", fields, values, problems), Reachable: len(options) > 0,
		Action: proofPath(c, pathProof)}
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "account_confirm.title"}, web.With(proofPage, data))
}

type proofData struct {
	web.Form
	// Reachable: there is an address that a code can be sent to.
	Reachable bool
	Action    string
}

// requestProof sends the code.
func (p *Pages) requestProof(c *gin.Context) error {
	ctx, ch := c.Request.Context(), filing.Channel(c.PostForm("channel"))
	to, err := p.Store.ProofAddresses(ctx, p.UserID(c))
	if err != nil {
		return err
	}
	if ch != filing.SMS && ch != filing.Mail || to.By(ch) == "" {
		return p.showProof(c, filing.Problems{{Field: "channel", Key: "required"}})
	}
	id, send, err := p.Store.RequestProof(ctx, p.UserID(c), ch, to.By(ch))
	if over := web.CodeQuotaProblem(err, "channel", "channel"); over != nil {
		return p.showProof(c, over)
	}
	if err == nil {
		err = p.Filings.SendAccountCode(ctx, id, send)
	}
	switch {
	case errors.Is(err, store.ErrCodeTooSoon):
		p.Flash(c, "flash.account_code_too_soon")
	case err != nil:
		return err
	}
	p.Sessions.Put(ctx, keyProof, id)
	return web.Redirect(c, proofPath(c, pathProof+"/enter"))
}

func (p *Pages) proofCodeForm(c *gin.Context) error {
	if p.Sessions.GetInt64(c.Request.Context(), keyProof) == 0 {
		return web.Redirect(c, proofPath(c, pathProof))
	}
	return p.showProofCode(c, nil)
}

func (p *Pages) showProofCode(c *gin.Context, problems filing.Problems) error {
	codes, err := p.sentCodes(c.Request.Context(), keyProof)
	if err != nil {
		return err
	}
	return p.showAccountCode(c, "account_confirm.title", problems, web.CodeData{Codes: codes,
		Lead: "account_confirm.code_lead", Button: "account_confirm.button", Action: proofPath(c, pathProof+"/enter"),
		Back: proofPath(c, pathProof)})
}

// confirmProof goes on if the code is right.
func (p *Pages) confirmProof(c *gin.Context) error {
	ctx := c.Request.Context()
	id := p.Sessions.GetInt64(ctx, keyProof)
	if id == 0 {
		return web.Redirect(c, proofPath(c, pathProof))
	}
	problems, err := p.checkAccountCode(c, id)
	if problems != nil {
		return p.showProofCode(c, problems)
	}
	var user store.User
	if err == nil {
		user, err = p.Store.User(ctx, p.UserID(c))
	}
	if err != nil {
		return err
	}
	p.Sessions.Remove(ctx, keyProof)
	return p.confirmed(c, user)
}
