package filing

import "time"

// The rules for verification codes.
const (
	// CodeDigits is a code's length: the bureau's form uses eight; OWASP ASVS 5 requires at least six.
	CodeDigits = 8
	// CodeTTL is how long a code is valid; OWASP ASVS 5 allows ten minutes.
	CodeTTL = 10 * time.Minute
	// MaxWrongTries is how many wrong attempts a channel allows; a new code doesn't reset the count (NIST SP
	// 800-63B-4).
	MaxWrongTries = 5
	// LockFor is how long a channel is locked after that. Five attempts a day at 10^8 codes make guessing hopeless.
	LockFor = 24 * time.Hour
	// ResendAfter is the minimum time between two codes of a channel: Aliyun sends one a minute to a phone.
	ResendAfter = time.Minute
)
