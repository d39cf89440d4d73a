package activities

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// Claim is what a message to a filing says has happened.
type Claim string

// The claims. Whoever makes one has written it first.
const (
	// ClaimContact: the contact has a version.
	ClaimContact Claim = "contact"
	// ClaimVerified: both codes were entered.
	ClaimVerified Claim = "verified"
	// ClaimSubmitted: there is a dossier of a revision and kind.
	ClaimSubmitted Claim = "submitted"
	// ClaimPassed and ClaimSentBack: that is our reviewer's verdict on a revision.
	ClaimPassed   Claim = "passed"
	ClaimSentBack Claim = "sent_back"
	// ClaimSignalled: the bureau said so, in a signal with this content.
	ClaimSignalled Claim = "signalled"
)

// Fact is a claim about a filing, to be looked up.
type Fact struct {
	FilingID int64
	Claim    Claim
	// Number is a revision, or a contact's version.
	Number int         `json:",omitempty"`
	Kind   filing.Kind `json:",omitempty"`
	// Unchanged: the dossier is that of the revision before, so that nobody vets it again.
	Unchanged bool `json:",omitempty"`
	// Signal and Content are for ClaimSignalled.
	Signal  string `json:",omitempty"`
	Content any    `json:",omitempty"`
}

// IsTrue looks a claim up in the database: reaching Temporal, even with a message that was sealed for this filing,
// isn't enough to move it.
func (a *Filing) IsTrue(ctx context.Context, f Fact) (bool, error) {
	switch f.Claim {
	case ClaimContact:
		contact, err := a.Store.Contact(ctx, f.FilingID)
		return found(err == nil && contact.Version >= f.Number, err)
	case ClaimVerified:
		return a.Store.Verified(ctx, f.FilingID)
	case ClaimSubmitted:
		dossier, err := a.Store.Dossier(ctx, f.FilingID, f.Number)
		if err != nil || dossier.Kind != f.Kind || !f.Unchanged {
			return found(err == nil && dossier.Kind == f.Kind, err)
		}
		former, err := a.Store.Dossier(ctx, f.FilingID, f.Number-1)
		return found(err == nil && reflect.DeepEqual(dossier, former), err)
	case ClaimPassed:
		return a.Store.HasVerdict(ctx, f.FilingID, f.Number, store.VettingPassed)
	case ClaimSentBack:
		return a.Store.HasVerdict(ctx, f.FilingID, f.Number, store.VettingSentBack)
	case ClaimSignalled:
		content, err := json.Marshal(f.Content)
		if err != nil {
			return false, err
		}
		return a.Store.Signalled(ctx, f.FilingID, f.Signal, content)
	}
	return false, nil
}

// found is what a row says, which is false if there is none.
func found(fact bool, err error) (bool, error) {
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return fact, err
}
