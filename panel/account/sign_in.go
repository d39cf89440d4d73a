package account

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

type signInData struct {
	web.Form
	// Next is the page to open after sign-in.
	Next string
}

func signInFields() []web.Field {
	return []web.Field{
		{Name: "login", Type: "text", Required: true, Autocomplete: "username"},
		{Name: "password", Type: "password", Required: true, Autocomplete: "current-password"},
	}
}

func (p *Pages) signInForm(c *gin.Context) error {
	here, err := p.alive(c)
	if err != nil {
		return err
	}
	values, err := p.SavedValues(c)
	if err != nil {
		return err
	}
	if values == nil {
		values = url.Values{"next": {c.Query("next")}}
	}
	if here {
		return web.Redirect(c, web.LocalPath(values.Get("next")))
	}
	return p.showSignIn(c, http.StatusOK, values, nil)
}

func (p *Pages) showSignIn(c *gin.Context, status int, values url.Values, problems filing.Problems) error {
	fields := signInFields()
	captcha, err := p.NeedsCaptcha(c, loginOf(values))
	if err != nil {
		return err
	}
	if captcha {
		fields = append(fields, p.CaptchaField(c))
	}
	return p.Render(c, status, web.Page{Title: "sign_in.title"}, web.With(signInPage, signInData{
		p.Form(c, "sign_in", fields, values, problems), web.LocalPath(values.Get("next")),
	}))
}

func loginOf(values url.Values) string { return web.Trimmed(values, "login") }

// signIn checks a password. The try is counted first: see store.TakeTry. An account that
// doesn't exist takes as long to answer and is limited like one that does.
func (p *Pages) signIn(c *gin.Context) error {
	ctx := c.Request.Context()
	values := web.PostForm(c)
	login, password := loginOf(values), values.Get("password")
	if web.CaptchaAgain(c) {
		return p.showSignIn(c, http.StatusOK, values, nil)
	}
	var problems filing.Problems
	for _, name := range []string{"login", "password"} {
		if strings.TrimSpace(values.Get(name)) == "" {
			problems = append(problems, filing.Problem{Field: name, Key: "required"})
		}
	}
	captcha, err := p.NeedsCaptcha(c, login)
	if err != nil {
		return err
	}
	if captcha {
		wrong, err := p.CaptchaProblems(c)
		if err != nil {
			return err
		}
		problems = append(problems, wrong...)
	}
	if len(problems) > 0 {
		return p.showSignIn(c, http.StatusUnprocessableEntity, values, problems)
	}
	wait, err := p.takeSignIn(c, login)
	if err != nil {
		return err
	}
	if wait > 0 {
		problems = filing.Problems{{Field: "password", Key: "sign_in_wait", Args: web.WaitArgs(wait)}}
		return p.showSignIn(c, http.StatusTooManyRequests, values, problems)
	}
	user, err := p.Store.UserByLogin(ctx, login)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	right, err := p.Passwords.Matches(ctx, password, user.PasswordHash)
	if err != nil {
		return err
	}
	if !right || user.DisabledAt.Valid {
		if err := p.SignInFailed(c); err != nil {
			return err
		}
		if err := p.auditWrongPassword(ctx, user); err != nil {
			return err
		}
		problems = filing.Problems{{Field: "password", Key: "sign_in_wrong"}}
		return p.showSignIn(c, http.StatusUnprocessableEntity, values, problems)
	}
	if user.FirstUntil.Valid && !user.FirstUntil.Time.After(p.Store.Now()) {
		problems = filing.Problems{{Field: "password", Key: "sign_in_first_over"}}
		return p.showSignIn(c, http.StatusUnprocessableEntity, values, problems)
	}
	return p.continueLogin(c, user, web.LocalPath(values.Get("next")))
}

// takeSignIn counts an attempt for its network and its account, before anything is hashed. If wait isn't 0, it is
// denied until then.
func (p *Pages) takeSignIn(c *gin.Context, login string) (wait time.Duration, err error) {
	ctx := c.Request.Context()
	err = p.Store.Spend(ctx, store.QuotaSignIn, map[store.QuotaScope]string{store.ByNetwork: web.Network(c)})
	if over, is := errors.AsType[*store.QuotaError](err); is {
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(over.Wait.Seconds()))))
		return over.Wait, nil
	} else if err != nil {
		return 0, err
	}
	return p.Store.TakeTry(ctx, store.TrySignIn, login)
}

// auditWrongPassword audits a wrong password for an account of staff. A login that nobody has leaves no entry.
func (p *Pages) auditWrongPassword(ctx context.Context, user store.User) error {
	if user.Role != store.RoleSupport {
		return nil
	}
	_, err := p.Store.Audit(ctx, staffAuditEntry(user, "password.wrong", store.OutcomeRefused))
	return err
}

// beginSession starts the session of a user who has proved their identity.
func (p *Pages) beginSession(c *gin.Context, user store.User) error {
	ctx := c.Request.Context()
	if err := p.Store.ForgetTries(ctx, store.TrySignIn, user.Login); err != nil {
		return err
	}
	if err := p.Sessions.RenewToken(ctx); err != nil { // against fixation
		return err
	}
	noted := ctx
	if user.Role == store.RoleSupport {
		d := staffAuditEntry(user, "session.begin", store.OutcomeDone)
		noted = store.WithAudit(ctx, &d)
	}
	device, err := p.Store.BeginSession(noted, user.ID, deviceOf(c.Request.UserAgent()), web.SessionLifetime)
	if err != nil {
		return err
	}
	p.Sessions.Remove(ctx, web.KeyFailures)
	p.putUser(c, user.ID, user.Role, user.Login, device)
	p.Confirmed(c)
	return p.RememberAccount(c, user.ID)
}

// putUser makes the browser's session somebody's.
func (p *Pages) putUser(c *gin.Context, id int64, role store.Role, login string, device int64) {
	ctx := c.Request.Context()
	p.Sessions.Put(ctx, web.KeyUser, id)
	p.Sessions.Put(ctx, web.KeyRole, string(role))
	p.Sessions.Put(ctx, web.KeyLogin, login)
	p.Sessions.Put(ctx, web.KeyDevice, device)
}

func (p *Pages) signOut(c *gin.Context) error {
	ctx := c.Request.Context()
	err := p.Store.EndSession(ctx, p.UserID(c), p.device(c))
	if err == nil {
		err = p.Sessions.Destroy(ctx)
	}
	return p.Finish(c, err, "/sign-in", "", nil)
}

func (p *Pages) home(c *gin.Context) error {
	if p.Role(c) == store.RoleSupport {
		return web.Redirect(c, "/support")
	}
	return web.Redirect(c, "/orders")
}

// alive tells whether somebody is signed in and their session wasn't ended elsewhere. One that was keeps only what
// isn't personal, such as the language. The role is read at each request, so that a change of it counts at once.
func (p *Pages) alive(c *gin.Context) (bool, error) {
	ctx := c.Request.Context()
	if !p.Sessions.Exists(ctx, web.KeyUser) {
		return false, nil
	}
	state, err := p.Store.SessionState(ctx, p.UserID(c), p.device(c),
		store.SessionUse{Idle: p.SessionIdle, Unattended: web.IsEventStream(c.Request)})
	lives := state.Lives && p.factorsGiven(state)
	c.Set(contextState, state)
	c.Set(web.ContextStaff, state.StaffRole)
	if err == nil && !lives {
		c.Set(web.ContextStaff, store.StaffRole(""))
		p.Forget(c, web.KeyUser, web.KeyRole, web.KeyLogin, web.KeyDevice)
	}
	return lives, err
}

// SignedIn redirects those who aren't signed in to the sign-in page, which leads back. A form
// that they sent is saved for them.
func (p *Pages) SignedIn(c *gin.Context) {
	here, err := p.alive(c)
	if err != nil {
		p.Fail(c, err)
		return
	}
	if here {
		done, err := p.BeginUpload(c)
		if err != nil {
			p.Fail(c, err)
			return
		}
		defer done()
		p.DropSavedPost(c)
		return
	}
	next := "/"
	if c.Request.Method == http.MethodGet {
		next = c.Request.URL.RequestURI() // with the search and the list's position
	} else if path, saved := p.SavePost(c); path != "" {
		next = path
		p.Flash(c, cmp.Or(web.When(saved, "flash.expired_saved"), "flash.expired"))
	}
	if c.GetHeader("Accept") == "application/json" { // a script's request; the script tells the user
		web.Drain(c)
		c.AbortWithStatus(http.StatusUnauthorized)
		return
	}
	c.Abort()
	_ = web.Redirect(c, "/sign-in?next="+url.QueryEscape(next))
}
