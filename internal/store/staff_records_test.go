package store_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// addTask is a task from the bureau, with its subject.
func addTask(t *testing.T, s *store.Store, account int64, key string) int64 {
	t.Helper()
	task := store.AccountTask(account, "verify", key, "林测试")
	task.Data = map[string]string{"name": "林测试"}
	require.NoError(t, s.AddTask(t.Context(), task))
	require.NoError(t, s.AddTask(t.Context(), task), "once")
	list, err := s.OpenTasks(t.Context(), 0, 1)
	require.NoError(t, err)
	require.Equal(t, task.Key, list[0].Key)
	return list[0].ID
}

func account(t *testing.T, s *store.Store, name string, provinces ...string) int64 {
	t.Helper()
	id, err := s.EnsureAccount(t.Context(), name, provinces...)
	require.NoError(t, err)
	return id
}

func answer(task int64, key string) store.Answer {
	return store.Answer{TaskID: task, Kind: store.StaffVerification, ResultKey: key, Data: map[string]string{"who": "林核实"},
		Actor: "support:a"}
}

// packed packs once with builders that record their input.
func packed(t *testing.T, s *store.Store, account int64, unfit map[int64]int) (sequence int64, what string) {
	t.Helper()
	staffs := func(name string) store.Builder[store.StaffRecord] {
		return func(_ int64, rows []store.StaffRecord) ([]byte, map[int64]filing.Unfit, error) {
			what += fmt.Sprintf("%s %d;", name, len(rows))
			bad := map[int64]filing.Unfit{}
			for _, r := range rows {
				if code := unfit[r.ID]; code != 0 {
					bad[r.ID] = filing.Unfit{Code: code}
				}
			}
			return []byte(name), bad, nil
		}
	}
	sequence, err := s.PackNext(t.Context(), account, 1000, store.Builders{
		Addresses: staffs("addresses"), Answers: staffs("answers"),
		Filings: func(_ int64, rows []store.WaitingRecord) ([]byte, map[int64]filing.Unfit, error) {
			what += fmt.Sprintf("filings %d;", len(rows))
			return []byte("filings"), nil, nil
		},
	})
	require.NoError(t, err)
	return sequence, what
}

func TestAnswersAreSealedAndGivenOnce(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	id := addTask(t, s, account(t, s, "default"), "1")
	var about map[string]string
	task, err := s.OpenTask(ctx, id, &about)
	require.NoError(t, err)
	require.Equal(t, "林测试", about["name"])
	require.Equal(t, "林测试", task.Detail)
	plain := store.AccountTask(task.AccountID.Int64, "notice", "2", "x")
	require.NoError(t, s.AddTask(ctx, plain))
	_, err = s.OpenTask(ctx, id+1, &about)
	require.ErrorIs(t, err, store.ErrNotFound, "nothing to answer")
	_, err = s.LatestAnswer(ctx, id)
	require.ErrorIs(t, err, store.ErrNotFound)

	require.NoError(t, s.AnswerTask(ctx, answer(id, "9")))
	require.ErrorIs(t, s.AnswerTask(ctx, answer(id, "9")), store.ErrConflict)
	require.ErrorIs(t, s.AnswerTask(ctx, answer(99, "9")), store.ErrNotFound)
	latest, err := s.LatestAnswer(ctx, id)
	require.NoError(t, err)
	require.JSONEq(t, `{"who":"林核实"}`, string(latest.Data))
	require.Equal(t, "support:a", latest.CreatedBy)
	for _, query := range []string{`SELECT sealed_data FROM staff_tasks`, `SELECT sealed FROM staff_records`} {
		var sealed []byte
		require.NoError(t, s.DB().QueryRowContext(ctx, query).Scan(&sealed))
		require.NotEmpty(t, sealed)
		require.False(t, json.Valid(sealed))
		require.NotContains(t, string(sealed), "林")
	}
}

// Blocks, then answers, then filings, each kind in its own files, per account; unfit rows are refused without a gap in
// the sequence.
func TestOrderOfDataFiles(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	here, there := account(t, s, "here"), account(t, s, "there", "330000")
	f := registered(t, s)
	revision := submitted(t, s, f)
	require.NoError(t,
		s.QueueRecord(ctx, store.NewRecord{AccountID: here, FilingID: f.ID, Revision: revision, Operation: 1}))
	first, second := addTask(t, s, here, "1"), addTask(t, s, here, "2")
	require.NoError(t, s.AnswerTask(ctx, answer(first, "8")))
	require.NoError(t, s.AnswerTask(ctx, answer(second, "9")))
	require.NoError(t, s.ReportBlocks(ctx, here,
		[]store.BlockValues{{From: 10, To: 20, Source: 1}, {From: 30, To: 40, Use: 4}}, "support:a"))
	accounts, err := s.Accounts(ctx)
	require.NoError(t, err)
	require.Equal(t, 5, accounts[0].Waiting)
	require.Zero(t, accounts[1].Waiting)
	sequence, what := packed(t, s, there, nil)
	require.Zero(t, sequence)
	require.Empty(t, what)

	var got []string
	unfit := map[int64]int{1: 5001} // the first answer
	for range 4 {
		sequence, what := packed(t, s, here, unfit)
		got = append(got, fmt.Sprintf("%d %s", sequence, what))
		again, nothing := packed(t, s, here, nil)
		require.Equal(t, sequence, again, "while a file is open nothing is packed")
		require.Empty(t, nothing)
		require.NoError(t, s.UploadAccepted(ctx, here, sequence))
	}
	require.Equal(t, []string{"1 addresses 2;", "2 answers 2;", "3 filings 1;", "0 "}, got)
	refused, err := s.LatestAnswer(ctx, first)
	require.NoError(t, err)
	require.EqualValues(t, 5001, refused.Code.Int64)
	require.False(t, refused.Sequence.Valid, "it wasn't sent")
	tasks, err := s.OpenTasks(ctx, 0, 10)
	require.NoError(t, err)
	require.Len(t, tasks, 1)
	require.Equal(t, store.TaskAnswerRefused, tasks[0].Kind)
	require.Equal(t, first, tasks[0].Answerable.Int64)
	require.NoError(t, s.AnswerTask(ctx, answer(first, "8")), "a refused answer can be replaced")
	_, what = packed(t, s, here, map[int64]int{4: 5008, 5: 5008})
	require.Equal(t, "answers 1;", what)
	sequence, what = packed(t, s, here, nil)
	require.Zero(t, sequence)
	require.Empty(t, what)
}

// submitted submits a filing's dossier and returns its revision.
func submitted(t *testing.T, s *store.Store, f store.Filing) int {
	t.Helper()
	require.NoError(t, s.Advance(t.Context(),
		store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Preparing, EventKind: "verified", Actor: "test"}))
	revision, err := s.SaveDossier(t.Context(), f.ID, filingtest.Dossier())
	require.NoError(t, err)
	return revision
}

// A result that identifies a number goes to the filing's record with that number while it waits for one, and otherwise
// to the staff answer.
func TestResultsThatNameAFilingAndAnAnswerAlike(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	here := account(t, s, "here")
	f := registered(t, s)
	require.NoError(t,
		s.QueueRecord(ctx, store.NewRecord{AccountID: here, FilingID: f.ID, Revision: submitted(t, s, f), Operation: 1}))
	task := addTask(t, s, here, "1")
	require.NoError(t, s.AnswerTask(ctx, answer(task, "1"))) // our record has the same holder's number at the bureau
	for n := range int64(2) {
		_, _ = packed(t, s, here, nil)
		require.NoError(t, s.UploadAccepted(ctx, here, n+1))
	}
	refuse := func(code int) store.Applied {
		id, err := s.StoreDownload(ctx, here, fmt.Sprint(code), []byte(fmt.Sprint(code)))
		require.NoError(t, err)
		done, err := s.ApplyDownload(ctx, here, id,
			[]store.Verdict{{RecordID: 1, Operation: 1, Key: "1", Decided: true, Code: code}})
		require.NoError(t, err)
		require.Empty(t, done.Unknown)
		return done
	}
	require.Len(t, refuse(1003).Refused, 1)
	open, err := s.LatestAnswer(ctx, task)
	require.NoError(t, err)
	require.False(t, open.Code.Valid)
	require.Empty(t, refuse(1016).Refused)
	decided, err := s.LatestAnswer(ctx, task)
	require.NoError(t, err)
	require.EqualValues(t, 1016, decided.Code.Int64)
	d, err := s.LatestDecision(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, 1003, d.Code)
}

func TestBlocksCoverOrders(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	here, there := account(t, s, "here"), account(t, s, "there")
	number := func(text string) uint32 {
		r, key := filing.ParseIPRange(text)
		require.Empty(t, key)
		from, _ := r.Numbers()
		return from
	}
	block := func(from, to string) store.BlockValues {
		return store.BlockValues{From: number(from), To: number(to), Source: 7}
	}
	for i, ips := range [][]string{{"192.0.2.5", "192.0.2.10-192.0.2.20"}, {"192.0.2.250-192.0.3.9"}, {"198.51.100.1"},
		{"198.51.100.1"}} {
		_, err := s.ImportOrder(ctx, store.OrderImport{Number: fmt.Sprintf("D%d", i+1), Customer: "demo", Product: "p",
			Domains: []string{"a.example.com"}, IPs: ips})
		require.NoError(t, err)
	}
	require.NoError(t, s.ReportBlocks(ctx, here, []store.BlockValues{block("192.0.2.0", "192.0.2.255")}, "support:a"))
	uncovered, err := s.UncoveredRanges(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, uncovered, "no block is reported yet, so nothing is known")
	outside, err := s.OutsideBlocks(ctx, []string{"198.51.100.1"})
	require.NoError(t, err)
	require.Empty(t, outside, "no block is reported yet, so nothing is known")
	_, _ = packed(t, s, here, nil)
	require.NoError(t, s.ApplyAddresses(ctx, here,
		[]store.AddressVerdict{{RecordID: 1, BureauID: 900, Source: false, Operation: 1, Code: 2998, Done: true}}))
	require.NoError(t, s.ApplyAddresses(ctx, there,
		[]store.AddressVerdict{{RecordID: 1, BureauID: 900, Source: true, Operation: 1, Code: 2998, Done: true}}))
	list, err := s.Blocks(ctx, 0, 10)
	require.NoError(t, err)
	require.Equal(t, store.BlockWaiting, list[0].State, "another kind's, another account's result")
	for range 2 {
		require.NoError(t, s.ApplyAddresses(ctx, here,
			[]store.AddressVerdict{{RecordID: 1, BureauID: 900, Source: true, Operation: 1, Code: 2998, Done: true}}))
	}
	uncovered, err = s.UncoveredRanges(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, []store.Uncovered{{Range: "192.0.2.250-192.0.3.9", Orders: 1, Order: "D2"},
		{Range: "198.51.100.1", Orders: 2, Order: "D3"}}, uncovered)

	outside, err = s.OutsideBlocks(ctx,
		[]string{"192.0.2.5", "192.0.2.10-192.0.2.20", "192.0.2.250-192.0.3.9", "198.51.100.1", "nonsense"})
	require.NoError(t, err)
	require.Equal(t, []string{"192.0.2.250-192.0.3.9", "198.51.100.1"}, outside)

	for want, v := range map[bool]store.BlockValues{true: block("192.0.2.255", "192.0.3.5"),
		false: block("192.0.3.0", "192.0.3.5")} {
		_, found, err := s.Overlapping(ctx, here, v, 0)
		require.NoError(t, err)
		require.Equal(t, want, found)
	}
	for _, free := range []struct {
		account, except int64
		source          int64
	}{{there, 0, 7}, {here, list[0].ID, 7}, {here, 0, 0}} {
		v := block("192.0.2.0", "192.0.2.255")
		v.Source = free.source
		_, found, err := s.Overlapping(ctx, free.account, v, free.except)
		require.NoError(t, err)
		require.False(t, found)
	}
}
