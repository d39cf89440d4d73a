package web

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/observe"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/workflows"
)

// Filings is what the panel asks of the filings' workflows.
type Filings interface {
	Open(ctx context.Context, ref string, in workflows.FilingInput) error
	GiveContact(ctx context.Context, ref string, in workflows.ContactGiven) (workflows.State, error)
	SendCode(ctx context.Context, ref string, in workflows.SendCode) (workflows.State, error)
	Verified(ctx context.Context, ref string, in workflows.ByActor) (workflows.State, error)
	Submit(ctx context.Context, ref string, in workflows.Submission) (workflows.State, error)
	Pass(ctx context.Context, ref string, in workflows.Verdict) (workflows.State, error)
	SendBack(ctx context.Context, ref string, in workflows.Verdict) (workflows.State, error)
	CheckSiteNow(ctx context.Context, ref string, in workflows.ByActor) (workflows.State, error)
	ConfirmSMSVerification(ctx context.Context, ref string, in workflows.ByActor) (workflows.State, error)
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
	NotifyPasswordChanged(ctx context.Context, userID int64, version int) error
	SendCorrectionCode(ctx context.Context, correctionID int64, send int) error
	NotifyContactCorrected(ctx context.Context, token string) error
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
	// VettingLease is how long a dossier stays a reviewer's who does nothing; 0: half an hour.
	VettingLease time.Duration
	// SecondVetting is which dossiers pass only when two reviewers pass them.
	SecondVetting filing.SecondVetting
	// Process counts and traces requests, and knows whether the panel is ready;
	// nil: nobody watches.
	Process *observe.Process
	Logger  *slog.Logger
}

const (
	// SessionLifetime is a working day: a long form must not be lost to it.
	SessionLifetime = 12 * time.Hour
	// MaxBody bounds a form; the largest has a hundred domains.
	MaxBody = 256 << 10
)

// ErrBadRequest is a request that no page of ours makes.
var ErrBadRequest = errors.New("malformed request")
