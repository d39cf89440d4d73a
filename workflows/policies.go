package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Activity options as named presets: every number with its reason.

// heartbeatTimeout is how soon a killed worker is noticed; workers beat three
// times in it.
const heartbeatTimeout = 9 * time.Second

// databaseActivity is for effects on our own database: they are tried until
// the database is back, because nothing else can be done about it.
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

// messageActivity is for SMS and mail. Twelve tries reach over about ten
// minutes of a provider's trouble; what outlasts that wants a human. The
// provider's limits bring their own, longer pauses.
func messageActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueMessage,
		HeartbeatTimeout:    heartbeatTimeout,
		StartToCloseTimeout: 45 * time.Second, // two HTTP calls or one SMTP conversation
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 2 * time.Second,
			MaximumInterval: 2 * time.Minute,
			MaximumAttempts: 12,
		},
	})
}

// staffTries bounds how long a mail to staff is tried: what it tells shows on
// their pages in any case.
const staffTries = 5

// staffMailActivity is for mails to staff.
func staffMailActivity(ctx workflow.Context) workflow.Context {
	ctx = messageActivity(ctx)
	options := workflow.GetActivityOptions(ctx)
	options.RetryPolicy = &temporal.RetryPolicy{MaximumAttempts: staffTries}
	return workflow.WithActivityOptions(ctx, options)
}

// bulkTries bounds how often one filing of a bulk job is tried: with these pauses, over
// some ten seconds. Then the job's report has it; a job made later takes it again.
const bulkTries = 4

// bulkActivity is for resuming one filing of a bulk job: an Update of its workflow, which
// answers within a second or so where a worker is there.
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

// uploadActivity is for the customer's web space. Hosts reboot and move: eight
// tries reach over a good hour.
func uploadActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueWebsite,
		HeartbeatTimeout:    heartbeatTimeout,
		StartToCloseTimeout: 2 * time.Minute, // an FTP conversation with a slow host
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    15 * time.Second,
			BackoffCoefficient: 3,
			MaximumInterval:    30 * time.Minute,
			MaximumAttempts:    8,
		},
	})
}

// siteCheckActivity looks at a site. What it sees, good or bad, is a result;
// only our own trouble is an error.
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

// bureauActivity is for one call to the bureau. Three tries ride out a hiccup;
// after that the exchange ends and its schedule starts the next one.
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

// countActivity is for counting in the database: a day takes seconds, and a run counts
// several. What fails is tried by the schedule's next run.
func countActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueFiling,
		HeartbeatTimeout:    heartbeatTimeout,
		StartToCloseTimeout: 10 * time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 5 * time.Second, MaximumAttempts: 3},
	})
}

// firstSiteChecks is the ladder of pauses between looks at a site whose owner must
// still do something: soon at first, then slowing. After it comes daily.
var firstSiteChecks = []time.Duration{
	2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour,
}

func pauseBetweenSiteChecks(round int) time.Duration {
	if round < len(firstSiteChecks) {
		return firstSiteChecks[round]
	}
	return 24 * time.Hour
}
