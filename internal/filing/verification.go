package filing

import "time"

// The rules of verification codes.
const (
	// CodeDigits is a code's length: the bureau's form has eight; OWASP ASVS 5
	// asks for six at least.
	CodeDigits = 8
	// CodeTTL is how long a code is valid: OWASP ASVS 5 allows ten minutes.
	CodeTTL = 10 * time.Minute
	// MaxWrongTries is how often a channel's code may be wrong; sending again
	// doesn't reset it (NIST SP 800-63B-4).
	MaxWrongTries = 5
	// LockFor is how long a channel takes no code after that. Five tries a day
	// at 10^8 codes make guessing hopeless.
	LockFor = 24 * time.Hour
	// ResendAfter is the least time between two codes of a channel: Aliyun
	// sends one a minute to a phone.
	ResendAfter = time.Minute
)
