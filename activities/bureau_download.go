package activities

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// DownloadResult says what was downloaded.
type DownloadResult struct {
	Stored bool
	More   bool
	Paused int
}

// spoiledFor is how long a file that can't be read is left unacknowledged: it is sent again meanwhile, and may
// arrive whole.
const spoiledFor = time.Hour

// Download fetches the next data file, stores it, and only then acknowledges it. A file that didn't arrive whole
// isn't acknowledged, so it comes again; so does one that can't be read, but after a while that is accepted as it
// is.
func (a *Bureau) Download(ctx context.Context, r AccountRef) (DownloadResult, error) {
	if a.byHand(r.AccountID) {
		return DownloadResult{}, nil
	}
	file, answer, err := a.Accounts[r.AccountID].Client.Download(ctx)
	if err != nil {
		return DownloadResult{}, unreachable(err)
	}
	switch answer.Action() {
	case bureau.GoOn:
	case bureau.TellStaff, bureau.TellCustomer:
		return DownloadResult{Paused: answer.Code}, a.stop(ctx, r.AccountID, answer.Code)
	default:
		return DownloadResult{Paused: answer.Code},
			a.Store.PauseDownload(ctx, r.AccountID, answer.Code, answer.ResumeAt(a.Store.Now(), a.Accounts[r.AccountID].Hours))
	}
	if file == nil {
		return DownloadResult{More: answer.Code == bureau.CodeMore}, nil
	}
	id, err := a.Store.StoreDownload(ctx, r.AccountID, file.Name, file.XML)
	if err != nil {
		return DownloadResult{}, err
	}
	if data, unreadable := bureau.ParseDownload(file.XML); unreadable != nil || data.Damaged {
		since, err := a.Store.DownloadSpoiled(ctx, id)
		if err != nil {
			return DownloadResult{}, err
		}
		if a.Store.Now().Sub(since) < spoiledFor {
			a.Logger.WarnContext(ctx, "a downloaded data file is damaged; not acknowledging it, so that it comes again",
				"account", r.AccountID, "file", file.Name)
			return DownloadResult{Stored: true}, nil
		}
	}
	acknowledged, err := a.Accounts[r.AccountID].Client.DownloadAck(ctx, file.Name)
	if err != nil {
		return DownloadResult{}, unreachable(err)
	}
	if acknowledged.Action() != bureau.GoOn {
		return DownloadResult{Stored: true, Paused: acknowledged.Code}, nil
	}
	more := answer.Code != bureau.CodeFinished // 0 may mean that another file follows
	return DownloadResult{Stored: true, More: more}, a.Store.DownloadAcknowledged(ctx, id)
}

// Apply applies the stored files. A file that can't be read is set aside for staff and doesn't hold up the others.
func (a *Bureau) Apply(ctx context.Context, r AccountRef) error {
	if a.byHand(r.AccountID) {
		return nil
	}
	ids, err := a.Store.OpenDownloads(ctx, r.AccountID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		file, err := a.Store.Download(ctx, id)
		if err != nil {
			return err
		}
		data, unreadable := bureau.ParseDownload(file.File)
		if unreadable != nil || data.Damaged {
			a.Logger.ErrorContext(ctx, "accepting a damaged data file as it is", "account", r.AccountID, "file", file.FileName)
			if err := a.Store.AddTask(ctx,
				store.AccountTask(r.AccountID, store.TaskUnreadable, fmt.Sprint(id), file.FileName)); err != nil {
				return err
			}
		}
		if unreadable != nil {
			if err := a.Store.DownloadUnreadable(ctx, id); err != nil {
				return err
			}
			continue
		}
		if err := a.apply(ctx, r.AccountID, file, data); err != nil {
			return err
		}
	}
	return nil
}

// apply applies one file. Lists and tasks come first, as writing them twice is harmless: the file counts as
// applied only with its verdicts, at the end.
func (a *Bureau) apply(ctx context.Context, accountID int64, file store.Download, data bureau.DownloadData) error {
	if err := a.applyLists(ctx, accountID, file.FileName, data); err != nil {
		return err
	}
	for _, r := range data.Results {
		if r.File == "" {
			continue
		}
		if err := a.fileRefused(ctx, accountID, r); err != nil {
			return err
		}
	}
	done, err := a.Store.ApplyDownload(ctx, accountID, file.ID, verdicts(a.Accounts[accountID].Client.ISPID(), data))
	if err != nil {
		return err
	}
	// A crash here costs tasks, not verdicts: a refusal shows on the filing too.
	for _, v := range done.Unknown {
		if err := a.Store.AddTask(ctx,
			store.AccountTask(accountID, store.TaskUnknownRecord, fmt.Sprintf("%s/%d/%s", file.FileName, v.Operation, v.Key),
				fmt.Sprintf("%s: %d %s %d", file.FileName, v.Operation, v.Key, v.Code))); err != nil {
			return err
		}
	}
	for _, f := range done.Refused {
		if err := a.Store.AddRefusalTask(ctx, accountID, f); err != nil {
			return err
		}
	}
	if len(data.Skipped) > 0 {
		a.Logger.WarnContext(ctx, "a downloaded data file has unknown sections", "file", file.FileName, "sections",
			data.Skipped)
	}
	return nil
}

// fileRefused splits a data file that broke the schema, until the offending record is alone and set aside.
func (a *Bureau) fileRefused(ctx context.Context, accountID int64, r bureau.Result) error {
	sequence, ok := bureau.SequenceOf(r.File)
	if !ok {
		return a.Store.AddTask(ctx, store.AccountTask(accountID, store.TaskUnknownRecord, r.File, r.File))
	}
	setAside, err := a.Store.SplitRefused(ctx, accountID, sequence, r.Code)
	if err != nil || setAside == 0 {
		return err
	}
	filingID, err := a.Store.FilingOfRecord(ctx, setAside)
	if err != nil {
		return err
	}
	return a.Store.AddRefusalTask(ctx, accountID, store.Refused{FilingID: filingID, RecordID: setAside, Code: r.Code})
}

// verdicts are a file's results on records, in the store's terms.
func verdicts(ispID int64, data bureau.DownloadData) []store.Verdict {
	var list []store.Verdict
	for _, f := range data.Filings {
		list = append(list, filedVerdicts(ispID, f)...)
	}
	for _, r := range data.Results {
		if r.File != "" || r.Code == 0 {
			continue
		}
		v := store.Verdict{
			Operation: r.Operation, Review: r.Review, Key: r.Key, Decided: true, Approved: r.Approved, Code: r.Code,
			Opinion: r.Opinion, ReviewedAt: r.ReviewedAt,
		}
		v.RecordID, v.SiteRecord = bureau.OwnRecord(r), bureau.OwnSite(r)
		if refusal, _ := filing.RefusalByCode(r.Code); refusal.Done && !r.Approved {
			v.Done = true // an intermediate success, such as 1062, decides no filing
		}
		list = append(list, v)
	}
	return list
}

// filedVerdicts are the numbers and IDs that a filing at the bureau gives to our records. A holder may have sites
// with other providers: only sites with an access of ours count.
func filedVerdicts(ispID int64, f filing.FiledHolder) []store.Verdict {
	var list []store.Verdict
	certificate := func(v store.Verdict) store.Verdict {
		v.Optional, v.HolderID, v.HolderNumber, v.CertificatePath = true, f.HolderID, f.Number, f.CertificatePath
		return v
	}
	for _, s := range f.Sites {
		for _, access := range s.Accesses {
			if access.Provider != 0 && access.Provider != ispID {
				continue
			}
			v := certificate(store.Verdict{SiteNumber: s.Number, SiteID: s.ID, AccessID: access.ID})
			for _, record := range bureau.RecordsOf(f, s, access) {
				v.RecordID = record
				list = append(list, v)
			}
			v.RecordID, v.Operation, v.Review, v.Key = 0, filing.KindChange.Operation(), true, fmt.Sprint(f.HolderID)
			list = append(list, v)
		}
	}
	return list
}

// applyLists stores what a file brings besides results.
func (a *Bureau) applyLists(ctx context.Context, accountID int64, file string, data bureau.DownloadData) error {
	for _, table := range data.Codes {
		rows := make([]store.CodeRow, len(table.Rows))
		for i, r := range table.Rows {
			rows[i] = store.CodeRow{ID: r.ID, Name: r.Name, Group: r.Group, Valid: r.Valid}
		}
		if err := a.Store.SaveCodeTable(ctx, table.Name, rows); err != nil {
			return err
		}
	}
	for _, b := range data.Blacklist {
		for _, domain := range b.Domains {
			if err := a.Store.SetBlacklisted(ctx, store.BlacklistDomain, domain, b.Name+" "+b.Remark, b.Removed); err != nil {
				return err
			}
		}
		if b.DocumentNumber != "" {
			if err := a.Store.SetBlacklisted(ctx, store.BlacklistHolder, store.HolderKey(b.DocumentType, b.DocumentNumber),
				b.Name+" "+b.Remark, b.Removed); err != nil {
				return err
			}
		}
	}
	// First store what is filed in the base, then remove what the same file takes away.
	if err := a.Store.SaveFiled(ctx, accountID, data.Filings); err != nil {
		return err
	}
	for _, e := range data.Ended {
		if err := a.Store.ForgetFiled(ctx, accountID, e.Site, e.ID); err != nil {
			return err
		}
		if _, err := a.Store.EndFilings(ctx, accountID, e.Site, e.ID, "bureau"); err != nil {
			return err
		}
	}
	if err := a.Store.ApplyAddresses(ctx, accountID, addressVerdicts(data)); err != nil {
		return err
	}
	for _, n := range tasksOf(file, data) {
		t := store.AccountTask(accountID, n.kind, n.key, n.detail)
		t.Data = n.about
		if err := a.Store.AddTask(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// note is a part of a file that becomes a task; about is what an answer to it must repeat, nil if it needs no
// answer.
type note struct {
	kind, key, detail string
	about             any
}

// addressVerdicts are a file's results on address blocks, in the store's terms.
func addressVerdicts(data bureau.DownloadData) []store.AddressVerdict {
	var list []store.AddressVerdict
	for _, r := range data.Addresses {
		refusal, _ := filing.RefusalByCode(r.Code)
		list = append(list, store.AddressVerdict{
			RecordID: r.ID, BureauID: r.BureauID, Source: r.Source, Operation: int(r.Operation), Code: r.Code,
			Done: refusal.Done, Opinion: r.Opinion,
		})
	}
	return list
}

// tasksOf are the parts of a file that only a person can act on.
func tasksOf(file string, data bureau.DownloadData) []note {
	var list []note
	add := func(kind, key string, detail ...string) *note {
		list = append(list, note{kind: kind, key: file + "/" + key, detail: strings.TrimSpace(strings.Join(detail, " "))})
		return &list[len(list)-1]
	}
	for _, e := range data.Ended {
		what := "主体"
		if e.Site {
			what = "网站"
		}
		add(store.TaskEnded, fmt.Sprint(e.Site, e.ID), what, fmt.Sprint(e.ID), e.Remark)
	}
	for _, f := range data.Found {
		if f.Illegal {
			add(store.TaskIllegalAccess, fmt.Sprint(f.ID), f.Domain, bureau.AddressText(f.IP), f.Remark)
			continue
		}
		add(store.TaskUnfiledSite, fmt.Sprint(f.ID), f.Domain, bureau.AddressText(f.IP), f.Remark).about = f
	}
	for _, t := range data.Tasks {
		add(store.TaskVerify, fmt.Sprint(t.HolderID), t.Number, t.Holder.Name).about = t
	}
	for i, c := range data.Checks {
		add(store.TaskCheck, fmt.Sprint(c.Kind, c.ID, i), c.SiteNumber, c.Domain, c.Detail)
	}
	for i, n := range data.Notices {
		add(store.TaskNotice, fmt.Sprint(n.ID, i), n.Number, n.Text)
	}
	for _, r := range data.Addresses {
		if refusal, _ := filing.RefusalByCode(r.Code); !refusal.Done {
			add(store.TaskAddresses, fmt.Sprint(r.ID, r.BureauID, r.Operation), fmt.Sprint(r.Code), r.Opinion)
		}
	}
	return list
}
