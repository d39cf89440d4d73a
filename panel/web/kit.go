package web

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/ulule/limiter/v3"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/observe"
	"github.com/beian/beian/internal/registry"
	"github.com/beian/beian/internal/rules"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/workflows"
)

// Filings is how the panel talks to the filings' workflows.
type Filings interface {
	Open(ctx context.Context, ref string, in workflows.FilingInput) error
	GiveContact(ctx context.Context, ref string, in workflows.ContactGiven) (workflows.State, error)
	SendCode(ctx context.Context, ref string, in workflows.SendCode) (workflows.State, error)
	Verified(ctx context.Context, ref string, in workflows.ByActor) (workflows.State, error)
	Submit(ctx context.Context, ref string, in workflows.Submission) (workflows.State, error)
	Pass(ctx context.Context, ref string, in workflows.Verdict) (workflows.State, error)
	SendBack(ctx context.Context, ref string, in workflows.Verdict) (workflows.State, error)
	CheckSiteNow(ctx context.Context, ref string, in workflows.ByActor) (workflows.State, error)
	ConfirmSMSVerification(ctx context.Context, ref string, in workflows.SMSVerified) (workflows.State, error)
	Withdraw(ctx context.Context, ref string, in workflows.ByActor) (workflows.State, error)
	Resume(ctx context.Context, ref string, in workflows.Resume) (workflows.State, error)
	// ContactCorrected reports a correction of the contact, once per key.
	ContactCorrected(ctx context.Context, ref, key string, in workflows.Corrected) (workflows.State, error)
	StartBulk(ctx context.Context, jobID int64) error
	ControlBulk(ctx context.Context, jobID int64, in workflows.BulkControl) error
	// Execution describes a filing's workflow and the related workflows with the given IDs. If Temporal doesn't know
	// the filing's workflow, it returns workflows.ErrNoExecution along with the related ones.
	Execution(ctx context.Context, ref string, beside ...string) (workflows.Execution, error)
	// RunNow retries a waiting activity at once.
	RunNow(ctx context.Context, p workflows.PendingActivity) error
	Ask(ctx context.Context, inquiryID int64) error
	// ExchangeNow reports results that people recorded by hand to their filings at once.
	ExchangeNow(ctx context.Context, accountID int64) error
	SendTicket(ctx context.Context, ticketID, answerID int64) error
	Footer(ctx context.Context, in workflows.FooterInput) error
	SendAccountCode(ctx context.Context, codeID int64, send int) error
	NotifyPasswordChanged(ctx context.Context, userID int64, version int) error
	SendCorrectionCode(ctx context.Context, correctionID int64, send int) error
	NotifyContactCorrected(ctx context.Context, token string) error
}

// Provider is what the panel knows about the hosting provider that runs it.
type Provider struct {
	// Name is 所属接入服务提供者 as shown in forms.
	Name string
	// AccessMode and ServerPlace are defaults for the site form.
	AccessMode, ServerPlace int
	// LinkTargets are the bureau's sites, the preferred one first.
	LinkTargets []string
	// PrivacyContact is whom to ask about personal data; empty: the help centre.
	PrivacyContact string
	// PoliceTarget is the link of a public-security filing number, without its digits.
	PoliceTarget string
	// CertificateName is the certificate file's name; empty: filing.CertificateName.
	CertificateName string
	// PanelURL is where customers find their orders at the provider; empty: nobody said.
	PanelURL string
}

// Config configures the panel.
type Config struct {
	Store    *store.Store
	Filings  Filings
	Provider Provider
	// Resolver looks up where a site's domains point, for the pre-check.
	Resolver *website.Resolver
	// Registry looks up who registered a site's domains, Sites what sites show; nil: nobody does.
	Registry *registry.Client
	Sites    *website.Looker
	// Papers is the list of papers, Rules are the rules by province; nil means the built-in ones.
	Papers *filing.PaperList
	// ReportSecret is the part of the path by which operators and mail servers report about messages; empty: nobody may.
	ReportSecret string
	Rules        *rules.Book
	// SecureCookies restricts cookies to HTTPS.
	SecureCookies bool
	// PublicURL is the panel's public address, without a slash at its end; empty: the one that a request names.
	PublicURL string
	// HSTS is for how long browsers open the panel over HTTPS only, once they have; 0: they may open it otherwise.
	HSTS time.Duration
	// SessionIdle is how long a session may be unused; 0: as long as it lasts.
	SessionIdle time.Duration
	// TrustedProxies are the addresses or ranges of reverse proxies that may set a client's address; by default none.
	TrustedProxies []string
	// FrameOrigins may embed the panel in frames.
	FrameOrigins []string
	// RequireTOTP makes the second factor mandatory for staff.
	RequireTOTP bool
	// TemporalUI is the address of the namespace in Temporal's UI, for links on staff pages; empty for no links.
	TemporalUI string
	// VettingLease is how long an inactive reviewer holds a dossier; 0 means half an hour.
	VettingLease time.Duration
	// SecondVetting selects the dossiers that need two reviewers.
	SecondVetting filing.SecondVetting
	// Keep is how long data are kept, for the privacy notice.
	Keep store.Retention
	// Process collects metrics and traces, and knows whether the panel is ready; nil turns that off.
	Process *observe.Process
	Logger  *slog.Logger
}

const (
	// SessionLifetime is a working day, so that nobody loses a long form.
	SessionLifetime = 12 * time.Hour
	// MaxBody limits a form; the largest has a hundred domains.
	MaxBody = 256 << 10
	// defaultVettingLease is how long an inactive reviewer holds a dossier.
	defaultVettingLease = 30 * time.Minute
)

// ErrBadRequest is a request that none of our pages sends.
var ErrBadRequest = errors.New("malformed request")

// Kit is what every part of the panel builds on: configuration, sessions, texts, and helpers that read requests and
// write pages. The packages of the parts embed it.
type Kit struct {
	Config
	// Texts are the texts of the pages.
	Texts *locale.Bundle
	// Sessions are the browser sessions.
	Sessions *scs.SessionManager
	// PaperList says which papers a filing needs.
	PaperList filing.PaperList
	// HelpLibrary has the help centre's pages.
	HelpLibrary *help.Library
	// CaptchaWait is how long people wait who leave the captcha empty.
	CaptchaWait time.Duration

	cleanup   interface{ StopCleanup() }
	Passwords *passwordHasher
	codes     tableCache
	decoding  slots
	uploads   *uploadBudget
	// captchaPasses, clientQueries and allQueries limit what clients do per minute.
	captchaPasses, clientQueries, allQueries *limiter.Limiter
	// forms are the routes of pages whose form posts to the same path.
	forms map[string]bool
	// pages are the routes that show a page.
	pages map[string]bool
}

// New makes the kit; Close stops its background work.
func New(cfg Config) (*Kit, error) {
	if err := checkFrameOrigins(cfg.FrameOrigins, cfg.SecureCookies); err != nil {
		return nil, err
	}
	if cfg.Process == nil {
		cfg.Process = observe.New()
	}
	cfg.Rules = cmp.Or(cfg.Rules, rules.BuiltIn())
	cfg.VettingLease = cmp.Or(cfg.VettingLease, defaultVettingLease)
	k := &Kit{
		Config: cfg, PaperList: filing.BuiltInPapers(), CaptchaWait: captchaWait,
		Passwords: newPasswordHasher(), decoding: make(slots, maxDecoding),
		uploads:       newUploadBudget(),
		captchaPasses: newLimiter(WaitsPerClient), clientQueries: newLimiter(QueriesPerClient),
		allQueries: newLimiter(QueriesOfAll),
	}
	if cfg.Papers != nil {
		k.PaperList = *cfg.Papers
	}
	var err error
	if k.Texts, err = locale.New(); err != nil {
		return nil, err
	}
	if k.HelpLibrary, err = help.Load(); err != nil {
		return nil, err
	}
	k.openSessions()
	return k, nil
}

func (k *Kit) openSessions() {
	store := k.Store.Sessions()
	k.cleanup = store
	k.Sessions = scs.New()
	k.Sessions.Store = store
	k.Sessions.Lifetime = SessionLifetime
	cookie := &k.Sessions.Cookie
	cookie.Name, cookie.HttpOnly, cookie.Secure = k.cookieName("beian_session"), true, k.SecureCookies
	cookie.SameSite, cookie.Partitioned = k.sameSite(), k.crossSite()
}

// Close stops the kit's background work.
func (k *Kit) Close() { k.cleanup.StopCleanup() }
