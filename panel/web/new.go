package web

import (
	"cmp"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/ulule/limiter/v3"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/observe"
)

// Kit is what every wing of the panel builds on: its settings and neighbours, sessions,
// texts, and everything that reads requests and writes pages. Wings embed it.
type Kit struct {
	Config
	// Texts are the pages' texts.
	Texts *locale.Bundle
	// Sessions are the browser sessions.
	Sessions *scs.SessionManager
	// PaperList says which papers a filing needs.
	PaperList filing.PaperList
	// HelpLibrary is the help centre's pages.
	HelpLibrary *help.Library
	// CaptchaWait is how long somebody waits who leaves the captcha empty.
	CaptchaWait time.Duration

	cleanup   interface{ StopCleanup() }
	Passwords *passwordHasher
	captchas  *captchas
	codes     tableCache
	queries   *queryLimits
	typed     *limiter.Limiter
	decoding  chan struct{}
	// forms are the routes of pages whose form is sent to the same path.
	forms map[string]bool
	// pages are the routes that can be looked at.
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
	cfg.VettingLease = cmp.Or(cfg.VettingLease, defaultVettingLease)
	k := &Kit{Config: cfg, PaperList: filing.BuiltInPapers(), Passwords: newPasswordHasher(), captchas: newCaptchas(),
		CaptchaWait: captchaWait,
		queries:     newQueryLimits(), typed: newTypedLimit(), decoding: make(chan struct{}, maxDecoding)}
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
	k.Sessions.Cookie.Name = "beian_session"
	k.Sessions.Cookie.HttpOnly = true
	k.Sessions.Cookie.Secure = k.SecureCookies
	k.Sessions.Cookie.SameSite = k.sameSite()
	k.Sessions.Cookie.Partitioned = k.crossSite()
}

// Close stops the kit's background work.
func (k *Kit) Close() { k.cleanup.StopCleanup() }
