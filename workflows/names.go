package workflows

import (
	"cmp"
	"strings"

	"github.com/beian/beian/internal/filing"
)

// The task queues. A worker process serves any set of them.
const (
	// QueueFiling runs the workflows and the activities that only touch the database.
	QueueFiling = "filing"
	// QueueMessage runs SMS and mail; its rate limit is the SMS quota.
	QueueMessage = "message"
	// QueueBureau runs the calls to the bureau.
	QueueBureau = "bureau"
	// QueueWebsite runs FTP and HTTP to customers' hosts; it may run on separate hosts.
	QueueWebsite = "website"
)

// Queues lists every task queue.
var Queues = []string{QueueFiling, QueueMessage, QueueBureau, QueueWebsite}

// The Updates that people send to a filing, and the signals that the exchange with the bureau sends.
const (
	UpdateContact     = "contact"
	UpdateSendCode    = "send-code"
	UpdateVerified    = "verified"
	UpdateSubmit      = "submit"
	UpdatePass        = "pass"
	UpdateSendBack    = "send-back"
	UpdateCheckSite   = "check-site"
	UpdateSMSVerified = "sms-verified"
	UpdateWithdraw    = "withdraw"
	UpdateResume      = "resume"
	// UpdateCorrected reports a correction of the contact.
	UpdateCorrected = "contact-corrected"

	SignalAccepted = "accepted"
	SignalDecided  = "decided"
	// SignalResubmitted reports that what came back because of another site was submitted again as it is.
	SignalResubmitted = "resubmitted"
	// SignalSiteCheck asks a filing that waits for its site to check it.
	SignalSiteCheck = "site-check"
)

// FilingInput starts a filing.
type FilingInput struct {
	FilingID    int64
	OrderNumber string
	// Vetting says that the provider's own reviewers look at dossiers (初审) before they go to the bureau.
	Vetting bool
	// Kind is set for a follow-up or a registration. Otherwise it is empty: the submission brings the kind.
	Kind filing.Kind `json:",omitempty"`
	// Companion: the contact is already verified, that of another site's filing of the same holder.
	Companion bool `json:",omitempty"`
	// From is the position at which a filing without a workflow continues; nil starts from the beginning.
	From *filing.Position `json:",omitempty"`
	// Carried is set for a run that continues the previous one.
	Carried *Carried `json:",omitempty"`
}

const filingIDPrefix = "filing/"

// FilingWorkflowID is the workflow ID of a filing, by its filing.Ref.
func FilingWorkflowID(ref string) string { return filingIDPrefix + ref }

// FilingOf returns the order and the serial (as in an address) of the filing that a workflow ID refers to; false
// if it refers to none.
func FilingOf(workflowID string) (order, serial string, ok bool) {
	for _, prefix := range []string{filingIDPrefix, aftercareIDPrefix} {
		if ref, is := strings.CutPrefix(workflowID, prefix); is {
			order, serial, _ = strings.Cut(ref, "/")
			return order, cmp.Or(serial, "1"), true
		}
	}
	return "", "", false
}

// State is a filing's state, the answer to every Update.
type State struct {
	Stage       filing.Stage
	Revision    int
	StuckStep   string
	StuckReason string
}

// ContactGiven reports that the customer accepted the legal notice and that this version of the contact is in the
// database.
type ContactGiven struct {
	Version int
	Actor   string
}

// SendCode requests a channel's code, perhaps again; Send is its number in the database.
type SendCode struct {
	Channel filing.Channel
	Send    int
}

// Corrected reports that staff corrected one of the contact's addresses, which is in the database, or that the
// customer confirmed it.
type Corrected struct {
	Channel filing.Channel
	// Send is the number of the code that the new address gets at once during verification; 0 if no code goes through
	// the filing.
	Send      int  `json:",omitempty"`
	Confirmed bool `json:",omitempty"`
	Actor     string
}

// Submission reports that a dossier of this revision and kind is in the database.
type Submission struct {
	Revision int
	Kind     filing.Kind `json:",omitempty"`
	Actor    string
	// Unchanged: the dossier is as it was returned. If the bureau returned it only because nobody verified it in time,
	// there is nothing to vet again.
	Unchanged bool `json:",omitempty"`
}

// Verdict is a reviewer's decision on a revision; Reason is a key of the locale files.
type Verdict struct {
	Revision int
	Actor    string
	Reason   string
}

// ByActor is an Update that carries only its actor.
type ByActor struct{ Actor string }

// SMSVerified reports that somebody answered the ministry's SMS verification.
type SMSVerified struct {
	Actor string
	// Person is who did, Of everybody who must (filing.SMSVerifier.Key). Both are empty if there is only one.
	Person string   `json:",omitempty"`
	Of     []string `json:",omitempty"`
}

// Resolution is what to do about a stuck step.
type Resolution string

// The resolutions.
const (
	// Retry runs the step again.
	Retry Resolution = "retry"
	// Skip continues without the step, if it may be skipped.
	Skip Resolution = "skip"
	// Abandon ends the filing as withdrawn.
	Abandon Resolution = "abandon"
)

// Resume resumes a stuck filing.
type Resume struct {
	Resolution Resolution
	Actor      string
	// StuckSeq is the number of the timeline's event that shows the filing stuck: the order applies to that time only,
	// not to a later one.
	StuckSeq int64 `json:",omitempty"`
}

// Accepted reports that the bureau accepted a data file with a revision's record.
type Accepted struct {
	// FilingID identifies the filing: an earlier filing of the order may have had the same workflow ID.
	FilingID int64 `json:"filing"`
	Revision int   `json:"revision"`
	// SMSVerificationHours is how long the bureau's own code to the applicant is valid; 0 if it sends none.
	SMSVerificationHours int `json:"check_hours,omitempty"`
	// Actor is who submitted it; empty if the exchange did.
	Actor string `json:"actor,omitempty"`
}

// Decided reports the bureau's decision on a revision.
type Decided struct {
	// FilingID is as in Accepted.
	FilingID int64 `json:"filing"`
	Revision int   `json:"revision"`
	Approved bool  `json:"approved"`
	Code     int   `json:"code"`
	// Actor is who recorded it; empty if it came from the bureau itself.
	Actor string `json:"actor,omitempty"`
	// Named: the refusal names fields that the customer can correct.
	Named bool `json:"named,omitempty"`
	// VerificationExpired: the bureau returned it only because nobody answered the SMS verification in time.
	VerificationExpired bool `json:"verification_expired,omitempty"`
	// Returned: the bureau refused another site of the same record, or their holder, and returned this one with it.
	Returned bool `json:"returned,omitempty"`
}

// Resubmitted reports that a revision which the bureau returned because of another site was submitted again, unchanged,
// as this one.
type Resubmitted struct {
	// FilingID is as in Accepted.
	FilingID int64 `json:"filing"`
	Revision int   `json:"revision"`
}

func (a Accepted) filingID() int64    { return a.FilingID }
func (d Decided) filingID() int64     { return d.FilingID }
func (r Resubmitted) filingID() int64 { return r.FilingID }
func (s SiteCheck) filingID() int64   { return s.FilingID }

// ours reports whether our own check refused the record, so that the bureau has never seen it.
func (d Decided) ours() bool { return d.Actor == filing.ActorOwnCheck }

// SiteCheck tells a filing that its site may show the number now.
type SiteCheck struct {
	// FilingID is as in Accepted.
	FilingID int64 `json:"filing"`
}
