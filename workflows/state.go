package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// Actors of a timeline's lines that aren't people.
const (
	systemActor = filing.ActorSystem
	bureauActor = "bureau"
)

// a names the activities; their receivers are never used here.
var a struct {
	filing  *activities.Filing
	message *activities.Message
	bureau  *activities.Bureau
	website *activities.Website
	bulk    *activities.Bulk
	broken  *activities.Broken
}

// run is the state of one filing's workflow. The database holds a projection of it.
type run struct {
	in FilingInput
	// kind is what the filing asks of the bureau; empty means a new filing.
	kind filing.Kind

	// stage is the filing's stage; revision grows when a submitted dossier is taken up.
	stage filing.Stage
	// shown is the stage in the projection: a moment behind, never ahead, so that what a page offers is possible.
	shown     filing.Stage
	attention filing.Attention
	revision  int
	seq       int64
	// from is the stage from which a restarted workflow continues, until it gets there; empty from then on.
	from filing.Stage
	// writing keeps the projection's writes in the order of seq.
	writing workflow.Mutex

	// Said by people:
	contact int // version of the contact given
	wanted  map[filing.Channel]int
	// sent are the newest codes that were sent or tried; sending counts those in progress.
	sent    map[filing.Channel]int
	sending int
	// unreachable are the channels whose number or address was refused; codeAttention is what the filing shows
	// of them, or is about to.
	unreachable   map[filing.Channel]bool
	codeAttention filing.Attention
	verified      bool
	submitted     int // newest revision submitted
	// unchanged: it is as it was when nobody verified it in time, so that it needs no vetting.
	unchanged  bool
	vetted     *vettingVerdict
	siteChecks int // how often a site check was requested
	withdrawn  bool
	actor      string // who last moved the filing

	// Said by the bureau:
	accepted             int
	acceptedBy           string // who submitted the newest accepted revision; empty: the exchange
	smsVerificationHours int
	decided              map[int]Decided

	// smsVerification is the state of the bureau's own SMS verification.
	smsVerification smsVerification
	// smsVerifiedBy are the people who have answered it, smsVerifiedShown how many of them are in the projection.
	smsVerifiedBy    []string
	smsVerifiedShown int

	stuck     *stuck
	stuckLock workflow.Mutex
	// notices are messages in progress that only the end waits for.
	notices noticeGroup
	// signals are the bureau's signals that wait to be heard.
	signals signals
	// hearing counts those that are being looked up.
	hearing int

	reminders reminders
	idle      idle
	site      siteProgress
	// stays: this execution began before filings were carried on in new runs.
	stays bool
}

type vettingVerdict struct {
	Verdict
	passed bool
}

func setUp(ctx workflow.Context, in FilingInput) (*run, error) {
	first := filing.Contact // as the row was created
	switch {
	case in.Kind.FollowsUp(), in.Companion:
		first = filing.Preparing
	case in.Kind.Registers():
		first = filing.Installing
	}
	f := &run{
		in:          in,
		kind:        in.Kind,
		stage:       first,
		shown:       first,
		writing:     workflow.NewMutex(ctx),
		stuckLock:   workflow.NewMutex(ctx),
		wanted:      map[filing.Channel]int{},
		sent:        map[filing.Channel]int{},
		unreachable: map[filing.Channel]bool{},
		decided:     map[int]Decided{},
		notices:     noticeGroup{wg: workflow.NewWaitGroup(ctx)},
	}
	switch {
	case in.Carried != nil:
		f.takeOver(*in.Carried)
	case in.From != nil:
		f.foundAt(*in.From)
	}
	f.listen(ctx)
	err := f.handle(ctx)
	return f, err
}

func (f *run) state() State {
	s := State{Stage: f.stage, Revision: f.revision}
	if f.stuck != nil {
		s.StuckStep, s.StuckReason = f.stuck.step.name, f.stuck.reason
	}
	return s
}

// decision is the bureau's decision on the present revision; zero if there is none.
func (f *run) decision() Decided { return f.decided[f.revision] }

// by is the actor of a timeline line about the bureau's word: the person who recorded it, or else the bureau.
func by(actor string) string {
	switch actor {
	case "":
		return bureauActor
	case filing.ActorOwnCheck:
		return systemActor
	}
	return actor
}

// The changes of a filing's commands since v0.1.0, by their IDs in histories.
const (
	// changeWithdrawnFirst: a withdrawn filing enters no other stage.
	changeWithdrawnFirst = "withdrawn-first"
	// changeAbandonInstalling: abandoning a filing cuts off what its installation waits for.
	changeAbandonInstalling = "abandon-installing"
	// changeStuck: a filing that is leaving or has ended doesn't get stuck, and what is written about being stuck is
	// written even when the step is no longer needed.
	changeStuck = "stuck"
	// changeCarried: a filing whose history has grown long continues in a new run.
	changeCarried = "carried"
	// changeAbandoned: a filing that nobody touches for a year is withdrawn.
	changeAbandoned = "abandoned"
	// changeFacts: what a message claims is looked up in the database.
	changeFacts = "facts"
	// changeIdle: an exchange leaves out what there is nothing of.
	changeIdle = "idle"
)

// since reports whether a change applies to this execution: not to one whose history went past it without.
func since(ctx workflow.Context, change string) bool {
	return workflow.GetVersion(ctx, change, workflow.DefaultVersion, 1) >= 1
}

// ended reports whether the final stage is in the projection, which cleared what was stuck.
func (f *run) ended() bool { return f.stage.Final() && f.shown == f.stage }

// leaving reports whether the filing is withdrawn, or about to be because staff abandoned it at a stuck step.
func (f *run) leaving() bool {
	return f.withdrawn || f.stuck != nil && f.stuck.resume != nil && f.stuck.resume.Resolution == Abandon
}

// await waits for a condition, or for the filing's withdrawal.
func (f *run) await(ctx workflow.Context, ready func() bool) error {
	if err := workflow.Await(ctx, func() bool { return f.withdrawn || ready() }); err != nil {
		return err
	}
	if f.withdrawn {
		return errWithdrawn
	}
	return nil
}

// enter records that the filing enters a stage, and clears the attention.
func (f *run) enter(ctx workflow.Context, stage filing.Stage, eventKind filing.EventKind, actor string) error {
	return f.advance(ctx,
		activities.Progress{Stage: stage, Attention: new(filing.Attention), EventKind: eventKind, Actor: actor})
}

// attend records what needs the customer's attention; empty for nothing.
func (f *run) attend(ctx workflow.Context, attention filing.Attention, eventKind filing.EventKind) error {
	return f.advance(ctx,
		activities.Progress{Attention: &attention, EventKind: eventKind, Actor: systemActor, Detail: string(attention)})
}

// advance writes one step of the projection.
func (f *run) advance(ctx workflow.Context, p activities.Progress) error {
	return f.write(databaseActivity(ctx), p, a.filing.Advance)
}

// write numbers a step of the projection and has an activity write it, under the context's options: Advance, or the
// one whose effect causes the step. Steps are written one at a time: the row takes only growing numbers, so a late one
// would be lost.
func (f *run) write(ctx workflow.Context, p activities.Progress, activity any) error {
	if f.from != "" && p.Stage == f.from { // already in the row
		f.from = ""
		return nil
	}
	if p.Stage != "" {
		restore, err := f.leave(ctx, p)
		if err != nil {
			return err
		}
		defer restore()
	}
	if err := f.writing.Lock(ctx); err != nil {
		return err
	}
	defer f.writing.Unlock()
	sticks := p.Stuck != nil && *p.Stuck && f.stuck != nil
	if sticks && f.stuck.clean && f.stage.Final() {
		return errEnded
	}
	f.seq++
	p.FilingID, p.Seq = f.in.FilingID, f.seq
	if sticks {
		f.stuck.seq = f.seq
	}
	if err := workflow.ExecuteActivity(ctx, activity, p).Get(ctx, nil); err != nil {
		return err
	}
	if p.Stage != "" {
		f.shown = p.Stage
	}
	if p.Attention != nil {
		f.attention = *p.Attention
	}
	return nil
}

// leave leaves the present stage for that of a step which is about to be written. Validators see the new one at once,
// however long the write waits for its turn: what isn't possible in it is refused from here on. A step that isn't
// written restores the stage.
func (f *run) leave(ctx workflow.Context, p activities.Progress) (restore func(), err error) {
	if p.Stage != filing.Withdrawn && f.leaving() && since(ctx, changeWithdrawnFirst) {
		if err := workflow.Await(ctx, func() bool { return f.withdrawn || !f.leaving() }); err != nil {
			return nil, err
		}
		if f.withdrawn {
			return nil, errWithdrawn
		}
	}
	from := f.stage
	f.stage = p.Stage
	return func() {
		if f.shown != p.Stage && f.stage == p.Stage {
			f.stage = from
		}
	}, nil
}
