package workflows

import (
	"cmp"
	"strings"

	"github.com/beian/beian/internal/filing"
)

// The task queues. A worker process takes any set of them.
const (
	// QueueFiling runs the workflows and the activities that only touch the database.
	QueueFiling = "filing"
	// QueueMessage runs SMS and mail; its rate limit is the SMS quota.
	QueueMessage = "message"
	// QueueBureau runs the calls to the bureau.
	QueueBureau = "bureau"
	// QueueWebsite runs FTP and HTTP to customers' hosts; it may live on hosts of its own.
	QueueWebsite = "website"
)

// Queues lists every task queue.
var Queues = []string{QueueFiling, QueueMessage, QueueBureau, QueueWebsite}

// The Updates that people send to a filing, and the signals that the exchange
// with the bureau sends.
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
	// UpdateCorrected tells of a correction of the contact.
	UpdateCorrected = "contact-corrected"

	SignalAccepted = "accepted"
	SignalDecided  = "decided"
	// SignalSiteCheck asks a filing that waits for its site to look at it.
	SignalSiteCheck = "site-check"
)

// FilingInput starts a filing.
type FilingInput struct {
	FilingID    int64
	OrderNumber string
	// Vetting tells that the provider's own staff check dossiers (初审) before
	// they go to the bureau.
	Vetting bool
	// Kind of a filing that follows one that is done, or registers a number; empty
	// for another: its kind comes with what is submitted.
	Kind filing.Kind `json:",omitempty"`
	// From is where a filing goes on whose workflow is gone; nil: it begins.
	From *filing.Position `json:",omitempty"`
}

const filingIDPrefix = "filing/"

// FilingWorkflowID is the workflow ID of a filing, by its filing.Ref.
func FilingWorkflowID(ref string) string { return filingIDPrefix + ref }

// FilingOf is the order, and the serial as an address has it, of the filing that a workflow is
// about by its ID; false for those that are about none.
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

// ContactGiven tells that the legal notice was accepted and that contact
// details of this version stand in the database.
type ContactGiven struct {
	Version int
	Actor   string
}

// SendCode asks for a channel's code to be sent (again); Send is its number in
// the database.
type SendCode struct {
	Channel filing.Channel
	Send    int
}

// Corrected tells that staff corrected one channel's address of the contact, which stands in
// the database, or that the customer confirmed it.
type Corrected struct {
	Channel filing.Channel
	// Send is the number of the channel's code that the new address gets at once, while the
	// filing is verified; 0: it counts, or is confirmed, without the filing.
	Send      int  `json:",omitempty"`
	Confirmed bool `json:",omitempty"`
	Actor     string
}

// Submission tells that a dossier of this revision, and of this kind, stands in the database.
type Submission struct {
	Revision int
	Kind     filing.Kind `json:",omitempty"`
	Actor    string
}

// Verdict is a reviewer's word on a revision; Reason is a key of the locale files.
type Verdict struct {
	Revision int
	Actor    string
	Reason   string
}

// ByActor is an Update that says only who asks.
type ByActor struct{ Actor string }

// Resolution is what to do about a stuck step.
type Resolution string

// The resolutions.
const (
	// Retry runs the step again.
	Retry Resolution = "retry"
	// Skip goes on without the step; only steps that may be skipped.
	Skip Resolution = "skip"
	// Abandon ends the filing as withdrawn.
	Abandon Resolution = "abandon"
)

// Resume mends a stuck filing.
type Resume struct {
	Resolution Resolution
	Actor      string
	// StuckSeq, where set, is the number of the timeline's event that shows the filing
	// stuck: only that time of being stuck is mended, not a later one.
	StuckSeq int64 `json:",omitempty"`
}

// Accepted tells that the record of a revision was accepted in a data file.
type Accepted struct {
	// FilingID is whose: an order's earlier filing may have had the same workflow ID.
	FilingID int64 `json:"filing"`
	Revision int   `json:"revision"`
	// SMSVerificationHours is for how long the code is valid that the bureau sends to the
	// applicant itself; 0: it sends none.
	SMSVerificationHours int `json:"check_hours,omitempty"`
	// Actor is who submitted it; empty: the exchange.
	Actor string `json:"actor,omitempty"`
}

// Decided tells that the bureau decided on a revision.
type Decided struct {
	// FilingID is as in Accepted.
	FilingID int64 `json:"filing"`
	Revision int   `json:"revision"`
	Approved bool  `json:"approved"`
	Code     int   `json:"code"`
	// Actor is who recorded it; empty: it came from the bureau itself.
	Actor string `json:"actor,omitempty"`
}

// SiteCheck tells a filing that its site may show the number now.
type SiteCheck struct {
	// FilingID is as in Accepted.
	FilingID int64 `json:"filing"`
}
