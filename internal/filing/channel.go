package filing

// Channel is a way to reach a contact.
type Channel string

// The two channels that are verified by a code each.
const (
	SMS  Channel = "sms"
	Mail Channel = "mail"
)

// Channels lists both.
var Channels = []Channel{SMS, Mail}

// Known tells whether it is one of them.
func (ch Channel) Known() bool { return ch == SMS || ch == Mail }

// Unreachable is what the customer must look at where a code could not be delivered, and
// CodeEvent the line that tells of it.
func (ch Channel) Unreachable() Attention { return Attention(ch + "_recipient") }

// CodeEvent is the timeline's line about a channel's code.
func (ch Channel) CodeEvent() EventKind { return EventKind("code_" + ch) }
