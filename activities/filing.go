package activities

import (
	"context"
	"errors"
	"time"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
	"github.com/beian/beian/internal/store"
)

// Filing holds the effects on the product's own database.
type Filing struct {
	Store *store.Store
	// AbandonedAfter is how long nobody may touch a filing before it is withdrawn; 0: for ever.
	AbandonedAfter time.Duration
	// Rules say how many sites a province takes at once; nil: the built-in ones.
	Rules *rules.Book
	// Start starts a filing's workflow, or finds the running one; nil: nothing is started here.
	Start func(context.Context, store.Filing) error
}

// Advance writes a step of a filing's projection, and starts the filings that waited for it.
func (a *Filing) Advance(ctx context.Context, p Progress) error {
	if err := a.Store.Advance(ctx, p); err != nil {
		return err
	}
	if p.Stage != filing.Preparing && p.Stage != filing.Withdrawn {
		return nil
	}
	return a.startDueOf(ctx, p.FilingID)
}

// Restarted is what a filing's new workflow learns from the row.
type Restarted struct {
	// MovedOn: the row has left the stage that the workflow was started for.
	MovedOn bool `json:",omitempty"`
	// Verified: both codes were entered. Unsent maps channels to the numbers of requested codes that didn't go out.
	Verified bool                   `json:",omitempty"`
	Unsent   map[filing.Channel]int `json:",omitempty"`
}

// Restart is Advance for a filing with a new workflow: the bureau's signals are delivered again.
func (a *Filing) Restart(ctx context.Context, p Progress) (r Restarted, err error) {
	if err := a.Store.Restart(ctx, p); errors.Is(err, store.ErrConflict) {
		return Restarted{MovedOn: true}, nil
	} else if err != nil {
		return r, err
	}
	codes, err := a.Store.Verifications(ctx, p.FilingID)
	r.Verified = len(codes) == len(filing.Channels)
	for channel, code := range codes {
		if code.VerifiedAt.Valid {
			continue
		}
		r.Verified = false
		if !code.SentAt.Valid {
			if r.Unsent == nil {
				r.Unsent = map[filing.Channel]int{}
			}
			r.Unsent[channel] = code.Sends
		}
	}
	return r, err
}

// The bureau's own codes for what is on its blacklist (3-5): what they would refuse isn't submitted.
const (
	codeDomainBlacklisted = 1064
	codeHolderBlacklisted = 1065
)

// codeWrongPassword is the bureau's code for a wrong filing password, or none.
const codeWrongPassword = 1018

// QueueRecord queues a revision for the next data file of its province's account. One on the blacklist is refused
// here, as the bureau would.
//
// A new filing carries as many other sites as its province takes at once. One that waits for its holder's number isn't
// queued: it is, when that is known.
func (a *Filing) QueueRecord(ctx context.Context, r RecordRef) error {
	if err := a.queueRecord(ctx, r); err != nil {
		return err
	}
	return a.startDueOf(ctx, r.FilingID)
}

func (a *Filing) queueRecord(ctx context.Context, r RecordRef) error {
	if f, err := a.Store.Filing(ctx, r.FilingID); err != nil {
		return err
	} else if f.AwaitsHolder {
		return nil
	}
	dossier, err := a.Store.Dossier(ctx, r.FilingID, r.Revision)
	if err != nil {
		return err
	}
	if dossier.Kind.OrNew() == filing.KindNew && !dossier.Companion {
		if err := a.Store.ArrangeSites(ctx, r.FilingID, rules.SitesTogether(a.Rules, dossier)); err != nil {
			return err
		}
	}
	account, err := a.Store.AccountFor(ctx, dossier.Bureau())
	if errors.Is(err, store.ErrNotFound) {
		return failed(ReasonNoAccount, err, true, 0)
	} else if err != nil {
		return err
	}
	keys := bureau.KeysOf(dossier)
	record := store.NewRecord{
		AccountID: account, FilingID: r.FilingID, Revision: r.Revision, Operation: keys.Operation, Province: dossier.Bureau(),
		ReviewKey: keys.Review, ResultKeys: keys.Result,
	}
	if dossier.Kind == filing.KindChange {
		record.SiteID = dossier.Subject.SiteID
	}
	domains, holder, err := a.Store.Blacklisted(ctx, dossier)
	if err != nil {
		return err
	}
	switch {
	case len(domains) > 0:
		err = a.Store.QueueRefused(ctx, record, codeDomainBlacklisted)
	case holder:
		err = a.Store.QueueRefused(ctx, record, codeHolderBlacklisted)
	default:
		err = a.queueOrAsk(ctx, record, dossier)
	}
	if errors.Is(err, store.ErrConflict) {
		return nil // withdrawn meanwhile: nothing of it goes to the bureau
	}
	return err
}

// queueOrAsk queues a record, unless its bureau requires a filing password that it doesn't have, because the site was
// submitted before its holder had a number: then the customer is asked.
func (a *Filing) queueOrAsk(ctx context.Context, r store.NewRecord, d filing.Dossier) error {
	if d.Kind.Spec().NeedsPassword && d.OwnershipProof.Password == "" {
		policy, err := a.Store.PasswordPolicy(ctx, d.Bureau())
		if err != nil {
			return err
		}
		if policy == filing.PasswordRequired {
			return a.Store.QueueUnfit(ctx, r, filing.Unfit{Code: codeWrongPassword, Field: "ownership.password"})
		}
	}
	return a.Store.QueueRecord(ctx, r)
}

// EndNumber takes the number off the order, and off every other order that the approved deregistration covers,
// together with the stage.
func (a *Filing) EndNumber(ctx context.Context, p Progress) error {
	_, dossier, err := decided(ctx, a.Store, p.FilingID)
	if err != nil {
		return err
	}
	return a.Store.EndNumber(ctx, p, dossier.Kind, dossier.Subject)
}

// decided reads a filing's latest decision with the dossier that it is about.
func decided(ctx context.Context, db *store.Store, filingID int64) (store.Decision, filing.Dossier, error) {
	decision, err := db.LatestDecision(ctx, filingID)
	if err != nil {
		return store.Decision{}, filing.Dossier{}, err
	}
	dossier, err := db.Dossier(ctx, filingID, decision.Revision)
	return decision, dossier, err
}

// RecordNumber puts the issued number on the order, together with the stage. An approval without a number is for staff.
func (a *Filing) RecordNumber(ctx context.Context, p Progress) error {
	_, err := a.Store.RecordNumber(ctx, p)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrNoNumber) {
		return failed(ReasonProtocol, err, true, 0)
	}
	return err
}
