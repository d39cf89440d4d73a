package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
)

const (
	// maxFilesPerExchange bounds one exchange's history; the schedule starts
	// the next one soon enough.
	maxFilesPerExchange = 20
	// maxGapFills bounds how often one file is answered with "a number is
	// missing" before a human must look.
	maxGapFills = 50
)

// ExchangeInput starts one exchange with the bureau for one provider account.
type ExchangeInput struct{ AccountID int64 }

// ExchangeResult is what an exchange did.
type ExchangeResult struct {
	Submitted  int
	Downloaded int
	// Paused is the bureau's code for "not now" or "not until mended"; 0 when
	// the exchange went to its end.
	Paused int
}

// Exchange submits what waits, fetches what the bureau has, and tells the
// filings concerned. A schedule starts it, never two at once for an account. At
// an account whose dossiers people submit, it only tells.
func Exchange(ctx workflow.Context, in ExchangeInput) (ExchangeResult, error) {
	var result ExchangeResult
	account := activities.AccountRef{AccountID: in.AccountID}

	turn, err := begin(ctx, account)
	if err != nil || turn.Busy {
		return result, err
	}
	if turn.Stopped || turn.Manual { // what was decided here is told all the same
		return result, errors.Join(signalFilings(ctx, account), end(ctx, account))
	}
	if result.Paused, err = inTurn(ctx, account, turn, &result); err != nil {
		return result, errors.Join(err, end(ctx, account))
	}
	return result, end(ctx, account)
}

// inTurn goes both ways with the bureau, as far as it lets us now.
func inTurn(ctx workflow.Context, account activities.AccountRef, turn activities.Turn, result *ExchangeResult) (paused int, err error) {
	if !turn.UploadPaused {
		if paused, err = submitAll(ctx, account, result); err != nil {
			return 0, err
		}
	}
	if !turn.DownloadPaused {
		pausedDown, err := downloadAll(ctx, account, result)
		if err != nil {
			return 0, err
		}
		paused = max(paused, pausedDown)
	}
	return paused, signalFilings(ctx, account)
}

func begin(ctx workflow.Context, account activities.AccountRef) (turn activities.Turn, err error) {
	err = workflow.ExecuteActivity(packing(ctx), a.bureau.Begin, account).Get(ctx, &turn)
	return turn, err
}

// end gives the account back, and has staff told what came up for them. That
// they couldn't be told now is no failure: the next exchange tells them.
func end(ctx workflow.Context, account activities.AccountRef) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx) // also when the exchange is cancelled
	if err := workflow.ExecuteActivity(packing(ctx), a.bureau.End, account).Get(ctx, nil); err != nil {
		return err
	}
	if err := workflow.ExecuteActivity(staffMailActivity(ctx), a.message.MailTasks).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Warn("staff could not be told of their tasks", "account", account.AccountID)
	}
	sendCustomerNotices(ctx, account)
	return nil
}

// maxCustomerNotices bounds an exchange's history; the next one goes on.
const maxCustomerNotices = 50

// sendCustomerNotices tells what came down of filings whose workflows are over. What
// can't be told now is told by the next exchange.
func sendCustomerNotices(ctx workflow.Context, account activities.AccountRef) {
	for range maxCustomerNotices {
		var more bool
		if err := workflow.ExecuteActivity(staffMailActivity(ctx), a.message.SendCustomerNotices).Get(ctx, &more); err != nil {
			workflow.GetLogger(ctx).Warn("customers could not be told of their filings", "account", account.AccountID, "reason", reasonOf(err))
			return
		}
		if !more {
			return
		}
	}
}

// submitAll submits data files until nothing waits.
func submitAll(ctx workflow.Context, account activities.AccountRef, result *ExchangeResult) (paused int, err error) {
	for range maxFilesPerExchange {
		var sequence int64
		if err := workflow.ExecuteActivity(packing(ctx), a.bureau.PackNext, account).Get(ctx, &sequence); err != nil || sequence == 0 {
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

// submitFile submits one data file; when the bureau misses earlier ones, those
// first.
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

// downloadAll fetches, stores and acknowledges data files until the bureau has
// no more, then applies all that are stored.
func downloadAll(ctx workflow.Context, account activities.AccountRef, result *ExchangeResult) (paused int, err error) {
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
	if err := workflow.ExecuteActivity(packing(ctx), a.bureau.Apply, account).Get(ctx, nil); err != nil {
		return 0, err
	}
	if err := workflow.ExecuteActivity(bureauActivity(ctx), a.bureau.FetchCertificates, account).Get(ctx, nil); err != nil {
		p, err := pausedBy(ctx, err)
		return max(paused, p), err
	}
	return paused, nil
}

// signalFilings sends the signals that stand in the database.
func signalFilings(ctx workflow.Context, account activities.AccountRef) error {
	return workflow.ExecuteActivity(packing(ctx), a.bureau.DeliverSignals, account).Get(ctx, nil)
}

// packing is for database work over up to a thousand records.
func packing(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueBureau,
		HeartbeatTimeout:    heartbeatTimeout,
		StartToCloseTimeout: 5 * time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute, MaximumAttempts: 5},
	})
}

// pausedBy turns a bureau that can't be reached into a pause: the schedule
// tries again, and nothing is lost meanwhile.
func pausedBy(ctx workflow.Context, err error) (paused int, _ error) {
	if ctx.Err() != nil {
		return 0, err
	}
	workflow.GetLogger(ctx).Warn("the exchange with the bureau pauses", "reason", reasonOf(err))
	return activities.CodeOther, nil
}
