package workflows

import (
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// handle sets the Updates by which people talk to a filing. A validator refuses what isn't possible in the present
// stage, which leaves no trace in the history; a handler records the input and answers once the filing has moved
// on.
func (f *run) handle(ctx workflow.Context) error {
	for _, err := range []error{
		onUpdate(f, ctx, UpdateContact, f.canGiveContact, f.giveContact),
		onUpdate(f, ctx, UpdateSendCode, f.canSendCode, f.sendCode),
		onUpdate(f, ctx, UpdateVerified, f.canBeVerified, f.beVerified),
		onUpdate(f, ctx, UpdateSubmit, f.canSubmit, f.acceptSubmission),
		onUpdate(f, ctx, UpdatePass, f.canVet, f.pass),
		onUpdate(f, ctx, UpdateSendBack, f.canVet, f.sendBack),
		onUpdate(f, ctx, UpdateCheckSite, f.canCheckSite, f.checkSiteNow),
		onUpdate(f, ctx, UpdateSMSVerified, f.canConfirmSMSVerification, f.confirmSMSVerification),
		onUpdate(f, ctx, UpdateWithdraw, f.canWithdraw, f.acceptWithdrawal),
		onUpdate(f, ctx, UpdateResume, f.canResume, f.resume),
		onUpdate(f, ctx, UpdateCorrected, f.canBeCorrected, f.beCorrected),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func onUpdate[T any](f *run, ctx workflow.Context, name string, valid func(T) bool,
	handler func(workflow.Context, T) error) error {
	refused := func() error {
		return temporal.NewApplicationError(fmt.Sprintf("%s is not possible in stage %q", name, f.stage), wrongStage)
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, name,
		func(ctx workflow.Context, m activities.Addressed[T]) (State, error) {
			if fact, claims := claimOf(name, m.In); claims && since(ctx, changeFacts) {
				if err := f.lookUp(ctx, fact); errors.Is(err, errUntrue) || err == nil && !valid(m.In) {
					return f.state(), refused() // or somebody was quicker
				} else if err != nil {
					return f.state(), err
				}
			}
			err := handler(ctx, m.In)
			return f.state(), err
		},
		workflow.UpdateHandlerOptions{Validator: func(m activities.Addressed[T]) error {
			if m.IsFor(name) && valid(m.In) {
				return nil
			}
			return refused()
		}})
}

// moved waits until the projection shows that the filing left a stage or is stuck, so that the next page shows it
// too.
func (f *run) moved(ctx workflow.Context, from filing.Stage) error {
	return workflow.Await(ctx, func() bool { return f.shown != from || f.stuck != nil })
}

func (f *run) canGiveContact(in ContactGiven) bool {
	return f.stage == filing.Contact && f.contact == 0 && in.Version > 0
}

func (f *run) giveContact(ctx workflow.Context, in ContactGiven) error {
	f.contact, f.actor = in.Version, in.Actor
	for _, channel := range filing.Channels {
		f.want(channel, in.Version) // the database prepared one code for each version
	}
	return f.moved(ctx, filing.Contact)
}

func (f *run) canSendCode(in SendCode) bool {
	return f.stage == filing.Verifying && !f.verified && in.Channel.Known()
}

func (f *run) sendCode(_ workflow.Context, in SendCode) error {
	f.want(in.Channel, in.Send)
	return nil
}

// canBeCorrected: there is a contact, and the filing hasn't ended.
func (f *run) canBeCorrected(in Corrected) bool {
	if !in.Channel.Known() || f.in.Kind.Registers() || f.stage == filing.Contact || f.stage.Final() || f.withdrawn {
		return false
	}
	return in.Send == 0 || f.canSendCode(SendCode{Channel: in.Channel, Send: in.Send})
}

func (f *run) beCorrected(ctx workflow.Context, in Corrected) error {
	if in.Send > 0 {
		f.want(in.Channel, in.Send)
	}
	kind := filing.EventContactCorrected
	if in.Confirmed {
		kind = filing.EventContactConfirmed
	}
	return f.advance(ctx, activities.Progress{EventKind: kind, Actor: in.Actor, Detail: string(in.Channel)})
}

func (f *run) want(channel filing.Channel, send int) {
	f.wanted[channel] = max(f.wanted[channel], send)
}

func (f *run) canBeVerified(ByActor) bool { return f.stage == filing.Verifying && !f.verified }

func (f *run) beVerified(ctx workflow.Context, in ByActor) error {
	f.verified, f.actor = true, in.Actor
	return workflow.Await(ctx, func() bool { return f.shown != filing.Verifying })
}

func (f *run) canSubmit(in Submission) bool {
	return (f.stage == filing.Preparing || f.stage == filing.Correcting) &&
		in.Revision == f.revision+1 && f.submitted < in.Revision && f.canBe(in.Kind)
}

// canBe reports whether a dossier of a kind fits: a follow-up keeps its kind, and nothing else becomes a
// follow-up.
func (f *run) canBe(kind filing.Kind) bool {
	if f.in.Kind.FollowsUp() {
		return kind == f.in.Kind
	}
	return !kind.FollowsUp() && !kind.Registers()
}

func (f *run) acceptSubmission(ctx workflow.Context, in Submission) error {
	f.submitted, f.kind, f.actor = in.Revision, in.Kind, in.Actor
	f.unchanged = in.Unchanged && (f.attention == filing.AttentionSMSVerificationReturned ||
		f.attention == filing.AttentionReturnedTogether)
	return f.moved(ctx, f.stage)
}

func (f *run) canVet(in Verdict) bool {
	return f.stage == filing.Vetting && f.vetted == nil && in.Revision == f.revision
}

func (f *run) pass(ctx workflow.Context, in Verdict) error {
	f.vetted = &vettingVerdict{Verdict: in, passed: true}
	return f.moved(ctx, filing.Vetting)
}

func (f *run) sendBack(ctx workflow.Context, in Verdict) error {
	f.vetted = &vettingVerdict{Verdict: in}
	return f.moved(ctx, filing.Vetting)
}

func (f *run) canCheckSite(ByActor) bool { return f.stage == filing.Installing }

func (f *run) checkSiteNow(workflow.Context, ByActor) error {
	f.siteChecks++
	return nil
}

func (f *run) canConfirmSMSVerification(in SMSVerified) bool {
	return f.smsVerification == smsVerificationAwaited && !slices.Contains(f.smsVerifiedBy, in.Person)
}

// confirmSMSVerification: the verification is done when everybody has confirmed it.
func (f *run) confirmSMSVerification(ctx workflow.Context, in SMSVerified) error {
	f.actor = in.Actor
	f.smsVerifiedBy = append(f.smsVerifiedBy, in.Person)
	for _, person := range in.Of {
		if !slices.Contains(f.smsVerifiedBy, person) {
			return workflow.Await(ctx, func() bool {
				return f.smsVerification != smsVerificationAwaited || f.smsVerifiedShown >= len(f.smsVerifiedBy)
			})
		}
	}
	f.smsVerification = smsVerificationDone
	return workflow.Await(ctx, func() bool { return f.attention != filing.AttentionSMSVerification })
}

// canWithdraw: and a reviewer hasn't decided, which is about to show.
func (f *run) canWithdraw(ByActor) bool {
	decided := f.stage == filing.Vetting && f.vetted != nil && f.vetted.Revision == f.revision
	return f.in.Kind.Withdrawable(f.stage) && !f.leaving() && !decided
}

func (f *run) acceptWithdrawal(ctx workflow.Context, in ByActor) error {
	f.withdrawn, f.actor = true, in.Actor
	return workflow.Await(ctx, func() bool { return f.shown == filing.Withdrawn })
}

// canResume: the filing is stuck, nobody has resumed it, and the decision is about this very time.
func (f *run) canResume(in Resume) bool {
	if f.stuck == nil || f.stuck.resume != nil || f.stuck.seq == 0 || in.StuckSeq != f.stuck.seq {
		return false
	}
	switch in.Resolution {
	case Retry:
		return true
	case Skip:
		return f.stuck.step.skippable
	case Abandon:
		return !f.stage.Final()
	}
	return false
}

func (f *run) resume(ctx workflow.Context, in Resume) error {
	at := f.stuck
	at.resume = &in
	if in.Resolution == Abandon {
		f.actor = in.Actor
	}
	return workflow.Await(ctx, func() bool { return f.stuck != at })
}

// mine reports whether a signal is for this filing, not for an earlier one of its order.
func (f *run) mine(filingID int64) bool { return filingID == f.in.FilingID }

// listen records the signals of the exchange with the bureau. A signal may come twice, and never for a revision
// that wasn't submitted.
func (f *run) listen(ctx workflow.Context) {
	onSignal(f, ctx, SignalAccepted, func(in Accepted) {
		if in.Revision >= f.accepted {
			f.accepted, f.acceptedBy, f.smsVerificationHours = in.Revision, in.Actor, in.SMSVerificationHours
		}
	})
	onSignal(f, ctx, SignalDecided, func(in Decided) { f.decided[in.Revision] = in })
	onSignal(f, ctx, SignalResubmitted, func(in Resubmitted) {
		if in.Revision > max(f.revision, f.submitted) {
			f.submitted, f.unchanged, f.actor = in.Revision, true, systemActor
		}
	})
	onSignal(f, ctx, SignalSiteCheck, func(SiteCheck) {
		if f.stage == filing.Installing {
			f.siteChecks++
		}
	})
}

// onSignal hears a signal that is this filing's, and true.
func onSignal[T interface{ filingID() int64 }](f *run, ctx workflow.Context, name string, hear func(T)) {
	channel := workflow.GetSignalChannel(ctx, name)
	f.signals = append(f.signals, channel)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var m activities.Addressed[T]
			channel.Receive(ctx, &m)
			if m.IsFor(name) && f.mine(m.In.filingID()) && f.borneOut(ctx, name, m.In) {
				hear(m.In)
			}
		}
	})
}

// borneOut looks a signal up.
func (f *run) borneOut(ctx workflow.Context, name string, in any) bool {
	fact, claims := claimOf(name, in)
	if !claims || !since(ctx, changeFacts) {
		return true
	}
	f.hearing++
	defer func() { f.hearing-- }()
	return f.lookUp(ctx, fact) == nil
}

// signals are the channels of a filing's signals.
type signals []workflow.ReceiveChannel

// silent reports whether none waits to be heard.
func (s signals) silent() bool {
	return !slices.ContainsFunc(s, func(c workflow.ReceiveChannel) bool { return c.Len() > 0 })
}
