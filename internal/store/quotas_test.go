package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// One customer can't have codes sent to many people, whichever way they name them: by correcting the contact, or by
// withdrawing the filing and opening another.
func TestACustomerReachesFewRecipients(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	order, f := opened(t, s, "D1", "demo")
	contact := filingtest.Contact()
	_, err := s.RegisterContact(ctx, order.CustomerID, f.ID, contact, "hash")
	require.NoError(t, err)
	sent := 1
	for i := range 40 {
		_, err = s.CorrectContact(ctx, f.ID, fmt.Sprintf("139%08d", i), contact.Email)
		if err == nil {
			sent++
			continue
		}
		over, is := errors.AsType[*store.QuotaError](err)
		require.True(t, is, "%v", err)
		require.Equal(t, store.QuotaSMSRecipients, over.Quota.Kind)
		require.Equal(t, time.Hour, over.Wait.Round(time.Second))
	}
	require.Equal(t, 5, sent)
	v, err := s.Verifications(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, sent, v[filing.SMS].Sends, "a refused correction changes nothing")

	_, other := opened(t, s, "D2", "demo")
	contact.Mobile = "13800000000"
	_, err = s.RegisterContact(ctx, order.CustomerID, other.ID, contact, "hash")
	require.ErrorIs(t, err, store.ErrQuota, "another order of theirs")
	now = now.Add(time.Hour + time.Second)
	_, err = s.RegisterContact(ctx, order.CustomerID, other.ID, contact, "hash")
	require.NoError(t, err)
}

// Nobody gets many codes, whoever asks for them.
func TestARecipientGetsFewCodesFromAllCustomers(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	sent := 0
	for i := range 8 {
		order, f := opened(t, s, fmt.Sprintf("D%d", i), fmt.Sprintf("customer%d", i))
		contact := filingtest.Contact()
		contact.UserName, contact.Email = fmt.Sprintf("user%d", i), fmt.Sprintf("user%d@example.com", i)
		_, err := s.RegisterContact(ctx, order.CustomerID, f.ID, contact, "hash")
		if err == nil {
			sent++
		} else {
			require.ErrorIs(t, err, store.ErrQuota)
		}
	}
	require.Equal(t, 5, sent)
}

// The circuit breaker holds for everybody, also for requests at the same time.
func TestCodesOfAllHaveALimit(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	s.LimitQuota(store.QuotaSMS, store.Overall, 3)
	var all sync.WaitGroup
	var sent atomic.Int32
	for i := range 8 {
		order, f := opened(t, s, fmt.Sprintf("D%d", i), fmt.Sprintf("customer%d", i))
		all.Go(func() {
			contact := filingtest.Contact()
			contact.UserName, contact.Mobile = fmt.Sprintf("user%d", i), fmt.Sprintf("139%08d", i)
			contact.Email = fmt.Sprintf("user%d@example.com", i)
			_, err := s.RegisterContact(ctx, order.CustomerID, f.ID, contact, "hash")
			if err == nil {
				sent.Add(1)
			} else if !errors.Is(err, store.ErrQuota) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 3, sent.Load())
}

// Recovery says nothing about an account: neither its limits nor its guesses show, and strangers lock nobody out.
func TestStrangersNeitherLearnNorLock(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	verified(t, s)
	code := func(browser, typed string) (id int64, code string, ok bool) {
		by := store.Asker{Browser: browser, Network: browser}
		id, _, err := s.RequestRecovery(ctx, by, typed, filing.SMS)
		require.NoError(t, err)
		code, send, err := s.PrepareAccountCode(ctx, id)
		require.NoError(t, err)
		return id, code, send > 0
	}
	stranger, _, ok := code("stranger", "demo")
	require.True(t, ok)
	for range filing.MaxWrongTries + 1 {
		require.Error(t, s.VerifyAccountCode(ctx, stranger, "00000000"))
	}
	require.ErrorIs(t, s.VerifyAccountCode(ctx, stranger, "00000000"), store.ErrCodeLocked)
	owner, right, ok := code("owner", "demo")
	require.True(t, ok)
	require.NoError(t, s.VerifyAccountCode(ctx, owner, right), "the stranger's attempts were the stranger's")

	// The account's messages are used up: what is answered stays the same.
	for i := range 10 {
		code(fmt.Sprint("browser", i), "demo")
	}
	_, _, ok = code("last", "demo")
	require.False(t, ok, "nothing is sent")
	_, _, ok = code("last", "nobody")
	require.True(t, ok, "but to nobody")

	// What the asker did shows.
	by := store.Asker{Browser: "one", Network: "one"}
	id, _, err := s.RequestRecovery(ctx, by, "nobody", filing.SMS)
	require.NoError(t, err)
	for range 9 {
		now = now.Add(time.Minute)
		_, err = s.RepeatRecovery(ctx, by, id)
		require.NoError(t, err)
	}
	now = now.Add(time.Minute)
	_, err = s.RepeatRecovery(ctx, by, id)
	require.ErrorIs(t, err, store.ErrQuota)
}

// Guesses from many browsers have a ceiling, which looks like a wrong code.
func TestGuessesAtOneAccountHaveACeiling(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	s.LimitQuota(store.QuotaRecoveryTry, store.ByCustomer, 2)
	verified(t, s)
	var last error
	for i := range 3 {
		by := store.Asker{Browser: fmt.Sprint(i), Network: "n"}
		id, _, err := s.RequestRecovery(ctx, by, "demo", filing.Mail)
		require.NoError(t, err)
		code, _, err := s.PrepareAccountCode(ctx, id)
		require.NoError(t, err)
		if i < 2 {
			code = "00000000"
		}
		last = s.VerifyAccountCode(ctx, id, code)
		require.ErrorIs(t, last, store.ErrCodeWrong)
	}
}

// Staff see what is spent and who is blocked until when, and let somebody start over.
func TestQuotasAreSeenAndReset(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now().Truncate(time.Second)
	s.SetClock(func() time.Time { return now })
	query := func(network string) error {
		return s.Spend(ctx, store.QuotaQuery, map[store.QuotaScope]string{store.ByNetwork: network})
	}
	state := func(kind store.QuotaKind, scope store.QuotaScope) store.QuotaState {
		states, err := s.QuotaStates(ctx)
		require.NoError(t, err)
		require.Len(t, states, len(store.Quotas), "those of which nothing is spent too")
		i := slices.IndexFunc(states, func(q store.QuotaState) bool { return q.Kind == kind && q.Scope == scope })
		require.GreaterOrEqual(t, i, 0)
		return states[i]
	}
	require.Zero(t, state(store.QuotaQuery, store.ByNetwork).Used)
	for range 20 {
		require.NoError(t, query("192.0.2.1"))
	}
	require.NoError(t, query("192.0.2.2"))
	require.ErrorIs(t, query("192.0.2.1"), store.ErrQuota)
	got := state(store.QuotaQuery, store.ByNetwork)
	require.Equal(t, []any{int64(21), 2, 1}, []any{got.Used, got.Subjects, got.Blocked})
	require.False(t, got.Full(), "nobody else is blocked")
	blocked, err := s.BlockedSubjects(ctx, 9)
	require.NoError(t, err)
	require.Len(t, blocked, 1)
	require.Equal(t, "192.0.2.1", blocked[0].Subject)
	require.Equal(t, store.QuotaQuery, blocked[0].Quota.Kind)
	require.Equal(t, now.Add(time.Hour).UTC(), blocked[0].EndsAt.UTC())
	var stored int
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT COUNT(*) FROM quota_usage
		WHERE sealed_subject LIKE '%192.0.2%'`).Scan(&stored))
	require.Zero(t, stored, "it is sealed")

	require.ErrorIs(t, s.ResetQuota(ctx, "nonsense", blocked[0].ID), store.ErrNotFound)
	require.ErrorIs(t, s.ResetQuota(ctx, blocked[0].Quota.Name(), "zz"), store.ErrNotFound)
	require.NoError(t, s.ResetQuota(ctx, blocked[0].Quota.Name(), blocked[0].ID))
	require.NoError(t, query("192.0.2.1"))

	s.LimitQuota(store.QuotaSMS, store.Overall, 2)
	for range 2 {
		require.NoError(t, s.Spend(ctx, store.QuotaSMS, nil))
	}
	require.ErrorIs(t, s.Spend(ctx, store.QuotaSMS, nil), store.ErrQuota)
	breaker := state(store.QuotaSMS, store.Overall)
	require.True(t, breaker.Full())
	require.NoError(t, s.ResetQuota(ctx, breaker.Name(), ""))
	require.False(t, state(store.QuotaSMS, store.Overall).Full())
	require.NoError(t, s.Spend(ctx, store.QuotaSMS, nil))
	now = now.Add(25 * time.Hour)
	require.Zero(t, state(store.QuotaSMS, store.Overall).Used, "the window is over")
}
