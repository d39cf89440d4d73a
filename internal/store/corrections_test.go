package store_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// contacted is a filing in verification with a contact.
func contacted(t *testing.T, s *store.Store, order string) store.Filing {
	t.Helper()
	ctx := t.Context()
	_, err := s.ImportOrder(ctx,
		store.OrderImport{Number: order, Customer: "c-" + order, Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, "c-"+order)
	require.NoError(t, err)
	row, err := s.OrderOf(ctx, user.ID, order)
	require.NoError(t, err)
	f, err := s.OpenFiling(ctx, row.ID)
	require.NoError(t, err)
	contact := filingtest.Contact()
	contact.UserName = "user-" + order
	_, err = s.RegisterContact(ctx, user.ID, f.ID, contact, "")
	require.NoError(t, err)
	advanceTo(t, s, f.ID, 1, filing.Verifying)
	f, err = s.Filing(ctx, f.ID)
	require.NoError(t, err)
	return f
}

func advanceTo(t *testing.T, s *store.Store, id, seq int64, stage filing.Stage) {
	t.Helper()
	require.NoError(t,
		s.Advance(t.Context(), store.Progress{FilingID: id, Seq: seq, Stage: stage, EventKind: "x", Actor: "system"}))
}

// confirmBoth verifies both channels of a filing.
func confirmBoth(t *testing.T, s *store.Store, id int64) {
	t.Helper()
	for _, ch := range filing.Channels {
		code, number, err := s.PrepareCode(t.Context(), id, ch)
		require.NoError(t, err)
		require.NotZero(t, number)
		require.NoError(t, s.VerifyCode(t.Context(), id, ch, code))
	}
}

func correction(id int64, token, to string) store.NewCorrection {
	return store.NewCorrection{Token: strings.Repeat(token, 32), FilingID: id, Channel: filing.SMS, To: to,
		Proof: "video_call", Picture: []byte("jpeg"), By: "support:a"}
}

// While a filing is being verified, a corrected address takes effect at once and needs its code; only verified
// addresses are notified.
func TestCorrectionWhileVerifying(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := contacted(t, s, "V1")
	row, err := s.CorrectByStaff(ctx, correction(f.ID, "a", "13800000009"))
	require.NoError(t, err)
	require.Equal(t, store.CorrectionApplied, row.Outcome)
	require.True(t, row.EndedAt.Valid, "nothing is left to confirm")
	require.Equal(t, 2, row.Send, "the second code of the channel")
	contact, err := s.Contact(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, "13800000009", contact.Details.Mobile)
	require.Equal(t, 2, contact.Version)
	told, err := s.CorrectionNotice(ctx, strings.Repeat("a", 32), filing.SMS)
	require.NoError(t, err)
	require.Empty(t, told.To, "the old number was never verified")
	told, err = s.CorrectionNotice(ctx, strings.Repeat("a", 32), filing.Mail)
	require.NoError(t, err)
	require.Empty(t, told.To, "nor was the mail address")
	again, err := s.CorrectByStaff(ctx, correction(f.ID, "a", "13800000009"))
	require.NoError(t, err)
	require.Equal(t, row, again, "a form that is sent twice is one correction")
	_, err = s.CorrectByStaff(ctx, correction(f.ID, "b", "13800000009"))
	require.ErrorIs(t, err, store.ErrUnchanged)
}

// The last code is being verified while staff correct the other channel: the correction waits for the result, and
// leaves no unverified address on the filing.
func TestCorrectionWaitsForACodeThatIsBeingVerified(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := contacted(t, s, "R1")
	verify := func(tx interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	}, ch filing.Channel) {
		_, err := tx.ExecContext(ctx, `UPDATE verifications SET verified_at = NOW(6) WHERE filing_id = ?
			AND channel = ?`, f.ID, ch)
		require.NoError(t, err)
	}
	verify(s.DB(), filing.SMS)
	tx, err := s.DB().BeginTx(ctx, nil)
	require.NoError(t, err)
	defer tx.Rollback() //nolint:errcheck // no-op after Commit
	verify(tx, filing.Mail)

	type answer struct {
		row store.Correction
		err error
	}
	corrected := make(chan answer, 1)
	go func() {
		row, err := s.CorrectByStaff(ctx, correction(f.ID, "a", "13800000009"))
		corrected <- answer{row, err}
	}()
	require.Eventually(t, func() bool {
		var waiting int
		require.NoError(t, s.DB().QueryRowContext(ctx, `
			SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE()
			AND info LIKE '%FROM verifications%FOR UPDATE%' AND id <> CONNECTION_ID()`).Scan(&waiting))
		return waiting > 0 || len(corrected) > 0
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, tx.Commit())
	got := <-corrected
	require.NoError(t, got.err)
	require.Equal(t, store.CorrectionOpen, got.row.Outcome, "the old one counts until the new one is confirmed")
	both, err := s.Verified(ctx, f.ID)
	require.NoError(t, err)
	require.True(t, both)
	contact, err := s.Contact(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, filingtest.Contact().Mobile, contact.Details.Mobile)
}

// After verification the old address stays in effect until the new one's code is entered: only then does it give access
// to the customer's account.
func TestCorrectionAfterVerification(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	f := contacted(t, s, "P1")
	confirmBoth(t, s, f.ID)
	advanceTo(t, s, f.ID, 2, filing.Preparing)
	old := filingtest.Contact().Mobile
	mobile := func() string {
		contact, err := s.Contact(ctx, f.ID)
		require.NoError(t, err)
		addresses, err := s.ContactAddressesOf(ctx, f.CustomerID)
		require.NoError(t, err)
		require.Equal(t, contact.Details.Mobile, addresses.Mobile)
		return contact.Details.Mobile
	}
	first, err := s.CorrectByStaff(ctx, correction(f.ID, "a", "13800000008"))
	require.NoError(t, err)
	require.Equal(t, store.CorrectionOpen, first.Outcome)
	row, err := s.CorrectByStaff(ctx, correction(f.ID, "b", "13800000009"))
	require.NoError(t, err)
	require.Equal(t, old, mobile())
	for ch, want := range map[filing.Channel]string{filing.SMS: old, filing.Mail: filingtest.Contact().Email} {
		told, err := s.CorrectionNotice(ctx, strings.Repeat("b", 32), ch)
		require.NoError(t, err)
		require.Equal(t, want, told.To)
	}
	to, err := s.CorrectionCode(ctx, first.ID)
	require.NoError(t, err)
	require.Empty(t, to.To, "another came after it: no code of it goes out any more")
	to, err = s.CorrectionCode(ctx, row.ID)
	require.NoError(t, err)
	require.Equal(t, "13800000009", to.To)

	_, err = s.RequestCorrectionCode(ctx, row.ID)
	require.ErrorIs(t, err, store.ErrCodeTooSoon)
	now = now.Add(filing.ResendAfter)
	send, err := s.RequestCorrectionCode(ctx, row.ID)
	require.NoError(t, err)
	require.Equal(t, 2, send)
	code, number, err := s.PrepareCorrectionCode(ctx, row.ID)
	require.NoError(t, err)
	require.NotZero(t, number)
	wrong := strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
	require.ErrorIs(t, s.ConfirmCorrection(ctx, row, wrong), store.ErrCodeWrong)
	require.Equal(t, old, mobile())
	require.NoError(t, s.ConfirmCorrection(ctx, row, code))
	require.Equal(t, "13800000009", mobile())
	require.ErrorIs(t, s.ConfirmCorrection(ctx, row, code), store.ErrConflict, "it is used up")
	list, err := s.Corrections(ctx, f.ID, 9)
	require.NoError(t, err)
	require.Equal(t, store.CorrectionConfirmed, list[0].Outcome)
	require.Equal(t, store.CorrectionReplaced, list[1].Outcome)
	require.True(t, list[0].Pictured)
	picture, err := s.CorrectionPicture(ctx, f.ID, row.ID)
	require.NoError(t, err)
	require.Equal(t, "jpeg", string(picture))
	_, err = s.CorrectionPicture(ctx, f.ID+1, row.ID)
	require.ErrorIs(t, err, store.ErrNotFound, "another filing's")

	advanceTo(t, s, f.ID, 3, filing.Filed)
	_, err = s.CorrectByStaff(ctx, correction(f.ID, "c", "13800000007"))
	require.ErrorIs(t, err, store.ErrConflict, "it is done")
	now = now.Add(time.Hour)
	_, err = s.PurgePapers(ctx, time.Minute)
	require.NoError(t, err)
	_, err = s.CorrectionPicture(ctx, f.ID, row.ID)
	require.ErrorIs(t, err, store.ErrNotFound, "proofs go with papers")
}

// The last code may be entered while staff correct: it counts first, and the filing, which then leaves the stage, keeps
// the confirmed address.
func TestTheLastCodeMeetsACorrection(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := contacted(t, s, "R1")
	_, err := s.DB().ExecContext(ctx, `UPDATE verifications SET verified_at = NOW(6) WHERE channel = 'mail'`)
	require.NoError(t, err)
	typed, err := s.DB().BeginTx(ctx, nil)
	require.NoError(t, err)
	_, err = typed.ExecContext(ctx, `UPDATE verifications SET verified_at = NOW(6) WHERE channel = 'sms'`)
	require.NoError(t, err)
	type result struct {
		row store.Correction
		err error
	}
	done := make(chan result, 1)
	go func() {
		row, err := s.CorrectByStaff(ctx, correction(f.ID, "a", "13800000009"))
		done <- result{row, err}
	}()
	require.Eventually(t, func() bool {
		var waiting int
		err := s.DB().QueryRowContext(ctx, `SELECT COUNT(*) FROM information_schema.INNODB_TRX
			WHERE trx_state = 'LOCK WAIT'`).Scan(&waiting)
		return err == nil && waiting > 0
	}, 30*time.Second, 250*time.Millisecond, "the server refreshes that table only if nobody has read it for 100 ms")
	require.NoError(t, typed.Commit())
	got := <-done
	require.NoError(t, got.err)
	require.Equal(t, store.CorrectionOpen, got.row.Outcome)
	verified, err := s.Verified(ctx, f.ID)
	require.NoError(t, err)
	require.True(t, verified)
	contact, err := s.Contact(ctx, f.ID)
	require.NoError(t, err)
	require.NotEqual(t, "13800000009", contact.Details.Mobile)
}

// After a crash between verifying the code and writing the address, the code is still accepted.
func TestConfirmedCorrectionSurvivesACrash(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := contacted(t, s, "K1")
	confirmBoth(t, s, f.ID)
	advanceTo(t, s, f.ID, 2, filing.Preparing)
	row, err := s.CorrectByStaff(ctx, correction(f.ID, "a", "13800000009"))
	require.NoError(t, err)
	code, _, err := s.PrepareCorrectionCode(ctx, row.ID)
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `UPDATE contact_corrections SET verified_at = NOW(6) WHERE id = ?`, row.ID)
	require.NoError(t, err)
	require.NoError(t, s.ConfirmCorrection(ctx, row, code))
	contact, err := s.Contact(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, "13800000009", contact.Details.Mobile)
}

// Withdrawal by staff queues a notice to the customer; withdrawal by the customer doesn't.
func TestWithdrawalByStaffQueuesANotice(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	for order, actor := range map[string]string{"W1": "support:a", "W2": "customer:c-W2"} {
		f := contacted(t, s, order)
		require.NoError(t, s.Advance(ctx,
			store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Withdrawn, EventKind: "withdrawn", Actor: actor}))
	}
	list, err := s.PendingCustomerNotices(ctx, 9)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "withdrawn", list[0].Template)
	f, err := s.Filing(ctx, list[0].FilingID)
	require.NoError(t, err)
	require.Equal(t, "W1", f.OrderNumber)
}

// A message that was begun but may not have been sent is known to have been begun.
func TestBegunMessagesAreKnown(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Date(2026, 3, 6, 8, 0, 0, 0, time.UTC)
	s.SetClock(func() time.Time { return now })
	f := contacted(t, s, "M1")
	begin := func(ctx context.Context, key string) bool {
		begun, before, err := s.BeginMessage(ctx, key)
		require.NoError(t, err)
		require.Equal(t, time.Date(2026, 3, 6, 8, 0, 0, 0, time.UTC), begun, "the first try's")
		return before
	}
	require.False(t, begin(ctx, "k"))
	now = now.AddDate(0, 0, 3)
	require.True(t, begin(ctx, "k"))
	require.NoError(t,
		s.NoteMessage(ctx, store.Message{Key: "k", FilingID: f.ID, Channel: filing.SMS, Template: "contact_code"}))
	var left int
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT COUNT(*) FROM message_tries`).Scan(&left))
	require.Zero(t, left)
}
