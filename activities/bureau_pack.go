package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/store"
)

// PackNext stores the next data file from the queue, or finds the one that isn't accepted yet; 0 if there is
// nothing to submit.
func (a *Bureau) PackNext(ctx context.Context, r AccountRef) (int64, error) {
	if a.byHand(r.AccountID) {
		return 0, nil
	}
	account := a.Accounts[r.AccountID]
	client := account.Client
	return a.Store.PackNext(ctx, r.AccountID, bureau.MaxRecords, store.Builders{
		MaxFile:   bureau.MaxFileSize,
		Addresses: builder(client, addressBlock, bureau.BuildAddresses),
		Answers:   builder(client, staffRecord, bureau.BuildStaffRecords),
		Filings:   builder(client, account.filingRecord, bureau.BuildRecords),
	})
}

// filingRecord is a filing in the interface's terms, with its papers.
func (b BureauAccount) filingRecord(w store.WaitingRecord) (bureau.Record, error) {
	r := bureau.Record{ID: w.ID, Dossier: w.Dossier, ICPmm: b.ICPmm, EmergencyPhone: b.EmergencyPhone}
	for _, p := range w.Papers {
		r.Papers = append(r.Papers, bureau.Paper{Format: p.Format, Purpose: p.Purpose, OfSite: p.OfSite, Approval: p.Approval,
			Remark: p.Remark, Content: p.Content})
	}
	for _, c := range w.Companions {
		companion, err := b.filingRecord(c)
		if err != nil {
			return r, err
		}
		r.Companions = append(r.Companions, companion)
	}
	return r, nil
}

// builder makes packed data files from rows, each converted to a record.
func builder[Row store.Row, Record any](client *bureau.Client, record func(Row) (Record, error),
	build func(version string, ispID int64, records []Record) ([]byte, bureau.Unfit, error)) store.Builder[Row] {
	return func(sequence int64, rows []Row) ([]byte, bureau.Unfit, error) {
		records := make([]Record, len(rows))
		for i, row := range rows {
			var err error
			if records[i], err = record(row); err != nil {
				return nil, nil, err
			}
		}
		content, unfit, err := build(client.Version(), client.ISPID(), records)
		if err != nil || content == nil {
			return nil, unfit, err
		}
		zipped, err := bureau.Pack(bureau.FileName(client.ISPID(), sequence), content)
		if !errors.Is(err, bureau.ErrTooBig) {
			return zipped, unfit, err
		}
		if len(rows) > 1 {
			return nil, nil, store.ErrFileTooBig
		}
		// too big on its own: it must not block the others
		return nil, bureau.Unfit{rows[0].RowID(): {Code: bureau.CodePapers}}, nil
	}
}

// staffRecord is staff's answer in the interface's terms.
func staffRecord(r store.StaffRecord) (record bureau.StaffRecord, err error) {
	record.ID = r.ID
	switch r.Kind {
	case store.StaffVerification:
		err = json.Unmarshal(r.Data, &record.Verification)
	case store.StaffUnfiled:
		err = json.Unmarshal(r.Data, &record.Unfiled)
	case store.StaffPapers:
		err = json.Unmarshal(r.Data, &record.Paper)
	}
	if err != nil {
		err = fmt.Errorf("staff record %d is unreadable", r.ID) // the JSON package quotes its input
	}
	return record, err
}

// addressBlock is an operation on a block in the interface's terms.
func addressBlock(r store.StaffRecord) (bureau.AddressBlock, error) {
	var o store.BlockOperation
	if err := json.Unmarshal(r.Data, &o); err != nil {
		return bureau.AddressBlock{}, fmt.Errorf("staff record %d is unreadable", r.ID)
	}
	return bureau.AddressBlock{
		Operation: bureau.AddressOperation(r.Operation), ID: r.ID, BureauID: o.BureauID, From: o.From, To: o.To,
		Source: o.Source, Use: o.Use, Since: o.Since, Assignment: o.Assignment, Remark: o.Remark,
	}, nil
}

// recogniseStaffs returns which of our staff records a file of the bureau's holds, and the IDs under which it adds
// our address blocks.
func (a *Bureau) recogniseStaffs(ctx context.Context, accountID int64,
	content []byte) (blocks, same []int64, err error) {
	if blocks, err = bureau.AddressIDs(content); err != nil {
		return nil, nil, failed(ReasonProtocol, fmt.Errorf("the bureau's newest data file is unreadable"), false, 0)
	}
	open, err := a.Store.UnacceptedStaffRecords(ctx, accountID)
	if err != nil {
		return nil, nil, err
	}
	client := a.Accounts[accountID].Client
	for _, r := range open {
		var holds bool
		if r.Kind == store.StaffAddresses {
			b, err := addressBlock(r)
			if err != nil {
				return nil, nil, err
			}
			holds = bureau.HoldsAddresses(content, client.Version(), client.ISPID(), b)
		} else {
			record, err := staffRecord(r)
			if err != nil {
				return nil, nil, err
			}
			holds = bureau.HoldsStaffs(content, client.Version(), client.ISPID(), record)
		}
		if holds {
			same = append(same, r.ID)
		}
	}
	return blocks, same, nil
}
