package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
)

// LocalActivities are the names of activities that histories name only in sealed payloads.
var LocalActivities = []string{"IsTrue"}

// errUntrue says that the database doesn't bear a message out: somebody who reaches Temporal made it up.
var errUntrue = errors.New("the database says otherwise")

// claimOf is what a message says has happened, for those that take a filing past a check.
func claimOf(name string, in any) (fact activities.Fact, claims bool) {
	switch in := in.(type) {
	case ContactGiven:
		return activities.Fact{Claim: activities.ClaimContact, Number: in.Version}, true
	case Submission:
		return activities.Fact{Claim: activities.ClaimSubmitted, Number: in.Revision, Kind: in.Kind,
			Unchanged: in.Unchanged}, true
	case Verdict:
		claim := activities.ClaimPassed
		if name == UpdateSendBack {
			claim = activities.ClaimSentBack
		}
		return activities.Fact{Claim: claim, Number: in.Revision}, true
	case ByActor:
		return activities.Fact{Claim: activities.ClaimVerified}, name == UpdateVerified
	case Accepted, Decided, Resubmitted:
		return activities.Fact{Claim: activities.ClaimSignalled, Signal: name, Content: in}, true
	}
	return fact, false
}

// lookUp looks a claim up; errUntrue if it is made up. It waits for the database as long as that takes.
func (f *run) lookUp(ctx workflow.Context, fact activities.Fact) error {
	fact.FilingID = f.in.FilingID
	var is bool
	if err := workflow.ExecuteLocalActivity(lookUpActivity(ctx), a.filing.IsTrue, fact).Get(ctx, &is); err != nil {
		return err
	}
	if !is {
		workflow.GetLogger(ctx).Error("a message to a filing isn't borne out by the database: who reaches Temporal?",
			"filing", f.in.FilingID, "claim", fact.Claim, "number", fact.Number)
		return errUntrue
	}
	return nil
}
