package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
)

const (
	// maxFilesPerExchange bounds one exchange's history; the schedule soon starts the next one.
	maxFilesPerExchange = 20
	// maxGapFills bounds how often the bureau may answer one file with "a number is missing" before a person must
	// look.
	maxGapFills = 50
)

// ExchangeInput starts one exchange with the bureau for one provider account.
type ExchangeInput struct{ AccountID int64 }

// ExchangeResult is what an exchange did.
type ExchangeResult struct {
	Submitted  int
	Downloaded int
	// Paused is the bureau's code for "not now" or "not until fixed"; 0 if the exchange completed.
	Paused int
}

// Exchange submits what is queued, downloads what the bureau has, and signals the filings concerned. A schedule
// starts it, never two at once for an account. For a manual account it only signals.
func Exchange(ctx workflow.Context, in ExchangeInput) (ExchangeResult, error) {
	var result ExchangeResult
	account := activities.AccountRef{AccountID: in.AccountID}

	turn, err := begin(ctx, account)
	if err != nil || turn.Busy {
		return result, err
	}
	if turn.Stopped || turn.Manual { // decisions recorded here are still delivered
		return result, errors.Join(signalFilings(ctx, account), end(ctx, account))
	}
	if !since(ctx, changeIdle) {
		turn.Idle = activities.Turn{}.Idle
	}
	if result.Paused, err = inTurn(ctx, account, turn, &result); err != nil {
		return result, errors.Join(err, end(ctx, account))
	}
	return result, end(ctx, account)
}

// inTurn submits and downloads, as far as the bureau allows now.
func inTurn(ctx workflow.Context, account activities.AccountRef, turn activities.Turn,
	result *ExchangeResult) (paused int, err error) {
	idle := turn.Idle
	if !turn.UploadPaused && !idle.Upload {
		if paused, err = submitAll(ctx, account, result); err != nil {
			return 0, err
		}
	}
	if !turn.DownloadPaused {
		pausedDown, err := downloadAll(ctx, account, idle, result)
		if err != nil {
			return 0, err
		}
		paused = max(paused, pausedDown)
	}
	if idle.Upload && idle.Apply && idle.Certificates && idle.Signals && result.Downloaded == 0 {
		return paused, nil
	}
	return paused, signalFilings(ctx, account)
}

func begin(ctx workflow.Context, account activities.AccountRef) (turn activities.Turn, err error) {
	err = workflow.ExecuteActivity(packing(ctx), a.bureau.Begin, account).Get(ctx, &turn)
	return turn, err
}

// end releases the account and alerts staff to new tasks. A failure to alert them is only logged: the next
// exchange tries again.
func end(ctx workflow.Context, account activities.AccountRef) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx) // even when the exchange is cancelled
	ending := workflow.ExecuteActivity(packing(ctx), a.bureau.End, account)
	if since(ctx, changeIdle) {
		var ended activities.Ended
		if err := ending.Get(ctx, &ended); err != nil || ended.NothingToTell {
			return err
		}
	} else if err := ending.Get(ctx, nil); err != nil {
		return err
	}
	if err := workflow.ExecuteActivity(staffMailActivity(ctx), a.message.MailTasks).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Warn("alerting staff to their tasks failed", "account", account.AccountID)
	}
	sendCustomerNotices(ctx, account)
	return nil
}

// maxCustomerNotices bounds an exchange's history; the next one continues.
const maxCustomerNotices = 50

// sendCustomerNotices notifies customers of news about filings whose workflows have ended. What can't be sent is
// left to the next exchange.
func sendCustomerNotices(ctx workflow.Context, account activities.AccountRef) {
	for range maxCustomerNotices {
		var more bool
		if err := workflow.ExecuteActivity(staffMailActivity(ctx), a.message.SendCustomerNotices).Get(ctx,
			&more); err != nil {
			workflow.GetLogger(ctx).Warn("sending customer notices failed", "account", account.AccountID, "reason",
				reasonOf(err))
			return
		}
		if !more {
			return
		}
	}
}

// submitAll submits data files until nothing is queued.
func submitAll(ctx workflow.Context, account activities.AccountRef, result *ExchangeResult) (paused int, err error) {
	for range maxFilesPerExchange {
		var sequence int64
		if err := workflow.ExecuteActivity(packing(ctx), a.bureau.PackNext, account).Get(ctx, &sequence); err != nil ||
			sequence == 0 {
			return 0, err
		}
		paused, err := submitFile(ctx, activities.FileRef{AccountID: account.AccountID, Sequence: sequence})
		if err != nil || paused != 0 {
			return paused, err
		}
		result.Submitted++
	}
	return 0, nil
}

// submitFile submits one data file, after any earlier ones that the bureau is missing.
func submitFile(ctx workflow.Context, file activities.FileRef) (paused int, err error) {
	for range maxGapFills {
		var answer activities.SubmitResult
		if err := workflow.ExecuteActivity(bureauActivity(ctx), a.bureau.SubmitFile, file).Get(ctx, &answer); err != nil {
			return pausedBy(ctx, err)
		}
		if len(answer.Missing) == 0 {
			return answer.Paused, nil
		}
		for _, sequence := range answer.Missing {
			missing := activities.FileRef{AccountID: file.AccountID, Sequence: sequence, Again: true}
			if err := workflow.ExecuteActivity(bureauActivity(ctx), a.bureau.SubmitFile, missing).Get(ctx, &answer); err != nil {
				return pausedBy(ctx, err)
			}
			if answer.Paused != 0 {
				return answer.Paused, nil
			}
		}
	}
	return activities.CodeOther, nil
}

// downloadAll fetches, stores and acknowledges data files until the bureau has no more, then applies all stored
// files.
func downloadAll(ctx workflow.Context, account activities.AccountRef, idle activities.ExchangeIdle,
	result *ExchangeResult) (paused int, err error) {
	for range maxFilesPerExchange {
		var answer activities.DownloadResult
		if err := workflow.ExecuteActivity(bureauActivity(ctx), a.bureau.Download, account).Get(ctx, &answer); err != nil {
			if paused, err = pausedBy(ctx, err); err != nil {
				return 0, err
			}
			break
		}
		if answer.Stored {
			result.Downloaded++
		}
		if paused = answer.Paused; paused != 0 || !answer.More {
			break
		}
	}
	if idle.Apply && result.Downloaded == 0 {
		if idle.Certificates {
			return paused, nil
		}
	} else if err := workflow.ExecuteActivity(packing(ctx), a.bureau.Apply, account).Get(ctx, nil); err != nil {
		return 0, err
	}
	if err := workflow.ExecuteActivity(bureauActivity(ctx), a.bureau.FetchCertificates, account).Get(ctx,
		nil); err != nil {
		p, err := pausedBy(ctx, err)
		return max(paused, p), err
	}
	return paused, nil
}

// signalFilings sends the signals that are stored in the database.
func signalFilings(ctx workflow.Context, account activities.AccountRef) error {
	return workflow.ExecuteActivity(packing(ctx), a.bureau.DeliverSignals, account).Get(ctx, nil)
}

// packing is for database work on up to a thousand records.
func packing(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueBureau,
		HeartbeatTimeout:    heartbeatTimeout,
		StartToCloseTimeout: 5 * time.Minute,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute,
			MaximumAttempts: 5},
	})
}

// pausedBy turns an unreachable bureau into a pause: nothing is lost, and the schedule tries again.
func pausedBy(ctx workflow.Context, err error) (paused int, _ error) {
	if ctx.Err() != nil {
		return 0, err
	}
	workflow.GetLogger(ctx).Warn("pausing the exchange with the bureau", "reason", reasonOf(err))
	return activities.CodeOther, nil
}
