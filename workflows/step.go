package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// errRecipient says that a phone number or mail address was refused, which only the customer can fix.
var errRecipient = errors.New("recipient refused")

// step is one side effect, with what may be done when it fails for good.
type step struct {
	name    string
	options func(workflow.Context) workflow.Context
	// skippable steps may be skipped by support: the customer can do without, or do it by hand.
	skippable bool
	// customerMends hands a refused recipient back to the customer instead of leaving the filing stuck.
	customerMends bool
	// ours: nobody else takes part in it, so that a timeout is our own.
	ours bool
}

// The steps; their names are keys of the locale files below "stuck.".
var (
	stepQueueRecord = step{name: "queue_record", options: databaseStep, ours: true}
	stepInstall     = step{name: "install_certificate", options: uploadActivity, skippable: true}
	stepCheckSite   = step{name: "check_site", options: siteCheckActivity, skippable: true}
	stepRecord      = step{name: "record_number", options: databaseStep, ours: true}
	stepEnd         = step{name: "end_number", options: databaseStep, ours: true}
)

func sendStep(channel filing.Channel) step {
	return step{name: "send_" + string(channel), options: messageActivity, customerMends: true}
}

func notifyStep(channel filing.Channel) step {
	return step{name: "notify_" + string(channel), options: messageActivity, skippable: true, customerMends: true}
}

// steps lists every step that a filing can be stuck at.
var steps = []step{sendStep(filing.SMS), sendStep(filing.Mail), stepQueueRecord, stepInstall, stepCheckSite, stepRecord,
	stepEnd, notifyStep(filing.SMS), notifyStep(filing.Mail)}

// Steps are the names of the steps that a filing can be stuck at, in the order of its life.
func Steps() []string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.name
	}
	return names
}

// Skippable reports whether support may skip a step; the filing's validator uses it.
func Skippable(name string) bool {
	return slices.ContainsFunc(steps, func(s step) bool { return s.name == name && s.skippable })
}

// errEnded says that the filing has ended, so that nothing about it is stuck any more.
var errEnded = errors.New("the filing has ended")

// stuck is a step that failed in a way that waiting doesn't fix.
type stuck struct {
	step   step
	reason string
	// seq is the number of the projection's step that shows it, and so tells one time of being stuck from the next.
	seq    int64
	resume *Resume
	// clean: the filing's end clears it (changeStuck).
	clean bool
}

// step runs a side effect. If it fails for good, the filing is stuck until somebody resumes it: retries the step,
// skips it or abandons the filing.
func (f *run) step(ctx workflow.Context, s step, activity, arg, result any) (skipped bool, err error) {
	return f.attempt(ctx, s, func() error {
		return workflow.ExecuteActivity(s.options(ctx), activity, arg).Get(ctx, result)
	})
}

// attempt is step for an effect of any form. A fault of our own database is waited for, however long it lasts: people
// can't mend it at the filing.
func (f *run) attempt(ctx workflow.Context, s step, effect func() error) (skipped bool, err error) {
	for {
		err := effect()
		if err == nil || ctx.Err() != nil || errors.Is(err, errWithdrawn) {
			return false, err
		}
		reason := s.reasonOf(err)
		switch {
		case s.customerMends && reason == activities.ReasonRecipient:
			return false, errRecipient
		case reason == activities.ReasonDatabase && f.withdrawn:
			return false, errWithdrawn
		case reason == activities.ReasonDatabase:
			continue
		}
		resolution, err := f.beStuck(ctx, s, reason)
		if err != nil {
			return false, err
		}
		switch resolution {
		case Skip:
			return true, nil
		case Abandon:
			f.withdrawn = true
			return false, errWithdrawn
		}
	}
}

// beStuck records step and reason, alerts staff, and waits to be resumed. If two steps fail at once, the second
// one shows after the first is resolved.
func (f *run) beStuck(ctx workflow.Context, s step, reason string) (Resolution, error) {
	if err := f.stuckLock.Lock(ctx); err != nil {
		return "", err
	}
	defer f.stuckLock.Unlock()
	clean, writing := since(ctx, changeStuck), ctx
	if clean {
		switch {
		case f.stage.Final():
			return "", errEnded
		case f.leaving():
			return "", errWithdrawn
		}
		writing, _ = workflow.NewDisconnectedContext(ctx) // a write that is cut off may still reach the row
	}
	f.stuck = &stuck{step: s, reason: reason, clean: clean}
	defer func() { f.stuck = nil }()
	yes, no := true, false
	err := f.advance(writing, activities.Progress{Stuck: &yes, StuckStep: s.name, StuckReason: reason,
		EventKind: filing.EventStuck, Actor: systemActor, Detail: s.name + ": " + reason})
	if err != nil {
		return "", err
	}
	f.alertStaff(ctx, s.name, reason)
	err = f.await(ctx, func() bool { return f.stuck.resume != nil || clean && f.ended() })
	if err != nil && ctx.Err() == nil {
		return "", err
	}
	if err != nil { // no longer needed: the row must not stay stuck
		detached, _ := workflow.NewDisconnectedContext(ctx)
		return "",
			errors.Join(err, f.advance(detached,
				activities.Progress{Stuck: &no, EventKind: filing.EventUnstuck, Actor: systemActor, Detail: s.name}))
	}
	resume := f.stuck.resume
	if resume == nil {
		return "", errEnded
	}
	err = f.advance(writing, activities.Progress{Stuck: &no, EventKind: filing.EventResumed, Actor: resume.Actor,
		Detail: s.name + ": " + string(resume.Resolution)})
	return resume.Resolution, err
}

// reasonOf is why the step failed.
func (s step) reasonOf(err error) string {
	if reason := reasonOf(err); reason != activities.ReasonUnreachable || !s.ours {
		return reason
	}
	return activities.ReasonDatabase // no worker took it, or the database hung
}

// reasonOf is why an activity failed for good, as a key of the locale files below "stuck_reason.".
func reasonOf(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) && activities.KnownReason(app.Type()) {
		return app.Type()
	}
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) {
		return activities.ReasonUnreachable
	}
	return activities.ReasonInternal
}
