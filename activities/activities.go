// Package activities holds every side effect, one file for each outside system. Each effect is idempotent: its key
// is made of filing, revision and step, so running it twice does it once, or repeats it harmlessly. Inputs are
// keys of rows; personal data is read here, from the database, and never returned.
package activities

import (
	"errors"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
)

// Progress is one step of a filing's projection.
type Progress = store.Progress

// FilingRef identifies a filing.
type FilingRef struct{ FilingID int64 }

// RecordRef identifies a revision of a filing.
type RecordRef struct {
	FilingID int64
	Revision int
}

// AccountRef identifies a provider's account with a bureau.
type AccountRef struct{ AccountID int64 }

// The reasons why a step can be stuck: application error types here, keys of the locale files below "stuck_reason.".
// Web spaces have more of their own (website.Reasons).
const (
	// ReasonRecipient: the phone number or mail address was refused.
	ReasonRecipient = "recipient"
	// ReasonLimit: the message provider's limit is reached.
	ReasonLimit = "limit"
	// ReasonOperator: the provider must fix its account (arrears, signature, rights), its mail settings or a message's
	// content.
	ReasonOperator = "operator"
	// ReasonTemporary: it didn't succeed in time.
	ReasonTemporary = "temporary"
	// ReasonLogin: the web space refused user or password.
	ReasonLogin = "login"
	// ReasonQuota: the web space is full.
	ReasonQuota = "quota"
	// ReasonRefused: the other side refuses.
	ReasonRefused = "refused"
	// ReasonUnreachable: nobody answers.
	ReasonUnreachable = "unreachable"
	// ReasonProtocol: the other side violates its protocol.
	ReasonProtocol = "protocol"
	// ReasonNoAccount: the provider has no account with the province's bureau.
	ReasonNoAccount = "no_account"
	// ReasonDatabase: our database can't be used now. A step waits for it and doesn't get stuck.
	ReasonDatabase = "database"
	// ReasonNotTaken: the filing is still stuck and doesn't accept the order.
	ReasonNotTaken = "not_taken"
	// ReasonInternal: our own bug, or something nobody foresaw.
	ReasonInternal = "internal"
)

// reasons are those above and what web spaces fail for (website.Reasons).
var reasons = func() map[string]bool {
	all := map[string]bool{}
	for _, r := range []string{ReasonRecipient, ReasonLimit, ReasonOperator, ReasonTemporary, ReasonRefused,
		ReasonUnreachable, ReasonProtocol, ReasonNoAccount, ReasonDatabase, ReasonNotTaken, ReasonInternal} {
		all[r] = true
	}
	for r := range website.Reasons {
		all[r] = true
	}
	return all
}()

// KnownReason reports whether an application error's type is one of the reasons.
func KnownReason(reason string) bool { return reasons[reason] }

// StuckReasons are the reasons why a filing can be stuck, by name.
func StuckReasons() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(reasons)),
		func(r string) bool { return r == ReasonNotTaken || r == ReasonDatabase })
}

// Classified names our own database as the reason of an activity's error that has no reason yet.
func Classified(err error) error {
	var app *temporal.ApplicationError
	if err == nil || errors.As(err, &app) || !store.Unavailable(err) {
		return err
	}
	return failed(ReasonDatabase, err, false, 0)
}

// purged makes a missing row final: nobody waits for it.
func purged(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return failed(ReasonInternal, err, true, 0)
	}
	return err
}

// failed makes the error of a failed effect: final ones aren't retried, others after their own pause if they set
// one.
func failed(reason string, err error, final bool, after time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(err.Error(), reason, temporal.ApplicationErrorOptions{
		NonRetryable:   final,
		NextRetryDelay: after,
	})
}
