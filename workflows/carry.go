package workflows

import (
	"maps"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// historyLimit is how many events a run's history may have before the filing continues in a new one. Temporal ends a
// workflow at 51,200 events, and refuses Updates after 2,000 of them, each of which adds several events.
const historyLimit = 2000

// Carried is what a filing's workflow hands over to its next run. A filing is carried on only while it rests: it waits
// in a stage that may last for years, and nothing about it is in progress.
type Carried struct {
	At filing.Position
	// Sent are the newest codes that went out, or were refused: Unreachable.
	Sent        map[filing.Channel]int  `json:",omitempty"`
	Unreachable map[filing.Channel]bool `json:",omitempty"`
	Actor       string                  `json:",omitempty"`
	// What the bureau said about the present revision.
	Accepted             int      `json:",omitempty"`
	AcceptedBy           string   `json:",omitempty"`
	SMSVerificationHours int      `json:",omitempty"`
	Decided              *Decided `json:",omitempty"`
	Reminders            reminders
	Idle                 idle
	Site                 siteProgress
}

// siteProgress is how far the installation on the site has come.
type siteProgress struct {
	Round     int
	Installed activities.InstallResult
	Seen      activities.SiteResult
	// NextCheck is when the site is checked again.
	NextCheck time.Time
}

// takeOver continues in the state of the previous run.
func (f *run) takeOver(c Carried) {
	f.foundAt(c.At)
	f.contact = 1 // given, or it is the stage that waits for it
	if c.At.Stage == filing.Contact {
		f.contact = 0
	}
	f.sent, f.wanted, f.unreachable = orEmpty(c.Sent), orEmpty(maps.Clone(c.Sent)), orEmpty(c.Unreachable)
	f.actor = c.Actor
	f.accepted, f.acceptedBy, f.smsVerificationHours = c.Accepted, c.AcceptedBy, c.SMSVerificationHours
	if c.Decided != nil {
		f.decided[c.Decided.Revision] = *c.Decided
	}
	f.reminders, f.idle, f.site = c.Reminders, c.Idle, c.Site
}

func orEmpty[V any](m map[filing.Channel]V) map[filing.Channel]V {
	if m == nil {
		return map[filing.Channel]V{}
	}
	return m
}

// carried reports whether the stage that begins is the one in which the previous run rested. Ask before the stage is
// entered.
func (f *run) carried(stage filing.Stage) bool { return f.in.Carried != nil && f.from == stage }

// outgrown reports whether the history is so long that a new run must continue.
func outgrown(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.GetContinueAsNewSuggested() || info.GetCurrentHistoryLength() >= historyLimit
}

// resting reports whether nothing about the filing is in progress, so that Carried says everything about it.
func (f *run) resting(ctx workflow.Context) bool {
	for _, channel := range filing.Channels {
		if f.stage == filing.Verifying && f.wanted[channel] > f.sent[channel] {
			return false
		}
	}
	return !f.withdrawn && f.stuck == nil && !f.stuckLock.IsLocked() && !f.writing.IsLocked() && f.shown == f.stage &&
		f.notices.inProgress == 0 && f.sending == 0 && f.hearing == 0 && f.signals.silent() &&
		workflow.AllHandlersFinished(ctx)
}

// full reports whether the filing can and must continue in a new run now.
func (f *run) full(ctx workflow.Context) bool { return !f.stays && outgrown(ctx) && f.resting(ctx) }

// rest is await for a stage that may last for years: a filing whose history has grown long continues in a new run.
func (f *run) rest(ctx workflow.Context, ready func() bool) error {
	for {
		if err := f.await(ctx, func() bool { return ready() || f.full(ctx) }); err != nil || ready() {
			return err
		}
		if err := f.carryOn(ctx, ready); err != nil {
			return err
		}
	}
}

// carryOn returns the error that continues the filing in a new run, or nil if somebody moved it meanwhile.
func (f *run) carryOn(ctx workflow.Context, ready func() bool) error {
	if f.stays = !since(ctx, changeCarried); f.stays {
		return nil
	}
	if err := f.letOthersRun(ctx); err != nil {
		return err
	}
	if ready() || !f.resting(ctx) {
		return nil
	}
	in := f.in
	in.From, in.Carried = nil, f.handOver()
	return workflow.NewContinueAsNewError(ctx, Filing, in)
}

// letOthersRun lets the handlers of Updates that came with this workflow task run: a new run would have to take them.
func (f *run) letOthersRun(ctx workflow.Context) error {
	ran := false
	workflow.Go(ctx, func(workflow.Context) { ran = true })
	return workflow.Await(ctx, func() bool { return ran })
}

func (f *run) handOver() *Carried {
	c := &Carried{
		At:   filing.Position{Stage: f.stage, Revision: f.revision, Seq: f.seq, Kind: f.kind, Attention: f.attention},
		Sent: f.sent, Unreachable: f.unreachable, Actor: f.actor,
		Accepted: f.accepted, AcceptedBy: f.acceptedBy, SMSVerificationHours: f.smsVerificationHours,
		Reminders: f.reminders, Idle: f.idle, Site: f.site,
	}
	if d, ok := f.decided[f.revision]; ok {
		c.Decided = &d
	}
	return c
}
