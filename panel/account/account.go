package account

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

type accountPageData struct {
	// Email and Mobile are masked. Those that aren't the account's own are the newest filing's.
	Email, Mobile       string
	OwnEmail, OwnMobile bool
	Sessions            []store.UserSession
	// Here is the session that asks.
	Here int64
}

// accountPage is 账号与安全.
func (p *Pages) accountPage(c *gin.Context) error {
	ctx, user := c.Request.Context(), p.UserID(c)
	var own, addresses store.ContactAddresses
	var sessions []store.UserSession
	if err := web.AtOnce(
		func() (err error) { own, err = p.Store.OwnContactAddresses(ctx, user); return err },
		func() (err error) { addresses, err = p.Store.ProofAddresses(ctx, user); return err },
		func() (err error) { sessions, err = p.Store.UserSessions(ctx, user); return err },
	); err != nil {
		return err
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "account.title"}, web.With(accountPage, accountPageData{
		Email: web.MaskEmail(addresses.Email), OwnEmail: own.Email != "",
		Mobile: web.MaskMobile(addresses.Mobile), OwnMobile: own.Mobile != "",
		Sessions: sessions, Here: p.device(c),
	}))
}

// sessionTable lists an account's sessions, each with its way out.
func sessionTable(here int64) web.TableSpec[store.UserSession] {
	return web.TableSpec[store.UserSession]{
		Row: func(s store.UserSession) templ.OrderedAttributes { return web.Mark("data-session", web.IdText(s.ID)) },
		Columns: []web.Column[store.UserSession]{
			{Key: "account.device", Cell: func(p *web.Page, s store.UserSession) templ.Component {
				return sessionDevice(p, s, here)
			}},
			{Key: "account.since", Cell: func(_ *web.Page, s store.UserSession) templ.Component {
				return moment(web.Time(s.CreatedAt))
			}},
			{Key: "account.seen", Cell: func(_ *web.Page, s store.UserSession) templ.Component {
				return moment(web.Hour(s.LastSeenAt))
			}},
			{Key: "account.end", Unlabelled: true, Cell: func(p *web.Page, s store.UserSession) templ.Component {
				return endSessionButton(p, s, here)
			}},
		},
	}
}

// device is the ID of this session's row.
func (p *Pages) device(c *gin.Context) int64 {
	return p.Sessions.GetInt64(c.Request.Context(), web.KeyDevice)
}

func presentPasswordField() web.Field {
	return web.Field{Name: "present_password", Type: "password", Required: true, Autocomplete: "current-password"}
}

// presentPassword is the field that asks for it; none where the reader has given a proof already (proven).
func (p *Pages) presentPassword(c *gin.Context) []web.Field {
	if p.needsProof(c) {
		return nil
	}
	return []web.Field{presentPasswordField()}
}

func passwordFields() []web.Field {
	return append([]web.Field{presentPasswordField()}, newPasswordFields()...)
}

func (p *Pages) passwordForm(c *gin.Context) error { return p.showPassword(c, nil) }

func (p *Pages) showPassword(c *gin.Context, problems filing.Problems) error {
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "account.password_title"}, web.With(formPage, accountForm{
		Form: p.Form(c, "account_password", append(p.presentPassword(c), newPasswordFields()...), nil, problems),
		Lead: "account.password_lead", Button: "account.password_button",
	}))
}

// accountForm is a form that changes the account; Lead and Button are keys of texts.
type accountForm struct {
	web.Form
	Lead, Button string
}

// checkPresentPassword asks somebody who is signed in for their password: another person may
// be at the screen. Tries are limited like those at sign-in, but counted separately.
func (p *Pages) checkPresentPassword(c *gin.Context, password string) (filing.Problems, error) {
	ctx := c.Request.Context()
	if password == "" { // not a guess: costs no try
		return filing.Problems{{Field: "present_password", Key: "required"}}, nil
	}
	user, err := p.Store.User(ctx, p.UserID(c))
	if err != nil {
		return nil, err
	}
	wait, err := p.Store.TakeTry(ctx, store.TryAccount, user.Login)
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		return filing.Problems{{Field: "present_password", Key: "password_wait", Args: web.WaitArgs(wait)}}, nil
	}
	right, err := p.Passwords.Matches(ctx, password, user.PasswordHash)
	if err != nil {
		return nil, err
	}
	if !right {
		problems := filing.Problems{{Field: "present_password", Key: "present_password_wrong"}}
		return problems, p.auditWrongPassword(ctx, user)
	}
	return nil, p.Store.ForgetTries(ctx, store.TryAccount, user.Login)
}

// preparePasswordChange hashes a password and notifies its owner before the change is made:
// the other way round, a crash between the two would hide a change from them.
func (p *Pages) preparePasswordChange(
	ctx context.Context, userID int64, password string,
) (hash string, version int, err error) {
	if hash, err = p.Passwords.Hash(ctx, password); err != nil {
		return "", 0, err
	}
	if version, err = p.Store.PasswordVersion(ctx, userID); err != nil {
		return "", 0, err
	}
	return hash, version, p.Filings.NotifyPasswordChanged(ctx, userID, version+1)
}

func (p *Pages) changePassword(c *gin.Context) error {
	values, ctx := web.PostForm(c), c.Request.Context()
	problems, err := p.checkProof(c, values.Get("present_password"))
	if err != nil {
		return err
	}
	login := p.Sessions.GetString(ctx, web.KeyLogin)
	problems = append(problems, filing.ValidateAccountPassword(values.Get("password"), values.Get("password_again"),
		login, p.Role(c) == store.RoleSupport)...)
	if len(problems) > 0 {
		return p.showPassword(c, problems)
	}
	hash, version, err := p.preparePasswordChange(ctx, p.UserID(c), values.Get("password"))
	audited := ctx
	if p.Role(c) == store.RoleSupport {
		entry := p.AuditEntry(c, "password.change", "user", web.IdText(p.UserID(c)), "")
		audited = store.WithAudit(ctx, &entry)
	}
	if err == nil {
		err = p.Store.ChangePassword(audited, p.UserID(c), version, hash, p.device(c))
	}
	if err == nil {
		err = p.Sessions.RenewToken(ctx)
	}
	return p.Finish(c, err, "/account", "flash.password_changed", web.Refusals{store.ErrConflict: "flash.moved_on"})
}

func (p *Pages) endSession(c *gin.Context) error {
	err := p.Store.EndSession(c.Request.Context(), p.UserID(c), web.PathID(c, "id"))
	return p.Finish(c, err, "/account", "flash.session_ended", nil)
}

func (p *Pages) endOthers(c *gin.Context) error {
	err := p.Store.EndOtherSessions(c.Request.Context(), p.UserID(c), p.device(c))
	return p.Finish(c, err, "/account", "flash.sessions_ended", nil)
}
