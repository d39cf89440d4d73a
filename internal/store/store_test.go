package store_test

import (
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// opened is an order's new filing.
func opened(t *testing.T, s *store.Store, number, customer string) (store.Order, store.Filing) {
	t.Helper()
	ctx := t.Context()
	_, err := s.ImportOrder(ctx, store.OrderImport{Number: number, Customer: customer, Product: "p",
		Domains: []string{"www.example.com", "example.com"}, IPs: []string{"192.0.2.1"},
		WebSpace: &store.WebSpace{Protocol: "ftp", Host: "h", Port: 21, User: "u", Password: "secret"}})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, customer)
	require.NoError(t, err)
	order, err := s.OrderOf(ctx, user.ID, number)
	require.NoError(t, err)
	f, err := s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	return order, f
}

func registered(t *testing.T, s *store.Store) store.Filing {
	t.Helper()
	order, f := opened(t, s, "D1", "demo")
	_, err := s.RegisterContact(t.Context(), order.CustomerID, f.ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	return f
}

func TestImportAgainUpdates(t *testing.T) {
	s := testdb.New(t)
	order, f := opened(t, s, "D1", "demo")
	require.Equal(t, []string{"www.example.com", "example.com"}, order.Domains)
	created, err := s.ImportOrder(t.Context(),
		store.OrderImport{Number: "D1", Customer: "demo", Product: "q", Domains: []string{"www.example.net"}})
	require.NoError(t, err)
	require.False(t, created)
	order, err = s.Order(t.Context(), order.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"www.example.net"}, order.Domains)
	again, err := s.OpenFiling(t.Context(), order.ID)
	require.NoError(t, err)
	require.Equal(t, f.ID, again.ID, "a double click finds the same filing")
	_, err = s.OrderOf(t.Context(), order.CustomerID+1, "D1")
	require.ErrorIs(t, err, store.ErrNotFound, "another's order")
}

func TestUserNamesBelongToOneCustomer(t *testing.T) {
	s := testdb.New(t)
	registered(t, s)
	order, f := opened(t, s, "D2", "other")
	_, err := s.RegisterContact(t.Context(), order.CustomerID, f.ID, filingtest.Contact(), "hash")
	require.ErrorIs(t, err, store.ErrUserNameTaken)
	free, err := s.UserNameFree(t.Context(), order.CustomerID, filingtest.Contact().UserName)
	require.NoError(t, err)
	require.False(t, free)
}

func TestCodeIsRightOnceAndTheSameAtEachTry(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	code, number, err := s.PrepareCode(ctx, f.ID, filing.SMS)
	require.NoError(t, err)
	require.NotZero(t, number)
	again, _, err := s.PrepareCode(ctx, f.ID, filing.SMS)
	require.NoError(t, err)
	require.Equal(t, code, again)
	require.NoError(t, s.CodeSent(ctx, f.ID, filing.SMS, 1))
	_, number, err = s.PrepareCode(ctx, f.ID, filing.SMS)
	require.NoError(t, err)
	require.Zero(t, number, "it went out already")

	require.ErrorIs(t, s.VerifyCode(ctx, f.ID, filing.SMS, "00000000"), store.ErrCodeWrong)
	require.NoError(t, s.VerifyCode(ctx, f.ID, filing.SMS, code))
	done, err := s.Verified(ctx, f.ID)
	require.NoError(t, err)
	require.False(t, done, "the mail code is missing")
}

func TestFiveWrongTriesLockAndSendingAgainDoesNotHelp(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	_, _, err := s.PrepareCode(ctx, f.ID, filing.SMS)
	require.NoError(t, err)
	for range filing.MaxWrongTries - 1 {
		require.ErrorIs(t, s.VerifyCode(ctx, f.ID, filing.SMS, "00000000"), store.ErrCodeWrong)
	}
	require.ErrorIs(t, s.VerifyCode(ctx, f.ID, filing.SMS, "00000000"), store.ErrCodeLocked)
	_, err = s.RequestCode(ctx, f.ID, filing.SMS)
	require.ErrorIs(t, err, store.ErrCodeTooSoon)

	s.SetClock(func() time.Time { return time.Now().Add(2 * time.Minute) })
	send, err := s.RequestCode(ctx, f.ID, filing.SMS)
	require.NoError(t, err)
	code, number, err := s.PrepareCode(ctx, f.ID, filing.SMS)
	require.NoError(t, err)
	require.Equal(t, send, number)
	require.ErrorIs(t, s.VerifyCode(ctx, f.ID, filing.SMS, code), store.ErrCodeLocked)

	s.SetClock(func() time.Time { return time.Now().Add(24*time.Hour - time.Minute) })
	require.ErrorIs(t, s.VerifyCode(ctx, f.ID, filing.SMS, code), store.ErrCodeLocked, "for a whole day")
	s.SetClock(func() time.Time { return time.Now().Add(24*time.Hour + time.Minute) })
	require.ErrorIs(t, s.VerifyCode(ctx, f.ID, filing.SMS, code), store.ErrCodeExpired, "the lock is over, the code too")
}

func TestLateCodeIsNotAWrongOne(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	code, _, err := s.PrepareCode(ctx, f.ID, filing.Mail)
	require.NoError(t, err)
	s.SetClock(func() time.Time { return time.Now().Add(filing.CodeTTL + time.Minute) })
	require.ErrorIs(t, s.VerifyCode(ctx, f.ID, filing.Mail, code), store.ErrCodeExpired)
	v, err := s.Verifications(ctx, f.ID)
	require.NoError(t, err)
	require.Zero(t, v[filing.Mail].Tries)
}

// Fifty parallel guesses share five attempts.
func TestParallelGuessesShareTheTries(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	_, _, err := s.PrepareCode(ctx, f.ID, filing.SMS)
	require.NoError(t, err)
	var wg sync.WaitGroup
	answers := make(chan error, 50)
	for range 50 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			answers <- s.VerifyCode(ctx, f.ID, filing.SMS, "00000000")
		}()
	}
	wg.Wait()
	close(answers)
	wrong := 0
	for err := range answers {
		require.Error(t, err)
		if errors.Is(err, store.ErrCodeWrong) {
			wrong++
		}
	}
	require.LessOrEqual(t, wrong, filing.MaxWrongTries)
}

func TestCorrectedPhoneNeedsANewCodeAndKeepsTheCount(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	_, _, err := s.PrepareCode(ctx, f.ID, filing.SMS)
	require.NoError(t, err)
	require.ErrorIs(t, s.VerifyCode(ctx, f.ID, filing.SMS, "00000000"), store.ErrCodeWrong)
	changed, err := s.CorrectContact(ctx, f.ID, "13911112222", filingtest.Contact().Email)
	require.NoError(t, err)
	require.Equal(t, []filing.Channel{filing.SMS}, changed)
	v, err := s.Verifications(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, 2, v[filing.SMS].Sends)
	require.Equal(t, 1, v[filing.SMS].Tries)
	c, err := s.Contact(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, "13911112222", c.Details.Mobile)
}

// A page that was left open can't change a contact that both codes have confirmed since.
func TestConfirmedContactIsNotCorrectedByItsCustomer(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	confirmBoth(t, s, f.ID)
	_, err := s.CorrectContact(ctx, f.ID, "13911112222", filingtest.Contact().Email)
	require.ErrorIs(t, err, store.ErrConflict)
	changed, err := s.CorrectContact(ctx, f.ID, filingtest.Contact().Mobile, filingtest.Contact().Email)
	require.NoError(t, err, "nothing is asked for")
	require.Empty(t, changed)
	c, err := s.Contact(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, filingtest.Contact().Mobile, c.Details.Mobile)
	v, err := s.Verifications(ctx, f.ID)
	require.NoError(t, err)
	require.True(t, v[filing.SMS].VerifiedAt.Valid)
	require.Equal(t, 1, v[filing.SMS].Sends)
}

func TestProjectionTakesOnlyNewerSteps(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, f := opened(t, s, "D1", "demo")
	step := func(seq int64, stage filing.Stage) {
		require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: seq, Stage: stage, EventKind: "k", Actor: "a"}))
	}
	step(2, filing.Verifying)
	step(2, filing.Verifying) // repeated
	step(1, filing.Contact)   // late
	got, err := s.Filing(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, filing.Verifying, got.Stage)
	events, err := s.Events(ctx, f.ID)
	require.NoError(t, err)
	require.Len(t, events, 1)
}

// That a customer accepted the legal notice is recorded with its time, which later steps keep.
func TestAcceptedNoticeIsRecorded(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, f := opened(t, s, "D1", "demo")
	now := time.Date(2026, 11, 2, 3, 4, 5, 0, time.UTC)
	s.SetClock(func() time.Time { return now })
	step := func(seq int64, accepted bool) store.Filing {
		require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: seq, NoticeAccepted: accepted, EventKind: "k",
			Actor: "a"}))
		got, err := s.Filing(ctx, f.ID)
		require.NoError(t, err)
		return got
	}
	require.False(t, step(1, false).NoticeAcceptedAt.Valid)
	require.Equal(t, sql.NullTime{Time: now, Valid: true}, step(2, true).NoticeAcceptedAt)
	accepted := now
	now = now.Add(time.Hour)
	require.Equal(t, accepted, step(3, true).NoticeAcceptedAt.Time)
	require.Equal(t, accepted, step(4, false).NoticeAcceptedAt.Time)
}

func TestWithdrawnFilingMakesRoom(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	order, f := opened(t, s, "D1", "demo")
	require.NoError(t,
		s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Withdrawn, EventKind: "withdrawn", Actor: "a"}))
	next, err := s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	require.NotEqual(t, f.ID, next.ID)
}

func TestDossierIsTakenOnlyInItsStages(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, f := opened(t, s, "D1", "demo")
	_, err := s.SaveDossier(ctx, f.ID, filingtest.Dossier())
	require.ErrorIs(t, err, store.ErrConflict)
	require.NoError(t,
		s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Preparing, EventKind: "k", Actor: "a"}))
	for range 2 { // submitted twice
		revision, err := s.SaveDossier(ctx, f.ID, filingtest.Dossier())
		require.NoError(t, err)
		require.Equal(t, 1, revision)
	}
}
