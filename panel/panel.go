// Package panel is the web panel: a customer's orders with their 备案 button,
// the filing's steps, help, and staff's console. Pages are rendered on the server
// and work without JavaScript. One file for each thing a person can do.
package panel

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"
	"github.com/ulule/limiter/v3"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/observe"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/workflows"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed assets/*
var assetFiles embed.FS

// Filings is what the panel asks of the filings' workflows.
type Filings interface {
	Open(ctx context.Context, ref string, in workflows.FilingInput) error
	GiveContact(ctx context.Context, ref string, in workflows.ContactGiven) (workflows.State, error)
	SendCode(ctx context.Context, ref string, in workflows.SendCode) (workflows.State, error)
	Verified(ctx context.Context, ref string, in workflows.ByActor) (workflows.State, error)
	HandIn(ctx context.Context, ref string, in workflows.HandIn) (workflows.State, error)
	Pass(ctx context.Context, ref string, in workflows.Verdict) (workflows.State, error)
	SendBack(ctx context.Context, ref string, in workflows.Verdict) (workflows.State, error)
	CheckNow(ctx context.Context, ref string, in workflows.ByActor) (workflows.State, error)
	BureauChecked(ctx context.Context, ref string, in workflows.ByActor) (workflows.State, error)
	Withdraw(ctx context.Context, ref string, in workflows.ByActor) (workflows.State, error)
	Resume(ctx context.Context, ref string, in workflows.Resume) (workflows.State, error)
	// ContactCorrected tells of a correction of the contact, once for its key.
	ContactCorrected(ctx context.Context, ref, key string, in workflows.Corrected) (workflows.State, error)
	StartBulk(ctx context.Context, jobID int64) error
	ControlBulk(ctx context.Context, jobID int64, in workflows.BulkControl) error
	// Execution is what Temporal knows of a filing's workflow, and of those beside it by
	// their IDs; workflows.ErrNoExecution, with what it knows of those, where it knows
	// none of the filing's.
	Execution(ctx context.Context, ref string, beside ...string) (workflows.Execution, error)
	// RunNow tries an activity at once that waits for its next try.
	RunNow(ctx context.Context, p workflows.PendingActivity) error
	Ask(ctx context.Context, inquiryID int64) error
	// ExchangeNow has filings told at once of what people recorded by hand.
	ExchangeNow(ctx context.Context, accountID int64) error
	SendTicket(ctx context.Context, ticketID, answerID int64) error
	Footer(ctx context.Context, in workflows.FooterInput) error
	SendAccountCode(ctx context.Context, codeID int64, send int) error
	TellPasswordChanged(ctx context.Context, userID int64, version int) error
	SendCorrectionCode(ctx context.Context, correctionID int64, send int) error
	TellCorrection(ctx context.Context, token string) error
}

// Provider is what the panel knows of the hosting provider that runs it.
type Provider struct {
	// Name is 所属接入服务提供者 as the forms show it.
	Name string
	// AccessMode and ServerPlace fill in the site's form.
	AccessMode, ServerPlace int
	// LinkTargets are the bureau's sites, the preferred one first.
	LinkTargets []string
	// PoliceTarget is where a public-security filing number links to; its digits follow.
	PoliceTarget string
}

// Config is what a Server needs.
type Config struct {
	Store    *store.Store
	Filings  Filings
	Provider Provider
	// Resolver looks up where a site's domains lead, for the pre-check.
	Resolver *website.Resolver
	// Papers is the list of papers; nil is the built-in one.
	Papers *filing.PaperList
	// SecureCookies sends cookies over HTTPS only.
	SecureCookies bool
	// TrustedProxies are addresses or ranges of reverse proxies whose word on a
	// client's address is believed; none: nobody's.
	TrustedProxies []string
	// FrameOrigins may show the panel in their frames.
	FrameOrigins []string
	// RequireTOTP lets staff in with a second factor only.
	RequireTOTP bool
	// TemporalUI is the address of the namespace in Temporal's own UI, which staff's pages
	// link to; empty: they don't.
	TemporalUI string
	// CheckLease is how long a dossier stays a reviewer's who does nothing; 0: half an hour.
	CheckLease time.Duration
	// SecondCheck is which dossiers pass only when two reviewers pass them.
	SecondCheck filing.SecondCheck
	// Process counts and traces requests, and knows whether the panel is ready;
	// nil: nobody watches.
	Process *observe.Process
	Logger  *slog.Logger
}

// Server is the panel.
type Server struct {
	cfg       Config
	texts     *locale.Bundle
	templates *template.Template
	sessions  *scs.SessionManager
	cleanup   interface{ StopCleanup() }
	passwords *passwordHasher
	captchas  *captchas
	codes     tableCache
	queries   *queryLimits
	typed     *limiter.Limiter
	papers    filing.PaperList
	decoding  chan struct{}
	help      *help.Library
	reviews   reviewCache
	figures   figureCache[figureChoice, store.PeriodFigures]
	ofChecks  figureCache[checkFiguresChoice, []store.CheckFigures]
	watch     *watch
	// forms are the routes of pages with a form that is sent to the same path.
	forms map[string]bool
	// pages are the routes that can be looked at.
	pages   map[string]bool
	all     gin.RoutesInfo
	handler http.Handler
}

const (
	// sessionLifetime is a working day: a long form must not be lost to it.
	sessionLifetime = 12 * time.Hour
	// maxBody bounds a form; the largest has a hundred domains.
	maxBody = 256 << 10
)

// New makes the panel.
func New(cfg Config) (*Server, error) {
	if err := checkFrameOrigins(cfg.FrameOrigins, cfg.SecureCookies); err != nil {
		return nil, err
	}
	texts, err := locale.New()
	if err != nil {
		return nil, err
	}
	if cfg.Process == nil {
		cfg.Process = observe.New()
	}
	s := &Server{cfg: cfg, texts: texts, passwords: newPasswordHasher(), captchas: newCaptchas(), queries: newQueryLimits(), typed: newTypedLimit(), watch: newWatch(cfg.Store.FilingSeqs), decoding: make(chan struct{}, maxDecoding)}
	s.cfg.CheckLease = cmp.Or(cfg.CheckLease, defaultCheckLease)
	s.papers = filing.BuiltInPapers()
	if cfg.Papers != nil {
		s.papers = *cfg.Papers
	}
	if s.help, err = help.Load(); err != nil {
		return nil, err
	}
	if s.templates, err = s.parseTemplates(); err != nil {
		return nil, err
	}
	sessionStore := cfg.Store.Sessions()
	s.cleanup = sessionStore
	s.sessions = scs.New()
	s.sessions.Store = sessionStore
	s.sessions.Lifetime = sessionLifetime
	s.sessions.Cookie.Name = "beian_session"
	s.sessions.Cookie.HttpOnly = true
	s.sessions.Cookie.Secure = cfg.SecureCookies
	s.sessions.Cookie.SameSite = s.sameSite()
	s.sessions.Cookie.Partitioned = s.crossSite()
	s.handler, err = s.routes()
	return s, err
}

// Handler serves the panel.
func (s *Server) Handler() http.Handler { return s.handler }

// Close stops the panel's background work.
func (s *Server) Close() {
	s.EndStreams()
	s.cleanup.StopCleanup()
}

// EndStreams ends the streams of events, which last for minutes otherwise: a
// server that shuts down calls it first.
func (s *Server) EndStreams() { s.watch.close() }

func (s *Server) routes() (http.Handler, error) {
	gin.SetMode(gin.ReleaseMode)
	g := gin.New()
	if err := g.SetTrustedProxies(s.cfg.TrustedProxies); err != nil {
		return nil, fmt.Errorf("BEIAN_TRUSTED_PROXIES: %w", err)
	}
	g.Use(s.cfg.Process.HTTP, s.accessLog, s.recover, secure(policy(s.cfg.FrameOrigins)), limitBody)
	assets, err := fs.Sub(assetFiles, "assets")
	if err != nil {
		return nil, err
	}
	g.StaticFS("/assets", http.FS(assets))
	g.GET("/healthz", s.health)
	g.GET("/readyz", gin.WrapF(s.cfg.Process.Ready))
	g.GET("/sign-in", s.signInForm)
	g.POST("/sign-in", s.dropsKept, s.signIn)
	g.GET("/sign-in/forgotten", s.forgottenForm)
	g.POST("/sign-in/forgotten", s.dropsKept, s.forgotten)
	g.GET("/sign-in/forgotten/code", s.recoveryCodeForm)
	g.POST("/sign-in/forgotten/code", s.recoveryCode)
	g.POST("/sign-in/forgotten/again", s.recoveryAgain)
	g.GET("/sign-in/forgotten/password", s.newPasswordForm)
	g.POST("/sign-in/forgotten/password", s.newPassword)
	g.GET(pathCode, s.codeForm)
	g.POST(pathCode, s.giveCode)
	g.GET(pathFirstPassword, s.firstPasswordForm)
	g.POST(pathFirstPassword, s.replaceFirstPassword)
	g.GET(pathEnrol, s.enrolForm)
	g.POST(pathEnrol, s.enrol)
	g.GET("/captcha", s.captcha)
	g.GET("/captcha/sound", s.captchaSound)
	g.POST("/sign-out", s.signOut)
	g.POST("/language", s.setLanguage)
	g.GET("/query", s.queryForm)
	g.POST("/query", s.dropsKept, s.query)
	s.helpRoutes(g)

	in := g.Group("/", s.signedIn)
	in.GET("/", s.home)
	in.GET("/regions", s.regions)
	in.GET("/documents", s.documents)
	in.GET("/tickets", s.only(store.RoleCustomer), s.ticketsOfCustomer)
	in.GET("/tickets/:id", s.only(store.RoleCustomer), s.ticketOfCustomer)
	in.GET("/account", s.accountPage)
	in.GET("/account/password", s.passwordForm)
	in.POST("/account/password", s.changePassword)
	in.GET("/account/reach/:channel", s.reachForm)
	in.POST("/account/reach/:channel", s.giveReach)
	in.GET("/account/reach/:channel/code", s.reachCodeForm)
	in.POST("/account/reach/:channel/code", s.reachCode)
	in.GET(pathTOTP, s.only(store.RoleSupport), s.totpPage)
	in.GET(pathTOTP+"/enrol", s.only(store.RoleSupport), s.enrolOwnForm)
	in.POST(pathTOTP+"/enrol", s.only(store.RoleSupport), s.enrolOwn)
	in.POST(pathTOTP+"/codes", s.only(store.RoleSupport), s.newRecoveryCodes)
	in.POST("/account/sessions/:id/end", s.endSession)
	in.POST("/account/end-others", s.endOthers)

	customer := in.Group("/orders", s.only(store.RoleCustomer))
	customer.GET("", s.orderList)
	customer.GET("/:number/register", s.registerForm)
	customer.POST("/:number/register", s.register)
	customer.POST("/:number/register/draft", s.saveRegisterDraft)
	f := customer.Group("/:number/filing")
	f.POST("", s.openFiling)
	f.GET("", s.withLastFiling(s.showFiling))
	f.GET("/progress", s.withLastFiling(s.progress))
	f.GET("/events", s.withLastFiling(s.events))
	f.GET("/notice", s.withFiling(s.noticeForm))
	f.POST("/notice", s.withFiling(s.acceptNotice))
	f.GET("/contact", s.withFiling(s.contactForm))
	f.POST("/contact", s.withFiling(s.giveContact))
	f.POST("/user-name", s.withFiling(s.checkUserName))
	f.GET("/verify", s.withFiling(s.verifyForm))
	f.POST("/verify", s.withFiling(s.verify))
	f.POST("/codes", s.withFiling(s.sendCodeAgain))
	f.GET("/recover", s.withFiling(s.recoverForm))
	f.POST("/recover", s.withFiling(s.recoverCodes))
	f.GET("/reach/:channel", s.withCorrection(s.confirmForm))
	f.POST("/reach/:channel", s.withCorrection(s.confirmContact))
	f.POST("/reach/:channel/again", s.withCorrection(s.confirmAgain))
	f.GET("/kind", s.withFiling(s.kindForm))
	f.POST("/kind", s.withFiling(s.giveKind))
	for _, form := range []string{formClaim, formHolder, formSite, formEnding} {
		f.GET("/"+form, s.withFiling(s.dossierForm(form)))
		f.POST("/"+form, s.withFiling(s.saveDossierForm(form)))
	}
	f.GET("/papers", s.withFiling(s.papersForm))
	f.POST("/papers", s.withFiling(s.uploadPapers))
	f.POST("/papers/picture", s.withFiling(s.uploadPicture))
	f.GET("/papers/:paper", s.withFiling(s.viewPaper))
	f.POST("/papers/:paper/remove", s.withFiling(s.removePaper))
	f.GET("/letter", s.withFiling(s.printed(filing.PrintLetter)))
	f.GET("/sheet", s.withFiling(s.printed(filing.PrintSheet)))
	f.POST("/follow-up", s.withFiling(s.openFollowUp))
	f.POST("/draft/:form", s.withFiling(s.saveDraft))
	f.GET("/review", s.withFiling(s.reviewForm))
	f.POST("/review", s.withFiling(s.handIn))
	f.GET("/result", s.withFiling(s.result))
	f.GET("/certificate", s.withFiling(s.certificate))
	f.GET("/footer", s.withFiling(s.footerPage))
	f.POST("/footer", s.withFiling(s.askFooter))
	f.POST("/footer/agree", s.withFiling(s.agreeFooter))
	f.POST("/footer/undo", s.withFiling(s.undoFooter))
	f.POST("/check", s.withFiling(s.checkNow))
	f.POST("/bureau-checked", s.withFiling(s.bureauChecked))
	f.POST("/withdraw", s.withFiling(s.withdraw))
	f.POST("/take-off", s.withFiling(s.takeOff))
	f.GET("/police", s.withFiling(s.policeForm))
	f.POST("/police", s.withFiling(s.recordPolice))

	support := staffRoutes{in.Group("/support", s.only(store.RoleSupport)), s.can}
	support.GET("", canSee, s.todayPage)
	support.GET("/today", canSee, s.todayLines)
	support.GET("/broken", canSee, s.brokenPage)
	support.GET("/figures", canSee, s.figuresPage)
	support.GET("/figures/:figure", canSee, s.figureCSV)
	support.GET("/filings", canSee, s.supportList)
	support.GET("/filings/:number/resume", canActOnFilings, s.resumeForm)
	support.GET("/filings.csv", canSee, s.exportFilings)
	support.POST("/holders", canSeePersonal, s.findHolder)
	support.GET("/filings/:number", canSee, s.supportFiling)
	support.POST("/filings/:number/unmask", canSeePersonal, s.unmask)
	support.POST("/filings/:number/resume", canActOnFilings, s.resume)
	support.POST("/filings/:number/run-now", canActOnFilings, s.runNow)
	support.POST("/filings/:number/codes", canActOnFilings, s.sendCodeFor)
	support.GET("/filings/:number/contact/:channel", canActOnFilings, s.correctionForm)
	support.POST("/filings/:number/contact/:channel", canActOnFilings, s.correctContact)
	support.GET("/filings/:number/proofs/:id", canSeePersonal, s.proofOfCorrection)
	support.GET("/filings/:number/space", canActOnFilings, s.spaceForm)
	support.POST("/filings/:number/space", canActOnFilings, s.correctSpace)
	support.GET("/filings/:number/withdraw", canActOnFilings, s.withdrawForm)
	support.POST("/filings/:number/withdraw", canActOnFilings, s.withdrawAsStaff)
	s.bulkRoutes(support)
	s.checkRoutes(support)
	support.POST("/filings/:number/hand-in-again", canActOnFilings, s.handInAgain)
	support.GET("/filings/:number/dossier", canSeePersonal, s.supportDossier)
	support.GET("/filings/:number/papers/:paper", canSeePersonal, s.viewPaperAsStaff)
	support.GET("/tasks/:id/answer", canActOnTasks, s.taskForm)
	support.POST("/tasks/:id/answer", canActOnTasks, s.answerTask)
	support.GET("/papers", canActOnTasks, s.paperForm)
	support.POST("/papers", canActOnTasks, s.handInPaper)
	support.GET("/addresses", canSee, s.addresses)
	support.POST("/addresses", canRunBureau, s.reportAddresses)
	support.GET("/addresses/:id", canRunBureau, s.withBlock(s.blockPage))
	support.POST("/addresses/:id", canRunBureau, s.withBlock(s.changeBlock))
	support.POST("/addresses/:id/remove", canRunBureau, s.withBlock(s.removeBlock))
	support.GET("/dossiers", canSee, s.manualList)
	support.GET("/dossiers/:record", canSeePersonal, s.manualPage)
	support.POST("/dossiers/:record/handed-in", canActOnFilings, s.manualHandedIn)
	support.POST("/dossiers/:record/approved", canActOnFilings, s.manualApproved)
	support.POST("/dossiers/:record/refused", canActOnFilings, s.manualRefused)
	support.GET("/bureau", canSee, s.bureauPage)
	support.POST("/bureau/accounts/:id/start", canRunBureau, s.startAccount)
	support.POST("/bureau/accounts/:id/release", canRunBureau, s.releaseDoubtful)
	support.GET("/bureau/accounts/:id/files/:direction/:number", canSeePersonal, s.dataFile)
	support.POST("/bureau/tasks/:id/done", canActOnTasks, s.taskDone)
	s.helpStaffRoutes(support)
	s.accessRoutes(support)
	s.all = g.Routes()
	s.forms, s.pages = formRoutes(s.all), pageRoutes(s.all)
	g.NoRoute(func(c *gin.Context) { s.fail(c, store.ErrNotFound) })

	// Forms are taken from this site's pages only (Sec-Fetch-Site, Origin).
	protection := http.NewCrossOriginProtection()
	return protection.Handler(s.withSession(g)), nil
}

func (s *Server) health(c *gin.Context) {
	if err := s.cfg.Store.Ping(c.Request.Context()); err != nil {
		c.String(http.StatusServiceUnavailable, "database")
		return
	}
	c.String(http.StatusOK, "ok")
}

// errBadRequest is a request that no page of ours makes.
var errBadRequest = errors.New("malformed request")
