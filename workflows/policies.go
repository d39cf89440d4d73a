package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Activity options as named presets: every number with its reason.

// heartbeatTimeout is how soon a killed worker is noticed. Workers send a heartbeat every HeartbeatInterval: one that
// stalls for several of them, as on an overloaded machine, isn't taken for dead, so that no second try runs beside it.
const heartbeatTimeout = 24 * time.Second

// HeartbeatInterval is how often workers send heartbeats.
const HeartbeatInterval = 4 * time.Second

// databaseActivity is for effects on our own database, retried until the database is back: nothing else can be
// done.
func databaseActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueFiling,
		StartToCloseTimeout: 30 * time.Second, // a transaction of a few rows takes milliseconds
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second,
			MaximumInterval: time.Minute,
		},
	})
}

// lookUpActivity is for reading a row on the way, on the worker that runs the workflow: another task would double the
// time that somebody waits for an Update.
func lookUpActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
	})
}

// databaseStepLimit is how long an effect on our own database is retried before it counts as failed. While the database
// is away it is retried for ever all the same (ReasonDatabase); anything else needs a person.
const databaseStepLimit = time.Hour

// databaseStep is databaseActivity for an effect that may be refused for good.
func databaseStep(ctx workflow.Context) workflow.Context {
	ctx = databaseActivity(ctx)
	options := workflow.GetActivityOptions(ctx)
	options.ScheduleToCloseTimeout = databaseStepLimit
	return workflow.WithActivityOptions(ctx, options)
}

// messageActivity is for SMS and mail. Twelve attempts cover about ten minutes of an outage; a longer one needs a
// person. The SMS provider's limits set longer pauses of their own.
func messageActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueMessage,
		HeartbeatTimeout:    heartbeatTimeout,
		StartToCloseTimeout: 45 * time.Second, // two HTTP calls or one SMTP session
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 2 * time.Second,
			MaximumInterval: 2 * time.Minute,
			MaximumAttempts: 12,
		},
	})
}

// askActivity is for questions about messages, several in one run. The schedule's next run retries a failure.
func askActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueMessage,
		HeartbeatTimeout:    heartbeatTimeout,
		StartToCloseTimeout: 3 * time.Minute, // fifty HTTP calls
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
	})
}

// staffTries bounds the attempts at a mail to staff: their pages show its content anyway.
const staffTries = 5

// staffMailActivity is for mail to staff.
func staffMailActivity(ctx workflow.Context) workflow.Context {
	ctx = messageActivity(ctx)
	options := workflow.GetActivityOptions(ctx)
	options.RetryPolicy = &temporal.RetryPolicy{MaximumAttempts: staffTries}
	return workflow.WithActivityOptions(ctx, options)
}

// bulkTries bounds the attempts at one filing of a bulk job: about ten seconds with these pauses. Then the job's
// report lists it, and a later job may take it again.
const bulkTries = 4

// bulkActivity resumes one filing of a bulk job by an Update of its workflow, which answers within about a second
// if a worker is up.
func bulkActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueFiling,
		HeartbeatTimeout:    heartbeatTimeout,
		StartToCloseTimeout: 30 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 2 * time.Second,
			MaximumInterval: 5 * time.Second,
			MaximumAttempts: bulkTries,
		},
	})
}

// uploadActivity is for the customer's web space. Hosts reboot and move: eight attempts cover a good hour.
func uploadActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueWebsite,
		HeartbeatTimeout:    heartbeatTimeout,
		StartToCloseTimeout: 2 * time.Minute, // an FTP session with a slow host
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    15 * time.Second,
			BackoffCoefficient: 3,
			MaximumInterval:    30 * time.Minute,
			MaximumAttempts:    8,
		},
	})
}

// siteCheckActivity checks a site. Any finding, good or bad, is a result; only our own failure is an error.
func siteCheckActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueWebsite,
		HeartbeatTimeout:    heartbeatTimeout,
		StartToCloseTimeout: 5 * time.Minute, // a hundred domains, some of which never answer
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 5 * time.Second,
			MaximumInterval: 5 * time.Minute,
			MaximumAttempts: 10,
		},
	})
}

// bureauActivity is for one call to the bureau. Three attempts ride out a hiccup; after that the exchange ends,
// and its schedule starts the next one.
func bureauActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueBureau,
		HeartbeatTimeout:    heartbeatTimeout,
		StartToCloseTimeout: 5 * time.Minute, // 50 MB up or down
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 2 * time.Second,
			MaximumInterval: 30 * time.Second,
			MaximumAttempts: 3,
		},
	})
}

// countActivity is for counting in the database: a day takes seconds, and a run counts several. The schedule's
// next run retries a failure.
func countActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueFiling,
		HeartbeatTimeout:    heartbeatTimeout,
		StartToCloseTimeout: 10 * time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 5 * time.Second, MaximumAttempts: 3},
	})
}

// lateNoticePauses are the pauses before the attempts at a notice that a filing's end overtook: a week in all.
var lateNoticePauses = []time.Duration{
	time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour, 48 * time.Hour, 48 * time.Hour,
}

// firstSiteChecks are the pauses between site checks while the customer must still do something: short at first,
// then longer, then daily.
var firstSiteChecks = []time.Duration{
	2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour,
}

// dailySiteChecks is for how many days a site is checked daily. Who leaves it incomplete for longer has other plans:
// a weekly check notices when they change.
const dailySiteChecks = 90

func pauseBetweenSiteChecks(round int) time.Duration {
	switch {
	case round < len(firstSiteChecks):
		return firstSiteChecks[round]
	case round < len(firstSiteChecks)+dailySiteChecks:
		return 24 * time.Hour
	}
	return 7 * 24 * time.Hour
}
