package panel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/totp"
)

// Staff sign in by steps: after the password a code of their device, a password of
// their own in place of a first one, and the enrolment of a device where everybody
// must have one. Until the last step the session is nobody's: it only knows who is
// halfway in.

// Keys of a session that is halfway in.
const (
	keyHalfway        = "halfway"
	keyHalfwayNext    = "halfway_next"
	keyHalfwayUntil   = "halfway_until"
	keyHalfwayVersion = "halfway_version"
	keyHalfwayFactor  = "halfway_factor"
	// keyEnrolling is the mark of the secret that was shown in this session.
	keyEnrolling = "enrolling"
)

// The pages of the steps.
const (
	pathCode          = "/sign-in/code"
	pathFirstPassword = "/sign-in/first-password"
	pathEnrol         = "/sign-in/enrol"
	pathTOTP          = "/account/totp"
)

// halfwayFor is how long the steps may take.
const halfwayFor = 15 * time.Minute

// factorsGiven tells whether a session's person gave all that their account wants: of
// staff a second factor where one is enrolled, or where everybody must have one.
func (s *Server) factorsGiven(state store.SessionState) bool {
	return state.StaffRole == "" || state.SecondFactor || !state.Enrolled && !s.cfg.RequireTOTP
}

// proceed goes on after a right password: into the session, or to the first step.
func (s *Server) proceed(c *gin.Context, user store.User, next string) {
	ctx := c.Request.Context()
	if user.Role == store.RoleSupport {
		if err := s.sessions.RenewToken(ctx); err != nil { // against fixation
			s.fail(c, err)
			return
		}
		s.sessions.Put(ctx, keyHalfway, user.ID)
		s.sessions.Put(ctx, keyHalfwayNext, next)
		s.sessions.Put(ctx, keyHalfwayUntil, s.cfg.Store.Now().Add(halfwayFor).Unix())
		s.sessions.Put(ctx, keyHalfwayVersion, user.Version)
		s.sessions.Put(ctx, keyHalfwayFactor, false)
		s.nextStep(c, user)
		return
	}
	if err := s.begin(c, user); err != nil {
		s.fail(c, err)
		return
	}
	to(c, next)
}

// halfway is who is halfway in, and what second factor they have; it sends others to
// the beginning.
func (s *Server) halfway(c *gin.Context) (user store.User, factor store.TOTP, ok bool) {
	ctx := c.Request.Context()
	user, err := s.cfg.Store.User(ctx, s.sessions.GetInt64(ctx, keyHalfway))
	if err == nil {
		factor, err = s.cfg.Store.TOTP(ctx, user.ID)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		s.fail(c, err)
		return user, factor, false
	}
	if err != nil || user.DisabledAt.Valid || user.Version != s.sessions.GetInt(ctx, keyHalfwayVersion) ||
		s.cfg.Store.Now().Unix() > s.sessions.GetInt64(ctx, keyHalfwayUntil) {
		s.forgetHalfway(c)
		s.flash(c, "flash.sign_in_over")
		to(c, "/sign-in")
		return user, factor, false
	}
	return user, factor, true
}

func (s *Server) forgetHalfway(c *gin.Context) {
	for _, key := range []string{keyHalfway, keyHalfwayNext, keyHalfwayUntil, keyHalfwayVersion, keyHalfwayFactor, keyEnrolling} {
		s.sessions.Remove(c.Request.Context(), key)
	}
}

// step is the path of what is still to be done; empty when nothing is.
func (s *Server) step(c *gin.Context, user store.User, factor store.TOTP) string {
	given := s.sessions.GetBool(c.Request.Context(), keyHalfwayFactor)
	switch {
	case factor.Enrolled() && !given:
		return pathCode
	case user.FirstUntil.Valid:
		return pathFirstPassword
	case s.cfg.RequireTOTP && !given:
		return pathEnrol
	}
	return ""
}

// nextStep goes to what is still to be done, or into the session.
func (s *Server) nextStep(c *gin.Context, user store.User) {
	factor, err := s.cfg.Store.TOTP(c.Request.Context(), user.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	if path := s.step(c, user, factor); path != "" {
		to(c, path)
		return
	}
	next, err := s.arrive(c, user)
	if err != nil {
		s.fail(c, err)
		return
	}
	to(c, next)
}

// arrive begins the session of somebody who did every step, and tells where to.
func (s *Server) arrive(c *gin.Context, user store.User) (next string, err error) {
	ctx := c.Request.Context()
	next = localPath(s.sessions.GetString(ctx, keyHalfwayNext))
	given := s.sessions.GetBool(ctx, keyHalfwayFactor)
	if err := s.begin(c, user); err != nil {
		return "", err
	}
	if given {
		err = s.cfg.Store.SecondFactor(ctx, user.ID, s.device(c))
	}
	s.forgetHalfway(c)
	return next, err
}

// staffDeed is something that somebody does who isn't in yet, or does to themselves.
func staffDeed(user store.User, action string, outcome store.Outcome) store.Deed {
	return store.Deed{By: store.Actor{ID: user.ID, Login: user.Login, Role: user.StaffRole}, Action: action, Kind: "user", Object: idText(user.ID), Outcome: outcome}
}

// atStep opens a step's page for those whose turn it is.
func (s *Server) atStep(c *gin.Context, path string) (store.User, store.TOTP, bool) {
	user, factor, ok := s.halfway(c)
	if ok && s.step(c, user, factor) != path {
		s.nextStep(c, user)
		return user, factor, false
	}
	return user, factor, ok
}

func totpFields() []field {
	return []field{{Name: "code", Type: "text", Required: true, Autocomplete: "one-time-code"}}
}

// codeForm asks for the device's code.
func (s *Server) codeForm(c *gin.Context) {
	if _, _, ok := s.atStep(c, pathCode); ok {
		s.showCode(c, http.StatusOK, nil)
	}
}

func (s *Server) showCode(c *gin.Context, status int, problems filing.Problems) {
	s.render(c, status, "totp_code", page{Title: "totp.code_title", Data: build(s.texts.For(s.lang(c)), "totp", totpFields(), url.Values{}, problems)})
}

// giveCode takes the device's code, or a recovery code.
func (s *Server) giveCode(c *gin.Context) {
	user, factor, ok := s.atStep(c, pathCode)
	if !ok {
		return
	}
	ctx := c.Request.Context()
	recovered, problem, err := s.rightCode(ctx, user, factor, c.PostForm("code"))
	switch {
	case err != nil:
		s.fail(c, err)
		return
	case problem != nil:
		problem.Field = "code"
		s.showCode(c, http.StatusUnprocessableEntity, filing.Problems{*problem})
		return
	}
	s.sessions.Put(ctx, keyHalfwayFactor, true)
	if recovered {
		s.flash(c, "flash.recovery_code_used")
	}
	s.nextStep(c, user)
}

// rightCode checks a code and uses it up. Tries count like those at a password, beside
// them; that somebody who knows the password gives a wrong code stands in the log.
func (s *Server) rightCode(ctx context.Context, user store.User, factor store.TOTP, typed string) (recovered bool, problem *filing.Problem, err error) {
	code, recovery := totp.Normalise(typed)
	if code == "" {
		return false, &filing.Problem{Key: "required"}, nil
	}
	key := "totp/" + user.Login
	wait, err := s.cfg.Store.TakeTry(ctx, key)
	if err != nil {
		return false, nil, err
	}
	if wait > 0 {
		return false, &filing.Problem{Key: "totp_wait", Args: waitArgs(wait)}, nil
	}
	right := false
	if recovery {
		d := staffDeed(user, "totp.recovery_code", store.OutcomeDone)
		right, err = s.cfg.Store.UseRecoveryCode(store.WithDeed(ctx, &d), user.ID, code)
	} else if step, ok := totp.Match(factor.Secret, code, s.cfg.Store.Now(), factor.LastStep); ok {
		right, err = s.cfg.Store.UseStep(ctx, user.ID, step)
	}
	if err != nil {
		return false, nil, err
	}
	if !right {
		_, err := s.cfg.Store.Audit(ctx, staffDeed(user, "totp.code", store.OutcomeRefused))
		return false, &filing.Problem{Key: "totp_wrong"}, err
	}
	return recovery, nil, s.cfg.Store.ForgetTries(ctx, key)
}

// firstPasswordForm asks for a password of one's own.
func (s *Server) firstPasswordForm(c *gin.Context) {
	if _, _, ok := s.atStep(c, pathFirstPassword); ok {
		s.showFirstPassword(c, http.StatusOK, nil)
	}
}

func (s *Server) showFirstPassword(c *gin.Context, status int, problems filing.Problems) {
	s.render(c, status, "first_password", page{Title: "first_password.title", Data: build(s.texts.For(s.lang(c)), "account_password", newPasswordFields(), url.Values{}, problems)})
}

func (s *Server) replaceFirstPassword(c *gin.Context) {
	user, _, ok := s.atStep(c, pathFirstPassword)
	if !ok {
		return
	}
	ctx, password := c.Request.Context(), c.PostForm("password")
	problems := filing.ValidatePassword(password, c.PostForm("password_again"), user.Login)
	if s.passwords.matches(ctx, password, user.PasswordHash) {
		problems = append(problems, filing.Problem{Field: "password", Key: "password_same"})
	}
	if len(problems) > 0 {
		s.showFirstPassword(c, http.StatusUnprocessableEntity, problems)
		return
	}
	hash, version, err := s.readyPassword(c, user.ID, password)
	if err == nil {
		d := staffDeed(user, "password.set", store.OutcomeDone)
		err = s.cfg.Store.ChangePassword(store.WithDeed(ctx, &d), user.ID, version, hash, 0)
	}
	switch {
	case errors.Is(err, store.ErrConflict): // another tab was quicker; its password counts
		s.forgetHalfway(c)
		s.flash(c, "flash.sign_in_over")
		to(c, "/sign-in")
		return
	case err != nil:
		s.fail(c, err)
		return
	}
	s.sessions.Put(ctx, keyHalfwayVersion, version+1)
	user.FirstUntil.Valid = false
	s.nextStep(c, user)
}

// enrolData is the page that enrols a device.
type enrolData struct {
	form
	QR     totp.QR
	Secret string
	// Link opens an authenticator on the same device.
	Link template.URL
	// Action is where the form goes, Back whence one came, if from anywhere.
	Action, Back string
	Replaces     bool
}

// enrolForm enrols a device on the way in.
func (s *Server) enrolForm(c *gin.Context) {
	if user, _, ok := s.atStep(c, pathEnrol); ok {
		s.showEnrol(c, http.StatusOK, user, enrolData{Action: pathEnrol}, nil)
	}
}

// showEnrol draws the page. A secret is shown in the session that it was made for: what
// is pending from another may be known to whoever had that.
func (s *Server) showEnrol(c *gin.Context, status int, user store.User, data enrolData, problems filing.Problems) {
	ctx := c.Request.Context()
	factor, err := s.cfg.Store.TOTP(ctx, user.ID)
	if err == nil && !s.enrolling(ctx, factor) {
		factor.Pending = totp.NewSecret()
		err = s.cfg.Store.BeginTOTP(ctx, user.ID, factor.Pending)
		s.sessions.Put(ctx, keyEnrolling, secretMark(factor.Pending))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	link, err := totp.URL(s.texts.For(s.lang(c)).T("app.name", nil), user.Login, factor.Pending)
	if err == nil {
		data.QR, err = totp.NewQR(link)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	data.Secret, data.Link, data.Replaces = totp.ShowSecret(factor.Pending), template.URL(link), factor.Enrolled() //nolint:gosec // ours, escaped by net/url
	var fields []field
	if data.Back != "" { // signed in: the screen may be another's for a moment
		fields = append(fields, field{Name: "present_password", Type: "password", Required: true, Autocomplete: "current-password"})
		if data.Replaces {
			fields = append(fields, field{Name: "present_code", Type: "text", Required: true, Autocomplete: "off"})
		}
	}
	data.form = build(s.texts.For(s.lang(c)), "totp", append(fields, totpFields()...), url.Values{}, problems)
	s.render(c, status, "totp_enrol", page{Title: "totp.enrol_title", Data: data})
}

// enrolling tells whether the secret that is pending is the one that this session was
// shown.
func (s *Server) enrolling(ctx context.Context, factor store.TOTP) bool {
	return factor.Pending != "" && s.sessions.GetString(ctx, keyEnrolling) == secretMark(factor.Pending)
}

// secretMark tells secrets apart without saying what they are: sessions aren't sealed.
func secretMark(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:8])
}

// enrol takes the code that proves that the device has the secret, on the way in.
func (s *Server) enrol(c *gin.Context) {
	user, _, ok := s.atStep(c, pathEnrol)
	if !ok {
		return
	}
	codes, problems, err := s.enrolled(c, user)
	switch {
	case err != nil:
		s.fail(c, err)
		return
	case problems != nil:
		s.showEnrol(c, http.StatusUnprocessableEntity, user, enrolData{Action: pathEnrol}, problems)
		return
	}
	s.sessions.Put(c.Request.Context(), keyHalfwayFactor, true)
	next, err := s.arrive(c, user)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.showRecoveryCodes(c, codes, next)
}

// enrolled makes the pending secret the second factor, if the code is its own. There is
// nothing to guess: the page shows the secret.
func (s *Server) enrolled(c *gin.Context, user store.User) (codes []string, problems filing.Problems, err error) {
	ctx := c.Request.Context()
	factor, err := s.cfg.Store.TOTP(ctx, user.ID)
	if err != nil {
		return nil, nil, err
	}
	wrong := filing.Problems{{Field: "code", Key: "totp_wrong"}}
	code, _ := totp.Normalise(c.PostForm("code"))
	step, ok := totp.Match(factor.Pending, code, s.cfg.Store.Now(), 0)
	switch {
	case code == "":
		return nil, filing.Problems{{Field: "code", Key: "required"}}, nil
	case !s.enrolling(ctx, factor) || !ok:
		return nil, wrong, nil
	}
	codes = totp.RecoveryCodes()
	d := staffDeed(user, "totp.enrol", store.OutcomeDone)
	err = s.cfg.Store.EnrolTOTP(store.WithDeed(ctx, &d), user.ID, factor.Pending, step, codes)
	if errors.Is(err, store.ErrConflict) { // another session began anew meanwhile
		return nil, wrong, nil
	}
	s.sessions.Remove(ctx, keyEnrolling)
	return codes, nil, err
}

// showRecoveryCodes shows new recovery codes, this once.
func (s *Server) showRecoveryCodes(c *gin.Context, codes []string, next string) {
	shown := make([]string, len(codes))
	for i, code := range codes {
		shown[i] = totp.ShowRecovery(code)
	}
	s.render(c, http.StatusOK, "totp_codes", page{Title: "totp.codes_title", Data: struct {
		Codes []string
		Next  string
	}{shown, next}})
}
