package filing

// Channel is a way to reach a contact.
type Channel string

// The channels, each verified by a code.
const (
	SMS  Channel = "sms"
	Mail Channel = "mail"
)

// Channels lists both.
var Channels = []Channel{SMS, Mail}

// Known tells whether it is one of them.
func (ch Channel) Known() bool { return ch == SMS || ch == Mail }

// Unreachable is the attention for a code that couldn't be delivered.
func (ch Channel) Unreachable() Attention { return Attention(ch + "_recipient") }

// CodeEvent is the timeline's event about a channel's code.
func (ch Channel) CodeEvent() EventKind { return EventKind("code_" + ch) }
