package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/store"
)

// CodeOther is the bureau's 其他错误 (3-4), used for an exchange that pauses because the bureau can't be reached.
const CodeOther = 999

// purgeEvery is how often a worker deletes what is past its retention, which is counted in days.
const purgeEvery = time.Hour

// signalBatch bounds the signals that one read of the database returns.
const signalBatch = 500

// Bureau holds the exchange with a bureau. It keeps the discipline of the sequence: a file is stored before it is
// sent, an attempt is counted before it is made, and if a file's answer was lost, the bureau is asked before the
// file is sent again.
type Bureau struct {
	Store *store.Store
	// Accounts by the ID of their row.
	Accounts map[int64]BureauAccount
	Temporal client.Client
	// FilingWorkflowID returns a filing's workflow ID.
	FilingWorkflowID func(ref string) string
	// Keep is how long data are kept.
	Keep store.Retention
	// Alerter alerts staff to an exchange that stops.
	Alerter StaffAlerter
	// Filings starts what waited for a bureau's answer; nil: nothing does.
	Filings *Filing
	Logger  *slog.Logger
	purged  atomic.Pointer[time.Time]
}

// BureauAccount is how a provider's account reaches its bureau.
type BureauAccount struct {
	// Client is nil for an account whose dossiers people submit.
	Client *bureau.Client
	// Hours in which the bureau takes filings; the zero value means always.
	Hours bureau.Hours
	// ICPmm and EmergencyPhone are bureau.Record's.
	ICPmm          string
	EmergencyPhone bureau.EmergencyPhone
}

// FileRef identifies a data file.
type FileRef struct {
	AccountID, Sequence int64
	// Again submits a file that we believe accepted, because the bureau says that it is missing.
	Again bool
}

// Turn is what an exchange may do now, and ExchangeIdle what there was nothing of.
type (
	Turn         = store.ExchangeTurn
	ExchangeIdle = store.ExchangeIdle
)

// Begin claims the account for this exchange, so that there is one writer.
func (a *Bureau) Begin(ctx context.Context, r AccountRef) (Turn, error) {
	if _, known := a.Accounts[r.AccountID]; !known {
		return Turn{},
			failed(ReasonNoAccount, fmt.Errorf("account %d is not in this worker's settings", r.AccountID), false, 0)
	}
	t, err := a.Store.BeginExchange(ctx, r.AccountID, writer(ctx))
	t.Manual = t.Manual || a.byHand(r.AccountID)
	if now := a.Store.Now(); err == nil && a.Accounts[r.AccountID].Hours.Next(now).After(now) {
		t.UploadPaused = true // it would only be told to wait
	}
	return t, err
}

// byHand reports whether people submit an account's dossiers, so that there is nothing to call. Exchanges that
// began before the settings said so end quietly.
func (a *Bureau) byHand(accountID int64) bool { return a.Accounts[accountID].Client == nil }

// Ended is what an exchange leaves to tell.
type Ended struct {
	// NothingToTell: neither staff nor customers need a message.
	NothingToTell bool
}

// End releases the account, deletes what is past its retention once an hour, and looks whether somebody must be told of
// something.
func (a *Bureau) End(ctx context.Context, r AccountRef) (ended Ended, err error) {
	if now := a.Store.Now(); now.Sub(a.purgedAt()) >= purgeEvery {
		if err := a.Store.Purge(ctx, a.Keep); err != nil {
			return ended, err
		}
		a.purged.Store(&now)
	}
	if err := a.Store.EndExchange(ctx, r.AccountID, writer(ctx)); err != nil {
		return ended, err
	}
	ended.NothingToTell, err = a.Store.NothingToTell(ctx)
	return ended, err
}

// purgedAt is when this worker last deleted what was past its retention.
func (a *Bureau) purgedAt() time.Time {
	if at := a.purged.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// writer identifies an exchange as its account's one writer: by the workflow's run, so that a retried activity is
// the same one.
func writer(ctx context.Context) string { return activity.GetInfo(ctx).WorkflowExecution.RunID }

// SubmitResult is the bureau's answer to a data file.
type SubmitResult struct {
	// Missing are the sequence numbers to submit first.
	Missing []int64
	// Paused is the code for "not now" or "not until fixed"; 0: accepted.
	Paused int
}

// SubmitFile submits a stored data file, once. Before sending, it asks the bureau for the last file: an earlier
// attempt may have been accepted and its answer lost, or the database may have lost its newest rows.
func (a *Bureau) SubmitFile(ctx context.Context, r FileRef) (SubmitResult, error) {
	if a.byHand(r.AccountID) {
		return SubmitResult{Paused: CodeOther}, nil
	}
	file, err := a.Store.Upload(ctx, r.AccountID, r.Sequence)
	switch {
	case r.Again && (errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrPurged)):
		// The bureau is missing a file that we don't have: only staff can find out why.
		return SubmitResult{Paused: bureau.CodeGap}, a.stop(ctx, r.AccountID, bureau.CodeGap)
	case errors.Is(err, store.ErrNotFound): // a recovery took it back
		return SubmitResult{}, nil
	case err != nil:
		return SubmitResult{}, err
	case !r.Again && !file.AcceptedAt.IsZero():
		return SubmitResult{}, nil
	}
	if !r.Again {
		previous, answer, err := a.Accounts[r.AccountID].Client.QueryPreviousUpload(ctx)
		if err != nil {
			return SubmitResult{}, unreachable(err)
		}
		if answer.Action() != bureau.GoOn {
			return a.refused(ctx, r, answer)
		}
		if previous.Sequence >= r.Sequence {
			return SubmitResult{}, a.accepted(ctx, r, file, previous)
		}
	}
	err = a.Store.UploadAttempt(ctx, r.AccountID, r.Sequence, writer(ctx))
	if errors.Is(err, store.ErrNotFound) { // a withdrawal took a record out of it
		return SubmitResult{}, nil
	} else if err != nil {
		return SubmitResult{}, err
	}
	answer, err := a.Accounts[r.AccountID].Client.Upload(ctx, r.Sequence, file.File)
	if err != nil {
		return SubmitResult{}, unreachable(err)
	}
	if answer.Action() == bureau.GoOn {
		return SubmitResult{}, a.Store.UploadAccepted(ctx, r.AccountID, r.Sequence)
	}
	return a.refused(ctx, r, answer)
}

// accepted records that the bureau has the file already; if the bureau has a different one, it recovers from that.
func (a *Bureau) accepted(ctx context.Context, r FileRef, file store.Upload, previous bureau.PreviousUpload) error {
	if previous.Sequence == r.Sequence {
		if previous.Digest == bureau.Digest(file.File) {
			return a.Store.UploadAccepted(ctx, r.AccountID, r.Sequence)
		}
		ours, err := bureau.Unzip(file.File)
		if err != nil {
			return err
		}
		theirs, err := bureau.Unzip(previous.Zipped)
		if err == nil && bureau.SameXML(ours, theirs) {
			return a.Store.UploadAccepted(ctx, r.AccountID, r.Sequence)
		}
	}
	return a.recover(ctx, r.AccountID, previous)
}

// recover restores our place in the sequence from the bureau's newest file.
func (a *Bureau) recover(ctx context.Context, accountID int64, previous bureau.PreviousUpload) error {
	var ids []int64
	content, err := bureau.Unzip(previous.Zipped)
	if err == nil {
		ids, err = bureau.RecordIDs(content)
	}
	if err != nil {
		return failed(ReasonProtocol, errors.New("the bureau's newest data file is unreadable"), false, 0)
	}
	records, err := a.Store.RecordsByID(ctx, accountID, ids)
	if err != nil {
		return err
	}
	found := store.Recovered{Sequence: previous.Sequence, File: previous.Zipped, Records: ids}
	for _, w := range records {
		record, err := a.Accounts[accountID].filingRecord(w)
		if err != nil {
			return err
		}
		if bureau.Holds(content, a.Accounts[accountID].Client.Version(), a.Accounts[accountID].Client.ISPID(), record) {
			found.Same = append(append(found.Same, w.ID), w.With()...)
		}
	}
	if found.Blocks, found.SameStaff, err = a.recogniseStaffs(ctx, accountID, content); err != nil {
		return err
	}
	if err := a.Store.Resynchronise(ctx, accountID, found, writer(ctx)); err != nil {
		return err
	}
	a.Logger.ErrorContext(ctx, "the bureau was ahead of the database; resynchronised", "account", accountID, "sequence",
		previous.Sequence, "records", len(ids), "recognised", len(found.Same), "recognised_staffs", len(found.SameStaff))
	return a.Store.AddTask(ctx, store.AccountTask(accountID, store.TaskResynchronised, fmt.Sprint(previous.Sequence),
		fmt.Sprintf("%d: %d / %d", previous.Sequence, len(found.Same), len(ids))))
}

// refused turns an answer other than "done" into what the exchange does next.
func (a *Bureau) refused(ctx context.Context, r FileRef, answer bureau.Answer) (SubmitResult, error) {
	switch answer.Action() {
	case bureau.FillGap:
		if len(answer.Missing) == 0 {
			return SubmitResult{Paused: answer.Code}, nil
		}
		return SubmitResult{Missing: answer.Missing}, nil
	case bureau.TellStaff, bureau.TellCustomer:
		return SubmitResult{Paused: answer.Code}, a.stop(ctx, r.AccountID, answer.Code)
	case bureau.Rebuild:
		return SubmitResult{},
			failed(ReasonProtocol, fmt.Errorf("data file %d did not arrive whole (code %d)", r.Sequence, answer.Code), false, 0)
	}
	return SubmitResult{Paused: answer.Code},
		a.Store.PauseUpload(ctx, r.AccountID, answer.Code, answer.ResumeAt(a.Store.Now(), a.Accounts[r.AccountID].Hours))
}

// stop halts the account until staff fix what the code says; they are alerted once.
func (a *Bureau) stop(ctx context.Context, accountID int64, code int) error {
	stopped, err := a.Store.StopAccount(ctx, accountID, code)
	if err != nil || !stopped {
		return err
	}
	a.Logger.ErrorContext(ctx, "the exchange with the bureau is stopped until staff fix it", "account", accountID,
		"code", code)
	if err := a.Store.AddTask(ctx, store.AccountTask(accountID, store.TaskStopped,
		fmt.Sprintf("%d/%d", code, a.Store.Now().UnixMicro()), fmt.Sprint(code))); err != nil {
		return err
	}
	// If starting the alert fails here, the end of the exchange retries it.
	id, err := a.Store.PendingStopAlert(ctx, accountID)
	if err == nil && id != 0 {
		err = a.Alerter.StartStaffAlert(ctx, id)
	}
	if err != nil {
		a.Logger.WarnContext(ctx, "alerting staff to a stopped exchange failed; retrying later", "account", accountID,
			"error", err)
	}
	return nil
}

func unreachable(err error) error { return failed(ReasonUnreachable, err, false, 0) }

// FetchCertificates fetches the certificate files of approvals that lack theirs. A failure doesn't hold up the
// others.
func (a *Bureau) FetchCertificates(ctx context.Context, r AccountRef) error {
	if a.byHand(r.AccountID) {
		return nil
	}
	missing, err := a.Store.MissingCertificates(ctx, r.AccountID)
	if err != nil {
		return err
	}
	var failures error
	for _, m := range missing {
		content, err := a.Accounts[r.AccountID].Client.FetchCertificate(ctx, m.Path)
		if err != nil {
			failures = unreachable(fmt.Errorf("certificate of record %d: %w", m.RecordID, err))
			continue
		}
		if err := a.Store.StoreCertificate(ctx, m.RecordID, content); err != nil {
			return err
		}
	}
	return failures
}

// DeliverSignals sends filings the signals stored for them. A signal may be sent twice if the process dies in
// between, which filings allow for. One that can't be sent doesn't hold up the others: it waits for the next exchange.
// It also starts the filings that waited for what the signals report.
func (a *Bureau) DeliverSignals(ctx context.Context, _ AccountRef) error {
	if err := a.deliverSignals(ctx); err != nil || a.Filings == nil {
		return err
	}
	return a.Filings.startDue(ctx, 0)
}

func (a *Bureau) deliverSignals(ctx context.Context) error {
	var failures error
	var after int64
	for {
		list, err := a.Store.UnsentSignals(ctx, after, signalBatch)
		if err != nil || len(list) == 0 {
			return errors.Join(failures, err)
		}
		for _, s := range list {
			after = s.ID
			err := a.Temporal.SignalWorkflow(ctx, a.FilingWorkflowID(s.Ref()), "", s.Name,
				Address(s.Name, json.RawMessage(s.Payload)))
			var gone *serviceerror.NotFound
			switch {
			case err == nil, errors.As(err, &gone): // a filing that has ended needs no signal
				if err := a.Store.SignalSent(ctx, s.ID); err != nil {
					return errors.Join(failures, err)
				}
			case temporalAway(err):
				return errors.Join(failures, err)
			default:
				failures = errors.Join(failures, fmt.Errorf("signal %d of filing %d: %w", s.ID, s.FilingID, err))
			}
		}
	}
}

// temporalAway reports whether an error of Temporal's is about the server, not about one workflow.
func temporalAway(err error) bool {
	var away *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	return errors.As(err, &away) || errors.As(err, &late) || errors.Is(err, context.DeadlineExceeded)
}
