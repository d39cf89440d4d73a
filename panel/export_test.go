package panel

import (
	"context"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// What the tests, which stand outside for the sake of imports, see of the inside.

// ErrNotAsked is errNotAsked.
var ErrNotAsked = errNotAsked

// The answers to a password.
const (
	PasswordNotKnown = passwordNotKnown
	PasswordIsRight  = passwordIsRight
	PasswordIsWrong  = passwordIsWrong
	PasswordTooMany  = passwordTooMany
)

// BureauStatus is bureauStatus.
func (s *Server) BureauStatus(ctx context.Context, province string, condition int, value string) (filing.Status, error) {
	return s.bureauStatus(ctx, province, condition, value)
}

// PasswordRight is passwordRight.
func (s *Server) PasswordRight(ctx context.Context, filingID int64, number, password string) (passwordAnswer, error) {
	return s.passwordRight(ctx, filingID, number, password)
}

// Captcha is what the picture shows to the session of a cookie.
func (s *Server) Captcha(ctx context.Context, cookie string) (string, error) {
	ctx, err := s.sessions.Load(ctx, cookie)
	return s.sessions.GetString(ctx, keyCaptcha), err
}

// The limits of the public query.
const (
	QueriesPerClient = queriesPerClient
	QueriesOfAll     = queriesOfAll
	FreeQueries      = freeQueries
)

// FormFields are the fields of every form that customers and visitors fill in, by the
// form's name.
func (s *Server) FormFields() map[string][]string {
	t := s.texts.For("zh")
	whole := func(form string) []field {
		return asked(formFields(&filing.Dossier{Kind: filing.KindNewSite}, form), choosing{Localizer: t, codes: filing.BuiltIn()})
	}
	all := map[string][]field{
		"contact": contactFields(t), "recover": recoverFields(t),
		formRegister: registerFields(), formPolice: policeFields(), "ticket": ticketFields(t, false),
		"forgotten": forgottenFields(t), "account_code": codeFields(), "account_password": passwordFields(),
		"account_reach": {{Name: "mobile"}, {Name: "email"}, {Name: "present_password"}},
		formHolder:      whole(formHolder), formSite: whole(formSite), formClaim: whole(formClaim), formEnding: whole(formEnding),
	}
	names := map[string][]string{}
	for form, fields := range all {
		for _, f := range fields {
			names[form] = append(names[form], f.Name)
		}
	}
	names["sign_in"], names["captcha"] = []string{"login", "password"}, []string{"captcha"}
	names["query"], names["kind"] = []string{"asked"}, []string{valueKind}
	names[formPapers] = []string{filing.ApprovalField(3)}
	for _, paper := range filing.BuiltInPapers().Papers {
		names[formPapers] = append(names[formPapers], paper.Key)
	}
	for _, channel := range filing.Channels {
		names["verify"] = append(names["verify"], codeField[channel])
	}
	return names
}

// FieldHelp is fieldHelp.
func (s *Server) FieldHelp(lang, form, name string) string {
	return s.fieldHelp(s.texts.For(lang), form, name)
}

// Digits is digits.
func Digits(typed string) string { return digits(typed) }

// Balanced is balanced.
var Balanced = balanced

// Wrap is wrap.
var Wrap = wrap

// SessionValues reads a session as the database keeps it.
func SessionValues(t interface{ Fatal(...any) }, data []byte) map[string]any {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// Watch is watch.
type Watch struct{ w *watch }

// NewWatch is newWatch.
func NewWatch(seqs func(context.Context, []int64) (map[int64]int64, error)) Watch {
	return Watch{newWatch(seqs)}
}

// Join listens; the second value ends that.
func (w Watch) Join(filing, user int64) (*listener, func()) {
	l := w.w.join(filing, user)
	return l, func() { w.w.leave(l) }
}

// Close ends it.
func (w Watch) Close() { w.w.close() }

// Running tells whether it asks.
func (w Watch) Running() bool {
	w.w.mu.Lock()
	defer w.w.mu.Unlock()
	return w.w.running
}

// ExpectationOf is expectationOf.
var ExpectationOf = expectationOf

// Expiry is how the list marks an order's last day.
var Expiry = expiry

// CheckFrameOrigins is checkFrameOrigins.
func CheckFrameOrigins(origins []string, secureCookies bool) error {
	return checkFrameOrigins(origins, secureCookies)
}

// DeviceOf is deviceOf.
func DeviceOf(userAgent string) string { return deviceOf(userAgent) }

// SetCaptchaWait is how long somebody waits who leaves the captcha empty.
func (s *Server) SetCaptchaWait(wait time.Duration) { s.captchas.wait = wait }

// WaitsPerClient is how often a minute that is let through.
const WaitsPerClient = waitsPerClient

// WithRoles is withRoles.
func WithRoles(source string) string { return withRoles(source) }

// ViewReason is viewReason in a language.
func (s *Server) ViewReason(lang, reason string) string {
	return viewReason(s.texts.For(lang), reason)
}

// ActorName is actorName in a language.
func (s *Server) ActorName(lang, actor string) string { return actorName(s.texts.For(lang), actor) }

// LangOf is langOf in a language.
func (s *Server) LangOf(lang, text string) string { return string(langOf(s.texts.For(lang), text)) }

// Routes are all of the panel's.
func (s *Server) Routes() gin.RoutesInfo { return s.all }

// Can tells whether one of staff's roles may do something.
func Can(role store.StaffRole, what string) bool { return may(role, permission(what)) }

// ReadHolder reads a holder's form.
var ReadHolder = holderOf

// ReadSite reads a site's form.
func ReadSite(v url.Values) (site filing.Site) {
	readFields(siteFields(&site), v)
	return site
}
