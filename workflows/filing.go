// Package workflows holds the life of a filing as Temporal workflow code that reads like the process itself, and
// the exchange with the bureau. Side effects are in package activities. Workflows hold keys of rows and never
// personal data.
package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
)

// errWithdrawn ends the filing as withdrawn.
var errWithdrawn = errors.New("withdrawn")

// Filing carries one order's filing from the click on 备案 to the number on the order, over days or weeks. It never
// fails because of the outside world: a step that can't be done leaves it stuck until somebody resumes it.
func Filing(ctx workflow.Context, in FilingInput) error {
	f, err := setUp(ctx, in)
	if err != nil {
		return err
	}
	err = f.life(ctx)
	if errors.Is(err, errMovedOn) {
		return nil
	}
	if workflow.IsContinueAsNewError(err) {
		return err
	}
	if errors.Is(err, errWithdrawn) {
		err = f.withdraw(ctx)
	}
	if err != nil {
		return err
	}
	if err := f.notices.Wait(ctx); err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// life is the table of stages in docs/architecture.md, from top to bottom.
func (f *run) life(ctx workflow.Context) error {
	if f.in.Carried == nil && f.in.From != nil {
		if err := f.restart(ctx); err != nil {
			return err
		}
	}
	if f.in.Kind.Registers() {
		return f.register(ctx)
	}
	if !f.in.Kind.FollowsUp() && !f.in.Companion { // the contact is already verified
		if f.begins(filing.Contact) {
			if err := f.registerContact(ctx); err != nil {
				return err
			}
		}
		if f.begins(filing.Verifying) {
			if err := f.verify(ctx); err != nil {
				return err
			}
		}
	}
	switch {
	case f.carried(filing.Correcting):
		if err := f.prepare(ctx, filing.Correcting, f.attention); err != nil {
			return err
		}
	case f.from == filing.Correcting:
		if err := f.correct(ctx); err != nil {
			return err
		}
	case f.begins(filing.Preparing):
		if err := f.prepare(ctx, filing.Preparing, ""); err != nil {
			return err
		}
	}
	for f.begins(filing.Reviewing) {
		approved, err := f.review(ctx)
		if err != nil {
			return err
		}
		if approved {
			break
		}
	}
	if f.kind.Ends() {
		return f.takeOff(ctx)
	}
	if err := f.untilAbandoned(ctx, f.install); err != nil {
		return err
	}
	return f.record(ctx)
}

// untilAbandoned runs what waits for people and sites that may never answer, and cuts it off when the filing is
// withdrawn.
func (f *run) untilAbandoned(ctx workflow.Context, do func(workflow.Context) error) error {
	running, stop := workflow.WithCancel(ctx)
	over := false
	cutOff := func() bool {
		return f.withdrawn && (f.in.Kind.Registers() || since(ctx, changeAbandonInstalling))
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		if workflow.Await(ctx, func() bool { return f.withdrawn || over }) == nil && cutOff() {
			stop()
		}
	})
	err := do(running)
	over = true
	if cutOff() {
		return errWithdrawn
	}
	return err
}

// registerContact waits for the customer to accept the legal notice and give contact details.
func (f *run) registerContact(ctx workflow.Context) error {
	carried := f.carried(filing.Contact)
	if err := f.enter(ctx, filing.Contact, filing.EventOpened, systemActor); err != nil {
		return err
	}
	if since(ctx, changeAbandoned) {
		waiting, stop := workflow.WithCancel(ctx)
		defer stop()
		workflow.Go(waiting, func(waiting workflow.Context) {
			if carried || workflow.Sleep(waiting, idleLook) == nil {
				f.endIfAbandoned(waiting, filing.Contact)
			}
		})
	}
	return f.rest(ctx, func() bool { return f.contact > 0 })
}

// verify sends a code on each channel, and again on request, until both are confirmed.
func (f *run) verify(ctx workflow.Context) error {
	carried := f.carried(filing.Verifying)
	if err := f.advance(ctx, activities.Progress{Stage: filing.Verifying, NoticeAccepted: true,
		EventKind: filing.EventContactGiven, Actor: f.actor}); err != nil {
		return err
	}
	f.codeAttention = f.attention
	sending, stop := workflow.WithCancel(ctx)
	senders := workflow.NewWaitGroup(ctx)
	for _, channel := range filing.Channels {
		senders.Add(1)
		workflow.Go(sending, func(ctx workflow.Context) {
			defer senders.Done()
			f.sendCodes(ctx, channel)
		})
	}
	stopReminders := f.startReminders(ctx, filing.Verifying, carried)
	err := f.rest(ctx, func() bool { return f.verified })
	stopReminders()
	stop()
	senders.Wait(ctx)
	return err
}

// unreachableAttention names the first channel whose number or address was refused; empty if none was. Each
// channel has its own, so that one that works doesn't hide the other's refusal.
func (f *run) unreachableAttention() filing.Attention {
	for _, channel := range filing.Channels {
		if f.unreachable[channel] {
			return channel.Unreachable()
		}
	}
	return ""
}

// sendCodes sends a channel's newest code whenever one is requested. The customer corrects a refused number or
// address, which requests a new code.
func (f *run) sendCodes(ctx workflow.Context, channel filing.Channel) {
	for {
		if err := workflow.Await(ctx, func() bool { return f.wanted[channel] > f.sent[channel] }); err != nil {
			return
		}
		if err := f.sendNewestCode(ctx, channel); err != nil {
			return // verified or withdrawn meanwhile
		}
	}
}

func (f *run) sendNewestCode(ctx workflow.Context, channel filing.Channel) error {
	f.sending++
	defer func() { f.sending-- }()
	f.sent[channel] = f.wanted[channel]
	code := activities.CodeRef{FilingID: f.in.FilingID, Channel: channel, Send: f.sent[channel]}
	_, err := f.step(ctx, sendStep(channel), a.message.SendCode, code, nil)
	if err != nil && !errors.Is(err, errRecipient) {
		return err
	}
	f.unreachable[channel] = err != nil
	attention := f.unreachableAttention()
	if attention == f.codeAttention {
		return nil
	}
	f.codeAttention = attention
	return f.attend(ctx, attention, channel.CodeEvent())
}

// prepare waits for the next revision, in stage preparing or correcting.
func (f *run) prepare(ctx workflow.Context, stage filing.Stage, attention filing.Attention) error {
	carried := f.carried(stage)
	kind := filing.EventVerified
	switch {
	case attention == filing.AttentionRefusedOurs && !f.decision().ours(),
		attention == filing.AttentionSMSVerificationReturned:
		kind = filing.EventRefused
	case attention == filing.AttentionRefusedOurs:
		kind = filing.EventSentBack
	case stage == filing.Correcting:
		kind = filing.EventKind(attention)
	case f.in.Kind.FollowsUp():
		kind = filing.EventFollowUpOpened
	case f.in.Companion:
		kind = filing.EventSiteOpened
	}
	if err := f.advance(ctx,
		activities.Progress{Stage: stage, Attention: &attention, EventKind: kind, Actor: f.actor}); err != nil {
		return err
	}
	defer f.startReminders(ctx, stage, carried)()
	return f.rest(ctx, func() bool { return f.submitted > f.revision })
}

// review takes a revision through vetting and the bureau. If either sends it back, it waits for the corrected
// revision and returns false.
func (f *run) review(ctx workflow.Context) (approved bool, err error) {
	f.revision = f.submitted
	if (f.in.Vetting && !f.unchanged || f.from == filing.Vetting) && f.begins(filing.Vetting) {
		passed, err := f.vet(ctx)
		if err != nil {
			return false, err
		}
		if !passed {
			f.notify(ctx, message.SentBack)
			return false, f.prepare(ctx, filing.Correcting, filing.AttentionSentBack)
		}
	}
	if err := f.submit(ctx); err != nil {
		return false, err
	}
	if err := f.awaitDecision(ctx); err != nil {
		return false, err
	}
	if f.decision().Approved {
		return true, nil
	}
	f.actor = by(f.decision().Actor)
	if f.decision().Returned { // the refused site's filing sends the messages
		return false, f.prepare(ctx, filing.Correcting, filing.AttentionReturnedTogether)
	}
	ours, err := f.refusedForUs(ctx)
	if err != nil {
		return false, err
	}
	switch d := f.decision(); {
	case ours && !(d.ours() && d.Named):
		f.notify(ctx, message.RefusedOurs)
		return false, f.prepare(ctx, filing.Correcting, filing.AttentionRefusedOurs)
	case d.ours():
		f.notify(ctx, message.SentBack)
		return false, f.prepare(ctx, filing.Correcting, filing.AttentionSentBack)
	}
	f.notify(ctx, message.Refused)
	if f.decision().VerificationExpired {
		return false, f.prepare(ctx, filing.Correcting, filing.AttentionSMSVerificationReturned)
	}
	return false, f.prepare(ctx, filing.Correcting, filing.AttentionRefused)
}

// refusedForUs reports whether the provider must fix the reason for the refusal. A deploy may change the code
// tables, so the history records the answer.
func (f *run) refusedForUs(ctx workflow.Context) (ours bool, err error) {
	code := f.decision().Code
	err = workflow.SideEffect(ctx, func(workflow.Context) any {
		refusal, known := filing.RefusalByCode(code)
		return known && refusal.Staff
	}).Get(&ours)
	return ours, err
}

// vet waits for a reviewer's verdict (初审).
func (f *run) vet(ctx workflow.Context) (passed bool, err error) {
	if f.vetted != nil && f.vetted.Revision != f.revision {
		f.vetted = nil // from the previous revision
	}
	if err := f.advance(ctx, activities.Progress{Stage: filing.Vetting, Revision: f.revision,
		Attention: new(filing.Attention), EventKind: filing.EventSubmitted, Actor: f.actor}); err != nil {
		return false, err
	}
	if err := f.await(ctx, func() bool { return f.vetted != nil }); err != nil {
		return false, err
	}
	f.actor = f.vetted.Actor
	return f.vetted.passed, nil
}

// submit queues the record and waits until the exchange reports that the bureau accepted its data file, or has
// already decided on it.
func (f *run) submit(ctx workflow.Context) error {
	heard := func() bool { return f.accepted >= f.revision || f.decision().Revision == f.revision }
	if !f.begins(filing.Submitting) { // restart delivers earlier signals again
		if err := f.await(ctx, heard); err != nil {
			return err
		}
		return f.enter(ctx, filing.Reviewing, filing.EventAccepted, bureauActor)
	}
	if err := f.advance(ctx, activities.Progress{Stage: filing.Submitting, Revision: f.revision,
		Attention: new(filing.Attention), EventKind: filing.EventSubmitting, Actor: f.actor}); err != nil {
		return err
	}
	record := activities.RecordRef{FilingID: f.in.FilingID, Revision: f.revision}
	if _, err := f.step(ctx, stepQueueRecord, a.filing.QueueRecord, record, nil); err != nil {
		return err
	}
	if err := f.await(ctx, heard); err != nil {
		return err
	}
	if f.decision().ours() { // no bureau accepted it
		return nil
	}
	actor := f.decision().Actor // a record may be decided without being submitted
	if f.accepted >= f.revision {
		actor = f.acceptedBy
	}
	return f.enter(ctx, filing.Reviewing, filing.EventAccepted, by(actor))
}

// install puts the certificate on the site, then checks at growing intervals and on demand until every domain
// serves it and the home page shows the linked number.
func (f *run) install(ctx workflow.Context) error {
	carried := f.carried(filing.Installing)
	kind, actor := filing.EventApproved, by(f.decision().Actor)
	if f.in.Kind.Registers() {
		kind, actor = filing.EventRegisterInstalling, systemActor
	}
	if err := f.enter(ctx, filing.Installing, kind, actor); err != nil {
		return err
	}
	if !f.in.Kind.Registers() && !carried { // no bureau approved it here
		f.notify(ctx, message.Approved)
	}
	defer f.startReminders(ctx, filing.Installing, carried)()
	if carried {
		if err := f.pauseSiteChecks(ctx, f.siteChecks); err != nil {
			return err
		}
		f.site.Round++
	} else if err := f.startAftercare(ctx); err != nil {
		return err
	}
	ref := activities.FilingRef{FilingID: f.in.FilingID}
	for ; ; f.site.Round++ {
		checksSeen := f.siteChecks // requests from now on mean another check
		if !f.site.Installed.ByHand && !f.site.Seen.CertificateServed {
			skipped, err := f.step(ctx, stepInstall, a.website.InstallCertificate, ref, &f.site.Installed)
			if err != nil {
				return err
			}
			f.site.Installed.ByHand = f.site.Installed.ByHand || skipped
		}
		skipped, err := f.step(ctx, stepCheckSite, a.website.CheckSite, ref, &f.site.Seen)
		if err != nil || skipped || f.site.Seen.Complete() {
			return err
		}
		if err := f.attendSite(ctx); err != nil {
			return err
		}
		f.site.NextCheck = workflow.Now(ctx).Add(pauseBetweenSiteChecks(f.site.Round))
		if err := f.pauseSiteChecks(ctx, checksSeen); err != nil {
			return err
		}
	}
}

// pauseSiteChecks waits until the site is checked again: in time, or because somebody asked.
func (f *run) pauseSiteChecks(ctx workflow.Context, checksSeen int) error {
	requested := func() bool { return f.siteChecks > checksSeen }
	for {
		early, err := f.within(ctx, f.site.NextCheck, func() bool { return requested() || f.full(ctx) })
		if err != nil || !early || requested() {
			return err
		}
		if err := f.carryOn(ctx, requested); err != nil {
			return err
		}
	}
}

// attendSite shows the customer what is missing, and sends a message the first time.
func (f *run) attendSite(ctx workflow.Context) error {
	attention := filing.AttentionFooterMissing
	switch served, byHand := f.site.Seen.CertificateServed, f.site.Installed.ByHand; {
	case !served && byHand:
		attention = filing.AttentionInstallByHand
	case !served:
		attention = filing.AttentionCertificateMissing
	}
	if f.site.Round == 0 {
		f.notify(ctx, message.FooterNeeded)
	}
	if attention == f.attention {
		return nil
	}
	return f.attend(ctx, attention, filing.EventSiteIncomplete)
}

// record puts the number on the order, which is the end.
func (f *run) record(ctx workflow.Context) error {
	err := f.end(ctx, stepRecord, activities.Progress{Stage: filing.Filed, Attention: new(filing.Attention),
		EventKind: filing.EventFiled, Actor: systemActor}, a.filing.RecordNumber)
	if err != nil {
		return err
	}
	f.notify(ctx, message.Filed)
	return nil
}

// takeOff takes the number off the order, for a filing that ended one.
func (f *run) takeOff(ctx workflow.Context) error {
	err := f.end(ctx, stepEnd, activities.Progress{Stage: filing.Deregistered, Attention: new(filing.Attention),
		EventKind: filing.EventEnded, Actor: bureauActor}, a.filing.EndNumber)
	if err != nil {
		return err
	}
	f.notify(ctx, message.Ended)
	return nil
}

// end enters a final stage by an activity that also has the filing's effect on the order. What the activity refuses
// for good, such as an approval without a number, leaves the filing stuck.
func (f *run) end(ctx workflow.Context, s step, p activities.Progress, activity any) error {
	_, err := f.attempt(ctx, s, func() error { return f.write(s.options(ctx), p, activity) })
	return err
}

// withdraw ends the filing as withdrawn.
func (f *run) withdraw(ctx workflow.Context) error {
	no := false
	return f.advance(ctx, activities.Progress{Stage: filing.Withdrawn, Attention: new(filing.Attention), Stuck: &no,
		EventKind: filing.EventWithdrawn, Actor: f.actor})
}
