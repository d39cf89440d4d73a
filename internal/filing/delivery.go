package filing

import "time"

// Outcome is what became of a message that the SMS provider or the mail server took.
type Outcome string

// The outcomes.
const (
	// OutcomePending: nobody has reported yet. A mail stays so unless it bounces.
	OutcomePending Outcome = "pending"
	// OutcomeDelivered: it is on the phone.
	OutcomeDelivered Outcome = "delivered"
	// OutcomeRefused: the operator, or the recipient's mail server, refused it or gave up.
	OutcomeRefused Outcome = "refused"
	// OutcomeUnknown: nobody reported in the time in which reports come.
	OutcomeUnknown Outcome = "unknown"
)

// Delivery is a message's outcome.
type Delivery struct {
	Outcome Outcome `db:"outcome"`
	// Fault says whose a refusal is (message.Kind); Code and Words are the operator's own.
	Fault string `db:"fault"`
	Code  string `db:"code"`
	Words string `db:"words"`
	// Permanent: it was refused because nobody is reached there, and won't be later.
	Permanent bool `db:"-"`
	// At is when the outcome came about, or the message was begun while it is pending.
	At time.Time `db:"at"`
}
