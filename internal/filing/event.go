package filing

import (
	"maps"
	"slices"
)

// ActorSystem is the actor of what the product does on its own.
const ActorSystem = "system"

// EventKind is the kind of a timeline event; its page text is "event.<value>".
type EventKind string

// Events that enter a new stage.
const (
	EventOpened         EventKind = "opened"
	EventFollowUpOpened EventKind = "follow_up_opened"
	// EventSiteOpened: a site of a holder whose contact is verified already.
	EventSiteOpened         EventKind = "site_opened"
	EventRegisterInstalling EventKind = "register_installing"
	EventContactGiven       EventKind = "contact_given"
	EventVerified           EventKind = "verified"
	EventSubmitted          EventKind = "submitted"
	EventSentBack           EventKind = "sent_back"
	EventSubmitting         EventKind = "submitting"
	EventAccepted           EventKind = "accepted"
	EventRefused            EventKind = "refused"
	EventReturnedTogether   EventKind = "returned_together"
	EventApproved           EventKind = "approved"
	EventFiled              EventKind = "filed"
	EventEnded              EventKind = "ended"
	EventDeregistered       EventKind = "deregistered"
	EventTakenOff           EventKind = "taken_off"
	EventWithdrawn          EventKind = "withdrawn"
)

// Events within a stage.
const (
	// EventRegistered is a registration's first event, before the workflow's own; EventRegisteredUnchecked: the bureau
	// couldn't be queried about the number.
	EventRegistered          EventKind = "registered"
	EventRegisteredUnchecked EventKind = "registered_unchecked"
	EventCodeSMS             EventKind = "code_sms"
	EventCodeMail            EventKind = "code_mail"
	EventContactCorrected    EventKind = "contact_corrected"
	EventContactConfirmed    EventKind = "contact_confirmed"
	EventSMSVerification     EventKind = "sms_verification"
	// EventSMSVerificationPart: one of two people has verified; its detail is SMSVerifier.Key.
	EventSMSVerificationPart    EventKind = "sms_verification_part"
	EventSMSVerificationDone    EventKind = "sms_verification_done"
	EventSMSVerificationExpired EventKind = "sms_verification_expired"
	EventSiteIncomplete         EventKind = "site_incomplete"
	EventNoticeRefused          EventKind = "notice_refused"
	EventAbandonAnnounced       EventKind = "abandon_announced"
	EventStuck                  EventKind = "stuck"
	EventUnstuck                EventKind = "unstuck"
	EventResumed                EventKind = "resumed"
	EventRestarted              EventKind = "restarted"
	EventPoliceRecorded         EventKind = "police_recorded"
	EventPoliceDeclined         EventKind = "police_declined"
)

// entered maps events to the stages they enter.
var entered = map[EventKind]Stage{
	EventOpened: Contact, EventContactGiven: Verifying, EventVerified: Preparing, EventFollowUpOpened: Preparing,
	EventSiteOpened: Preparing, EventReturnedTogether: Correcting,
	EventSubmitted: Vetting, EventSubmitting: Submitting,
	EventAccepted: Reviewing, EventRefused: Correcting, EventSentBack: Correcting, EventApproved: Installing,
	EventRegisterInstalling: Installing, EventFiled: Filed,
	EventEnded: Deregistered, EventDeregistered: Deregistered, EventTakenOff: Deregistered, EventWithdrawn: Withdrawn,
}

// StageEntered returns the stage that an event enters; false for events within a stage.
func StageEntered(kind EventKind) (Stage, bool) {
	stage, ok := entered[kind]
	return stage, ok
}

// StageKinds lists the events that enter a stage.
func StageKinds() []EventKind { return slices.Sorted(maps.Keys(entered)) }
