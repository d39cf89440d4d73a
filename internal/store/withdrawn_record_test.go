package store_test

import (
	"errors"
	"io"
	"net"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// inLine is a filing whose first revision waits for the account's next data file.
func inLine(t *testing.T, s *store.Store, account int64, number string) store.Filing {
	t.Helper()
	ctx := t.Context()
	f := preparing(t, s, number)
	d := filingtest.Dossier()
	d.Holder.DocumentNumber = number
	revision, err := s.SaveDossier(ctx, f.ID, d)
	require.NoError(t, err)
	require.NoError(t,
		s.QueueRecord(ctx, store.NewRecord{AccountID: account, FilingID: f.ID, Revision: revision, Operation: 1}))
	f, err = s.Filing(ctx, f.ID)
	require.NoError(t, err)
	return f
}

func withdraw(t *testing.T, s *store.Store, f store.Filing) {
	t.Helper()
	require.NoError(t, s.Advance(t.Context(), store.Progress{FilingID: f.ID, Seq: f.Seq + 10, Stage: filing.Withdrawn,
		EventKind: filing.EventWithdrawn, Actor: "customer:demo"}))
}

// Nothing of a withdrawn filing goes to the bureau: neither what waits in line, nor what is packed but wasn't sent, nor
// what a late activity queues.
func TestWithdrawnFilingLeavesTheLine(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account := account(t, s, "default")
	var packs [][]int64
	builders := store.Builders{Filings: builder(t, &packs)}
	waiting, packed, sent := inLine(t, s, account, "D1"), inLine(t, s, account, "D2"), inLine(t, s, account, "D3")

	withdraw(t, s, waiting)
	sequence, err := s.PackNext(ctx, account, 1000, builders)
	require.NoError(t, err)
	require.Equal(t, [][]int64{{2, 3}}, packs)

	withdraw(t, s, packed)
	_, err = s.BeginExchange(ctx, account, "writer")
	require.NoError(t, err)
	require.ErrorIs(t, s.UploadAttempt(ctx, account, sequence, "writer"), store.ErrNotFound, "the file is unpacked")
	again, err := s.PackNext(ctx, account, 1000, builders)
	require.NoError(t, err)
	require.Equal(t, sequence, again, "no gap in the sequence")
	require.Equal(t, []int64{3}, packs[len(packs)-1])

	require.NoError(t, s.UploadAttempt(ctx, account, again, "writer"))
	withdraw(t, s, sent)
	_, err = s.Upload(ctx, account, again)
	require.NoError(t, err, "the bureau may have it")

	require.ErrorIs(t, s.QueueRecord(ctx, store.NewRecord{AccountID: account, FilingID: waiting.ID, Revision: 1,
		Operation: 1}), store.ErrConflict)
	require.ErrorIs(t, s.QueueRefused(ctx, store.NewRecord{AccountID: account, FilingID: waiting.ID, Revision: 1,
		Operation: 1}, 1064), store.ErrConflict)
}

// A finished filing isn't stuck, whichever step finished it.
func TestFinalStageClearsWhatIsStuck(t *testing.T) {
	for _, stage := range []filing.Stage{filing.Filed, filing.Deregistered, filing.Withdrawn} {
		s, ctx := testdb.New(t), t.Context()
		_, f := opened(t, s, "D1", "demo")
		yes := true
		require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, Stuck: &yes, StuckStep: "notify_sms",
			StuckReason: "operator", EventKind: filing.EventStuck, Actor: "system"}))
		f, err := s.Filing(ctx, f.ID)
		require.NoError(t, err)
		require.EqualValues(t, 1, f.StuckSeq)
		require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 2, Stage: stage, EventKind: "x", Actor: "system"}))
		f, err = s.Filing(ctx, f.ID)
		require.NoError(t, err)
		require.False(t, f.Stuck(), stage)
		require.Zero(t, f.StuckSeq)
	}
}

// The contact form sent twice prepares one code; another contact prepares others, which whoever sends the first ones
// sends instead.
func TestContactFormSentTwice(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	order, f := opened(t, s, "D1", "demo")
	contact := filingtest.Contact()
	versions := make(chan int, 8)
	failures := make(chan error, 8)
	for range cap(versions) {
		go func() {
			version, err := s.RegisterContact(ctx, order.CustomerID, f.ID, contact, "hash")
			versions <- version
			failures <- err
		}()
	}
	for range cap(versions) {
		require.NoError(t, <-failures)
		require.Equal(t, 1, <-versions)
	}
	codes, err := s.Verifications(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, 1, codes[filing.SMS].Sends)

	contact.Mobile = "13911112222"
	version, err := s.RegisterContact(ctx, order.CustomerID, f.ID, contact, "hash")
	require.NoError(t, err)
	require.Equal(t, 2, version)
	_, number, err := s.PrepareCode(ctx, f.ID, filing.SMS)
	require.NoError(t, err)
	require.Equal(t, 2, number, "the newest code goes out, whichever was asked for")
	again, err := s.RequestCode(ctx, f.ID, filing.SMS)
	require.ErrorIs(t, err, store.ErrCodePending)
	require.Equal(t, 2, again, "the same request may be told again")
	require.NoError(t, s.CodeSent(ctx, f.ID, filing.SMS, 2))
	_, err = s.RequestCode(ctx, f.ID, filing.SMS)
	require.ErrorIs(t, err, store.ErrCodeTooSoon)
	require.NotErrorIs(t, err, store.ErrCodePending)

	require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Verifying,
		EventKind: filing.EventContactGiven, Actor: "customer:demo"}))
	_, err = s.RegisterContact(ctx, order.CustomerID, f.ID, contact, "hash")
	require.ErrorIs(t, err, store.ErrConflict, "a late form changes nothing")
}

func TestUnavailableIsAboutTheServer(t *testing.T) {
	for _, err := range []error{mysql.ErrInvalidConn, &net.OpError{Op: "dial", Err: errors.New("refused")},
		&mysql.MySQLError{Number: 1040}, &mysql.MySQLError{Number: 1290}, &mysql.MySQLError{Number: 1213}} {
		require.True(t, store.Unavailable(err), "%v", err)
	}
	for _, err := range []error{store.ErrNotFound, store.ErrConflict, io.EOF, errors.New("a bug"),
		&mysql.MySQLError{Number: 1064}, &mysql.MySQLError{Number: 1062}, &mysql.MySQLError{Number: 1146},
		&mysql.MySQLError{Number: 1054}} {
		require.False(t, store.Unavailable(err), "%v", err)
	}
}
