package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
)

const day = 24 * time.Hour

// abandonedStages are those in which only the customer can go on, and no bureau holds anything of the filing.
var abandonedStages = []filing.Stage{filing.Contact, filing.Verifying, filing.Preparing, filing.Correcting}

// idleNotices are how long before its end an abandoned filing's withdrawal is announced: a month is time to come back,
// a week is the last call. Each keeps its distance to the next, however late the first one goes out.
var idleNotices = []time.Duration{30 * day, 7 * day}

// idleLook is how often a filing that nobody touches is looked at. It is also the first look, and so longer than a
// filing takes.
const idleLook = 30 * day

// idle is how far the withdrawal of an abandoned filing has come.
type idle struct {
	// Since is when somebody last touched it, as far as we know. Announced counts the notices since then, the last of
	// which went out At.
	Since     time.Time
	Announced int
	At        time.Time
}

// next is when the next notice is due, or the end after the last one.
func (i idle) next(limit time.Duration) time.Time {
	before := append(slices.Clone(idleNotices), 0)
	due := i.Since.Add(limit - before[i.Announced])
	if i.Announced > 0 {
		if earliest := i.At.Add(before[i.Announced-1] - before[i.Announced]); earliest.After(due) {
			return earliest
		}
	}
	return due
}

// endIfAbandoned withdraws a filing that nobody has touched for the setting's time, after two notices. Only the
// database knows what was touched: a draft that is saved tells the workflow nothing. It runs in the background until
// ctx, the stage's, ends.
func (f *run) endIfAbandoned(ctx workflow.Context, stage filing.Stage) {
	if !slices.Contains(abandonedStages, stage) || !since(ctx, changeAbandoned) {
		return
	}
	for {
		var row activities.Idle
		if err := workflow.ExecuteActivity(databaseActivity(ctx), a.filing.Idle,
			activities.FilingRef{FilingID: f.in.FilingID}).Get(ctx, &row); err != nil {
			return // moved on
		}
		if row.Since.After(f.idle.Since) {
			f.idle = idle{Since: row.Since}
		}
		pause := f.idle.next(row.Limit).Sub(workflow.Now(ctx))
		switch {
		case row.Limit <= 0:
			pause = idleLook // somebody may set it
		case pause > 0: // not yet
		case !f.customerCanAct(stage):
			pause = day // it waits for staff
		case f.idle.Announced < len(idleNotices):
			if f.announceEnd(ctx, stage, row.Limit) != nil {
				return
			}
			continue
		default:
			f.withdrawn, f.actor = true, systemActor
			return
		}
		if workflow.Sleep(ctx, min(pause, idleLook)) != nil {
			return
		}
	}
}

// announceEnd tells the customer and the timeline when the filing will be withdrawn.
func (f *run) announceEnd(ctx workflow.Context, stage filing.Stage, limit time.Duration) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx) // a write that is cut off may still reach the row
	left := idleNotices[f.idle.Announced]
	f.idle.Announced, f.idle.At = f.idle.Announced+1, workflow.Now(ctx)
	end := f.idle.At.Add(left)
	if at := f.idle.Since.Add(limit); at.After(end) {
		end = at
	}
	f.sendReminder(ctx, activities.Notice{Template: message.Abandoning, Stage: stage, Left: int(left / day),
		Key: fmt.Sprintf("filing-%d-%s-%d-%d", f.in.FilingID, message.Abandoning, f.idle.Since.Unix(), f.idle.Announced)})
	return f.advance(ctx, activities.Progress{EventKind: filing.EventAbandonAnnounced, Actor: systemActor,
		Detail: end.UTC().Format(time.RFC3339)})
}
