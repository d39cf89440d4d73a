package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/store"
)

// CodeOther is the bureau's 其他错误 (3-4), used for an exchange that pauses
// because the bureau can't be reached.
const CodeOther = 999

// signalBatch bounds how many signals one read of the database brings.
const signalBatch = 500

// Bureau holds the exchange with a bureau. The sequence discipline is here: a
// file is stored before it is sent, an attempt is counted before it is made,
// and a file whose answer was lost is asked after before it is sent again.
type Bureau struct {
	Store    *store.Store
	Client   *bureau.Client
	Temporal client.Client
	// FilingWorkflowID names an order's workflow.
	FilingWorkflowID func(orderNumber string) string
	Logger           *slog.Logger
}

// FileRef names a data file.
type FileRef struct {
	AccountID, Sequence int64
	// Again hands in a file that was accepted before as far as we know,
	// because the bureau says that it misses it.
	Again bool
}

// Stopped tells whether staff must mend something before the account goes on.
func (a *Bureau) Stopped(ctx context.Context, r AccountRef) (bool, error) {
	accounts, err := a.Store.Accounts(ctx)
	for _, account := range accounts {
		if account.ID == r.AccountID {
			return account.StoppedAt.Valid, err
		}
	}
	return false, err
}

// PackNext stores the next data file of what waits, or finds the one that isn't
// accepted yet; 0 when there is nothing to hand in.
func (a *Bureau) PackNext(ctx context.Context, r AccountRef) (int64, error) {
	return a.Store.PackNext(ctx, r.AccountID, bureau.MaxRecords, func(waiting []store.WaitingRecord) ([]byte, map[int64]int, error) {
		records := make([]bureau.NewFiling, len(waiting))
		for i, w := range waiting {
			records[i] = bureau.NewFiling{RecordID: w.ID, Dossier: w.Dossier}
		}
		content, unfit, err := bureau.BuildNewFilings(a.Client.Version(), a.Client.ISPID(), records)
		if err != nil || content == nil {
			return nil, unfit, err
		}
		zipped, err := bureau.Pack(content)
		return zipped, unfit, err
	})
}

// HandInResult is the bureau's answer to a data file.
type HandInResult struct {
	// Missing are the sequence numbers to hand in first.
	Missing []int64
	// Paused is the code for "not now" or "not until mended"; 0: accepted.
	Paused int
}

// HandIn hands in a stored data file, once.
func (a *Bureau) HandIn(ctx context.Context, r FileRef) (HandInResult, error) {
	file, err := a.Store.Upload(ctx, r.AccountID, r.Sequence)
	if errors.Is(err, store.ErrNotFound) && r.Again {
		// The bureau misses a file that we don't have: only staff can tell why.
		return HandInResult{Paused: bureau.CodeGap}, a.stop(ctx, r.AccountID, bureau.CodeGap)
	} else if err != nil {
		return HandInResult{}, err
	}
	if !r.Again && !file.AcceptedAt.IsZero() {
		return HandInResult{}, nil
	}
	if !r.Again && file.Attempts > 0 {
		// An earlier attempt may have been accepted and its answer lost.
		last, answer, err := a.Client.QueryPreviousUpload(ctx)
		if err != nil {
			return HandInResult{}, unreachable(err)
		}
		if answer.Action() != bureau.GoOn {
			return a.refused(ctx, r, answer)
		}
		if last >= r.Sequence {
			return HandInResult{}, a.Store.UploadAccepted(ctx, r.AccountID, r.Sequence)
		}
	}
	if err := a.Store.UploadAttempt(ctx, r.AccountID, r.Sequence); err != nil {
		return HandInResult{}, err
	}
	answer, err := a.Client.Upload(ctx, r.Sequence, file.File)
	if err != nil {
		return HandInResult{}, unreachable(err)
	}
	if answer.Action() == bureau.GoOn {
		return HandInResult{}, a.Store.UploadAccepted(ctx, r.AccountID, r.Sequence)
	}
	return a.refused(ctx, r, answer)
}

// refused turns an answer that isn't "done" into what the exchange does.
func (a *Bureau) refused(ctx context.Context, r FileRef, answer bureau.Answer) (HandInResult, error) {
	switch answer.Action() {
	case bureau.FillGap:
		return HandInResult{Missing: answer.Missing, Paused: pausedUnless(len(answer.Missing) > 0, answer.Code)}, nil
	case bureau.TellStaff:
		return HandInResult{Paused: answer.Code}, a.stop(ctx, r.AccountID, answer.Code)
	case bureau.Rebuild:
		return HandInResult{}, failed(ReasonProtocol, fmt.Errorf("data file %d did not arrive whole (code %d)", r.Sequence, answer.Code), false, 0)
	}
	return HandInResult{Paused: answer.Code}, nil
}

func pausedUnless(fine bool, code int) int {
	if fine {
		return 0
	}
	return code
}

func (a *Bureau) stop(ctx context.Context, accountID int64, code int) error {
	stopped, err := a.Store.StopAccount(ctx, accountID, code)
	if stopped {
		a.Logger.Error("the exchange with the bureau stopped until staff mend it", "account", accountID, "code", code)
	}
	return err
}

func unreachable(err error) error { return failed(ReasonUnreachable, err, false, 0) }

// DownloadResult tells what came down.
type DownloadResult struct {
	Stored bool
	More   bool
	Paused int
}

// Download fetches the next data file, stores it, and only then acknowledges
// it. One that didn't arrive whole isn't acknowledged and comes again.
func (a *Bureau) Download(ctx context.Context, r AccountRef) (DownloadResult, error) {
	file, answer, err := a.Client.Download(ctx)
	if err != nil {
		return DownloadResult{}, unreachable(err)
	}
	switch answer.Action() {
	case bureau.GoOn:
	case bureau.TellStaff:
		return DownloadResult{Paused: answer.Code}, a.stop(ctx, r.AccountID, answer.Code)
	default:
		return DownloadResult{Paused: answer.Code}, nil
	}
	if file == nil {
		return DownloadResult{More: answer.Code == bureau.CodeMore}, nil
	}
	id, err := a.Store.StoreDownload(ctx, r.AccountID, file.Name, file.XML)
	if err != nil {
		return DownloadResult{}, err
	}
	acknowledged, err := a.Client.DownloadAck(ctx, file.Name)
	if err != nil {
		return DownloadResult{}, unreachable(err)
	}
	if acknowledged.Action() != bureau.GoOn {
		return DownloadResult{Stored: true, Paused: acknowledged.Code}, nil
	}
	more := answer.Code != bureau.CodeFinished // 0 may have another file behind it
	return DownloadResult{Stored: true, More: more}, a.Store.DownloadAcknowledged(ctx, id)
}

// Apply writes what the stored files say.
func (a *Bureau) Apply(ctx context.Context, r AccountRef) error {
	ids, err := a.Store.OpenDownloads(ctx, r.AccountID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		file, err := a.Store.Download(ctx, id)
		if err != nil {
			return err
		}
		data, err := bureau.ParseDownload(file.File)
		if err != nil {
			// Kept, unread, for staff; the others must not wait for it.
			a.Logger.Error("a downloaded data file can't be read", "account", r.AccountID, "file", file.FileName)
			continue
		}
		unknown, err := a.Store.ApplyDownload(ctx, r.AccountID, id, verdicts(data))
		if err != nil {
			return err
		}
		if unknown > 0 || len(data.Skipped) > 0 {
			a.Logger.Warn("a downloaded data file says more than was read", "file", file.FileName, "unknown_records", unknown, "sections", data.Skipped)
		}
	}
	return nil
}

func verdicts(data bureau.DownloadData) []store.Verdict {
	var list []store.Verdict
	for _, f := range data.Filings {
		list = append(list, store.Verdict{RecordID: f.RecordID, HolderNumber: f.HolderNumber, SiteNumber: f.SiteNumber, CertificatePath: f.CertificatePath})
	}
	for _, r := range data.Results {
		list = append(list, store.Verdict{RecordID: r.RecordID, Decided: true, Approved: r.Approved, Code: r.Code, Opinion: r.Opinion, ReviewedAt: r.ReviewedAt})
	}
	return list
}

// FetchCertificates gets the certificate files of approvals that wait for
// theirs. One that can't be had doesn't keep the others.
func (a *Bureau) FetchCertificates(ctx context.Context, r AccountRef) error {
	missing, err := a.Store.MissingCertificates(ctx, r.AccountID)
	if err != nil {
		return err
	}
	var failures error
	for _, m := range missing {
		content, err := a.Client.FetchCertificate(ctx, m.Path)
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

// DeliverSignals sends filings what stands in the database for them. A signal
// may be sent twice when the process dies in between; filings take that.
func (a *Bureau) DeliverSignals(ctx context.Context, _ AccountRef) error {
	for {
		list, err := a.Store.UnsentSignals(ctx, signalBatch)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, s := range list {
			err := a.Temporal.SignalWorkflow(ctx, a.FilingWorkflowID(s.OrderNumber), "", s.Name, json.RawMessage(s.Payload))
			var gone *serviceerror.NotFound
			if err != nil && !errors.As(err, &gone) { // a filing that is over needs no signal
				return err
			}
			if err := a.Store.SignalSent(ctx, s.ID); err != nil {
				return err
			}
		}
	}
}
