package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/totp"
	"github.com/beian/beian/panel/web"
)

// Staff sign in step by step: after the password comes a code of their device, a new password if
// theirs is a first one, and the enrolment of a device where a second factor is required. Until
// the last step the session isn't signed in: it only holds the pending login.

// Keys of a session with a pending login.
const (
	keyPendingLogin   = "pending_login"
	keyPendingNext    = "pending_login_next"
	keyPendingUntil   = "pending_login_until"
	keyPendingVersion = "pending_login_version"
	keyPendingFactor  = "pending_login_factor"
	// keyEnrolling identifies the secret that this session has shown.
	keyEnrolling = "enrolling"
)

// The steps' pages, and the page of one's own second factor.
const (
	pathCode          = "/sign-in/code"
	pathFirstPassword = "/sign-in/first-password"
	pathEnrol         = "/sign-in/enrol"
	pathTOTP          = "/account/totp"
	pathEnrolOwn      = pathTOTP + "/enrol"
)

// pendingLoginLifetime is how long the steps may take.
const pendingLoginLifetime = 15 * time.Minute

// factorsGiven tells whether a session gave every factor that its account requires: of staff a
// second one where one is enrolled or everybody must have one.
func (p *Pages) factorsGiven(state store.SessionState) bool {
	return state.StaffRole == "" || state.SecondFactor || !state.Enrolled && !p.RequireTOTP
}

// continueLogin follows a right password: it begins the session, or goes to the first step.
func (p *Pages) continueLogin(c *gin.Context, user store.User, next string) error {
	if user.Role != store.RoleSupport {
		return p.Finish(c, p.beginSession(c, user), next, "", nil)
	}
	ctx := c.Request.Context()
	if err := p.Sessions.RenewToken(ctx); err != nil { // against fixation
		return err
	}
	p.Sessions.Put(ctx, keyPendingLogin, user.ID)
	p.Sessions.Put(ctx, keyPendingNext, next)
	p.Sessions.Put(ctx, keyPendingUntil, p.Store.Now().Add(pendingLoginLifetime).Unix())
	p.Sessions.Put(ctx, keyPendingVersion, user.Version)
	p.Sessions.Put(ctx, keyPendingFactor, false)
	return p.nextStep(c, user)
}

// pendingLogin is the user whose login is pending, with their second factor; without one it
// redirects to the sign-in page.
func (p *Pages) pendingLogin(c *gin.Context) (user store.User, factor store.TOTP, err error) {
	ctx := c.Request.Context()
	user, err = p.Store.User(ctx, p.Sessions.GetInt64(ctx, keyPendingLogin))
	if err == nil {
		factor, err = p.Store.TOTP(ctx, user.ID)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return user, factor, err
	}
	if err != nil || user.DisabledAt.Valid || user.Version != p.Sessions.GetInt(ctx, keyPendingVersion) ||
		p.Store.Now().Unix() > p.Sessions.GetInt64(ctx, keyPendingUntil) {
		return user, factor, web.Answered(p.abandonLogin(c))
	}
	return user, factor, nil
}

// abandonLogin makes the reader sign in from the start.
func (p *Pages) abandonLogin(c *gin.Context) error {
	p.forgetPendingLogin(c)
	return p.RedirectWith(c, "/sign-in", "flash.sign_in_over")
}

func (p *Pages) forgetPendingLogin(c *gin.Context) {
	p.Forget(c, keyPendingLogin, keyPendingNext, keyPendingUntil, keyPendingVersion, keyPendingFactor, keyEnrolling)
}

// step is the path of the next step; empty after the last one.
func (p *Pages) step(c *gin.Context, user store.User, factor store.TOTP) string {
	given := p.Sessions.GetBool(c.Request.Context(), keyPendingFactor)
	switch {
	case factor.Enrolled() && !given:
		return pathCode
	case user.FirstUntil.Valid:
		return pathFirstPassword
	case p.RequireTOTP && !given:
		return pathEnrol
	}
	return ""
}

// nextStep goes to the next step, or begins the session after the last one.
func (p *Pages) nextStep(c *gin.Context, user store.User) error {
	factor, err := p.Store.TOTP(c.Request.Context(), user.ID)
	if err != nil {
		return err
	}
	if path := p.step(c, user, factor); path != "" {
		return web.Redirect(c, path)
	}
	next, err := p.finishLogin(c, user)
	return p.Finish(c, err, next, "", nil)
}

// finishLogin begins the session after the last step; next is the page to open.
func (p *Pages) finishLogin(c *gin.Context, user store.User) (next string, err error) {
	ctx := c.Request.Context()
	next = web.LocalPath(p.Sessions.GetString(ctx, keyPendingNext))
	given := p.Sessions.GetBool(ctx, keyPendingFactor)
	if err := p.beginSession(c, user); err != nil {
		return "", err
	}
	if given {
		err = p.Store.SecondFactor(ctx, user.ID, p.device(c))
	}
	p.forgetPendingLogin(c)
	return next, err
}

// staffAuditEntry audits what a user does during sign-in or to their own account.
func staffAuditEntry(user store.User, action string, outcome store.Outcome) store.AuditEntry {
	return store.AuditEntry{
		By:     store.Actor{ID: user.ID, Login: user.Login, Role: user.StaffRole},
		Action: action, Kind: "user", Object: web.IdText(user.ID), Outcome: outcome,
	}
}

// atStep is the pending login at a step's page; at any other step it goes to that one.
func (p *Pages) atStep(c *gin.Context, path string) (store.User, store.TOTP, error) {
	user, factor, err := p.pendingLogin(c)
	if err == nil && p.step(c, user, factor) != path {
		err = web.Answered(p.nextStep(c, user))
	}
	return user, factor, err
}

func totpFields() []web.Field {
	return []web.Field{{Name: "code", Type: "text", Required: true, Autocomplete: "one-time-code"}}
}

// codeForm asks for the device's code.
func (p *Pages) codeForm(c *gin.Context) error {
	if _, _, err := p.atStep(c, pathCode); err != nil {
		return err
	}
	return p.showCode(c, nil)
}

func (p *Pages) showCode(c *gin.Context, problems filing.Problems) error {
	form := p.Form(c, "second_factor", totpFields(), nil, problems)
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "second_factor.code_title"}, web.With(codePage, form))
}

// giveCode takes the device's code, or a recovery code.
func (p *Pages) giveCode(c *gin.Context) error {
	user, factor, err := p.atStep(c, pathCode)
	if err != nil {
		return err
	}
	recovered, problems, err := p.checkSecondFactor(c, user, factor, "code")
	switch {
	case err != nil:
		return err
	case problems != nil:
		return p.showCode(c, problems)
	}
	p.Sessions.Put(c.Request.Context(), keyPendingFactor, true)
	if recovered {
		p.Flash(c, "flash.recovery_code_used")
	}
	return p.nextStep(c, user)
}

// checkSecondFactor checks the code in a field and uses it up. Tries are limited like those at a password, but
// counted separately. A wrong code is audited: whoever gave it knows the password.
func (p *Pages) checkSecondFactor(
	c *gin.Context, user store.User, factor store.TOTP, field string,
) (recovered bool, problems filing.Problems, err error) {
	ctx := c.Request.Context()
	code, recovery := totp.Normalise(c.PostForm(field))
	if code == "" {
		return false, filing.Problems{{Field: field, Key: "required"}}, nil
	}
	wait, err := p.Store.TakeTry(ctx, store.TryFactor, user.Login)
	if err != nil {
		return false, nil, err
	}
	if wait > 0 {
		return false, filing.Problems{{Field: field, Key: "totp_wait", Args: web.WaitArgs(wait)}}, nil
	}
	right := false
	if recovery {
		d := staffAuditEntry(user, "totp.recovery_code", store.OutcomeDone)
		right, err = p.Store.UseRecoveryCode(store.WithAudit(ctx, &d), user.ID, code)
	} else if step, ok := totp.Match(factor.Secret, code, p.Store.Now(), factor.LastStep); ok {
		right, err = p.Store.UseStep(ctx, user.ID, step)
	}
	if err != nil {
		return false, nil, err
	}
	if !right {
		_, err := p.Store.Audit(ctx, staffAuditEntry(user, "totp.code", store.OutcomeRefused))
		return false, filing.Problems{{Field: field, Key: "totp_wrong"}}, err
	}
	return recovery, nil, p.Store.ForgetTries(ctx, store.TryFactor, user.Login)
}

// firstPasswordForm asks for a password of one's own.
func (p *Pages) firstPasswordForm(c *gin.Context) error {
	if _, _, err := p.atStep(c, pathFirstPassword); err != nil {
		return err
	}
	return p.showFirstPassword(c, nil)
}

func (p *Pages) showFirstPassword(c *gin.Context, problems filing.Problems) error {
	form := p.Form(c, "account_password", newPasswordFields(), nil, problems)
	page := web.Page{Title: "account_first_password.title"}
	return p.Render(c, web.StatusOf(problems), page, web.With(firstPasswordPage, form))
}

func (p *Pages) replaceFirstPassword(c *gin.Context) error {
	user, _, err := p.atStep(c, pathFirstPassword)
	if err != nil {
		return err
	}
	ctx, password := c.Request.Context(), c.PostForm("password")
	problems := filing.ValidateAccountPassword(password, c.PostForm("password_again"), user.Login,
		user.Role == store.RoleSupport)
	same, err := p.Passwords.Matches(ctx, password, user.PasswordHash)
	if err != nil {
		return err
	}
	if same {
		problems = append(problems, filing.Problem{Field: "password", Key: "password_same"})
	}
	if len(problems) > 0 {
		return p.showFirstPassword(c, problems)
	}
	hash, version, err := p.preparePasswordChange(ctx, user.ID, password)
	if err == nil {
		d := staffAuditEntry(user, "password.set", store.OutcomeDone)
		err = p.Store.ChangePassword(store.WithAudit(ctx, &d), user.ID, version, hash, 0)
	}
	if errors.Is(err, store.ErrConflict) { // another tab was faster; its password counts
		return p.abandonLogin(c)
	} else if err != nil {
		return err
	}
	p.Sessions.Put(ctx, keyPendingVersion, version+1)
	user.FirstUntil.Valid = false
	return p.nextStep(c, user)
}

// enrolData is the page that enrols a device.
type enrolData struct {
	web.Form
	QR     totp.QR
	Secret string
	// Link opens an authenticator on the same device.
	Link templ.SafeURL
	// Action is where the form goes. Back is the page of the reader's own second factor, empty during sign-in.
	Action, Back string
	Replaces     bool
}

// enrolForm enrols a device during sign-in.
func (p *Pages) enrolForm(c *gin.Context) error {
	user, _, err := p.atStep(c, pathEnrol)
	if err != nil {
		return err
	}
	return p.showEnrol(c, user, enrolData{Action: pathEnrol}, nil)
}

// showEnrol shows a secret only in the session that it was made for: whoever had another session
// may know the one that is pending from there.
func (p *Pages) showEnrol(c *gin.Context, user store.User, data enrolData, problems filing.Problems) error {
	ctx := c.Request.Context()
	factor, err := p.Store.TOTP(ctx, user.ID)
	if err == nil && !p.enrolling(ctx, factor) {
		factor.Pending = totp.NewSecret()
		err = p.Store.BeginTOTP(ctx, user.ID, factor.Pending)
		p.Sessions.Put(ctx, keyEnrolling, secretMark(factor.Pending))
	}
	if err != nil {
		return err
	}
	link, err := totp.URL(p.T(c).T("layout.name", nil), user.Login, factor.Pending)
	if err == nil {
		data.QR, err = totp.NewQR(link)
	}
	if err != nil {
		return err
	}
	data.Secret, data.Replaces = totp.ShowSecret(factor.Pending), factor.Enrolled()
	data.Link = templ.SafeURL(link) // ours, escaped by net/url
	var fields []web.Field
	if data.Back != "" { // signed in, but another person may be at the screen
		fields = append(fields, presentPasswordField())
		if data.Replaces {
			fields = append(fields, web.Field{Name: "present_code", Type: "text", Required: true, Autocomplete: "off"})
		}
	}
	data.Form = p.Form(c, "second_factor", append(fields, totpFields()...), nil, problems)
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "second_factor.enrol_title"}, web.With(enrolPage, data))
}

// enrolling tells whether this session has shown the pending secret.
func (p *Pages) enrolling(ctx context.Context, factor store.TOTP) bool {
	return factor.Pending != "" && p.Sessions.GetString(ctx, keyEnrolling) == secretMark(factor.Pending)
}

// secretMark identifies a secret without revealing it: sessions aren't sealed.
func secretMark(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:8])
}

// enrol takes, during sign-in, the code that proves that the device has the secret.
func (p *Pages) enrol(c *gin.Context) error {
	user, _, err := p.atStep(c, pathEnrol)
	if err != nil {
		return err
	}
	codes, problems, err := p.enrolled(c, user)
	switch {
	case err != nil:
		return err
	case problems != nil:
		return p.showEnrol(c, user, enrolData{Action: pathEnrol}, problems)
	}
	p.Sessions.Put(c.Request.Context(), keyPendingFactor, true)
	next, err := p.finishLogin(c, user)
	if err != nil {
		return err
	}
	return p.showRecoveryCodes(c, codes, next)
}

// enrolled makes the pending secret the second factor if the code matches it. Tries aren't
// limited: the page shows the secret.
func (p *Pages) enrolled(c *gin.Context, user store.User) (codes []string, problems filing.Problems, err error) {
	ctx := c.Request.Context()
	factor, err := p.Store.TOTP(ctx, user.ID)
	if err != nil {
		return nil, nil, err
	}
	wrong := filing.Problems{{Field: "code", Key: "totp_wrong"}}
	code, _ := totp.Normalise(c.PostForm("code"))
	step, ok := totp.Match(factor.Pending, code, p.Store.Now(), 0)
	switch {
	case code == "":
		return nil, filing.Problems{{Field: "code", Key: "required"}}, nil
	case !p.enrolling(ctx, factor) || !ok:
		return nil, wrong, nil
	}
	codes = totp.RecoveryCodes()
	d := staffAuditEntry(user, "totp.enrol", store.OutcomeDone)
	err = p.Store.EnrolTOTP(store.WithAudit(ctx, &d), user.ID, factor.Pending, step, codes)
	if errors.Is(err, store.ErrConflict) { // another session has started over meanwhile
		return nil, wrong, nil
	}
	p.Sessions.Remove(ctx, keyEnrolling)
	return codes, nil, err
}

// showRecoveryCodes shows new recovery codes, only once.
func (p *Pages) showRecoveryCodes(c *gin.Context, codes []string, next string) error {
	shown := make([]string, len(codes))
	for i, code := range codes {
		shown[i] = totp.ShowRecovery(code)
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "second_factor.codes_title"}, func(page *web.Page) templ.Component {
		return recoveryCodesPage(page, shown, next)
	})
}
