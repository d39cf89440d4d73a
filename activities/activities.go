// Package activities holds every effect on the world, one file for each outside
// system. Each effect is idempotent: it carries a key made of filing, revision
// and step, so that running twice does once, or the same thing again
// harmlessly. Inputs are keys of rows; personal data is read here, from the
// database, and never returned.
package activities

import (
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/beian/beian/internal/store"
)

// Progress is one step of a filing's projection.
type Progress = store.Progress

// FilingRef names a filing.
type FilingRef struct{ FilingID int64 }

// RecordRef names a revision of a filing.
type RecordRef struct {
	FilingID int64
	Revision int
}

// AccountRef names a provider's account with a bureau.
type AccountRef struct{ AccountID int64 }

// The reasons for which a step is stuck: application error types here, keys of
// the locale files below "reason.".
const (
	// ReasonRecipient: the phone number or mail address was refused.
	ReasonRecipient = "recipient"
	// ReasonLimit: the message provider's limit is reached.
	ReasonLimit = "limit"
	// ReasonOperator: the provider's account wants mending (arrears, signature, rights).
	ReasonOperator = "operator"
	// ReasonTemporary: it didn't pass in time.
	ReasonTemporary = "temporary"
	// ReasonLogin: the web space refused user or password.
	ReasonLogin = "login"
	// ReasonDirectoryMissing: the document root isn't there.
	ReasonDirectoryMissing = "directory_missing"
	// ReasonQuota: the web space is full.
	ReasonQuota = "quota"
	// ReasonRefused: the web space forbids writing.
	ReasonRefused = "refused"
	// ReasonUnreachable: nobody answers.
	ReasonUnreachable = "unreachable"
	// ReasonTLS: no secure connection.
	ReasonTLS = "tls"
	// ReasonProtocol: the other side says what its protocol doesn't know.
	ReasonProtocol = "protocol"
	// ReasonNoAccount: the provider has no account with the province's bureau.
	ReasonNoAccount = "no_account"
	// ReasonInternal: our own fault, or one that nobody foresaw.
	ReasonInternal = "internal"
)

var reasons = map[string]bool{
	ReasonRecipient: true, ReasonLimit: true, ReasonOperator: true, ReasonTemporary: true, ReasonLogin: true,
	ReasonDirectoryMissing: true, ReasonQuota: true, ReasonRefused: true, ReasonUnreachable: true, ReasonTLS: true,
	ReasonProtocol: true, ReasonNoAccount: true, ReasonInternal: true,
}

// KnownReason tells whether an application error's type is one of the reasons.
func KnownReason(reason string) bool { return reasons[reason] }

// Reasons lists the reasons.
func Reasons() []string { return slices.Sorted(maps.Keys(reasons)) }

// failed makes the error of a failed effect: final ones aren't tried again,
// others after a pause of their own if they name one.
func failed(reason string, err error, final bool, after time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(err.Error(), reason, temporal.ApplicationErrorOptions{
		NonRetryable:   final,
		NextRetryDelay: after,
	})
}
