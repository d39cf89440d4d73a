package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// imported is a customer whom the provider gave a mobile number.
func imported(t *testing.T, s *store.Store, mobile string) store.User {
	t.Helper()
	_, err := s.ImportOrder(t.Context(), store.OrderImport{Number: "N1", Customer: "newcomer", Product: "p",
		Domains: []string{"www.example.com"}, Mobile: &mobile})
	require.NoError(t, err)
	u, err := s.UserByLogin(t.Context(), "newcomer")
	require.NoError(t, err)
	return u
}

// A code for a first password goes to the provider's address only, is taken from the quotas when staff ask for it, and
// guessing at it leads nowhere.
func TestFirstCodes(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	u := imported(t, s, "13900000009")
	_, _, err := s.RequestFirstCode(ctx, u.ID, filing.Mail)
	require.ErrorIs(t, err, store.ErrNoAddress)
	_, err = s.VerifyFirstCode(ctx, "newcomer", "00000000")
	require.ErrorIs(t, err, store.ErrCodeWrong)
	id, send, err := s.RequestFirstCode(ctx, u.ID, filing.SMS)
	require.NoError(t, err)
	to, err := s.AccountCode(ctx, id)
	require.NoError(t, err)
	require.Equal(t, store.AccountCode{Purpose: store.PurposePassword, Channel: filing.SMS, Login: "newcomer",
		To: "13900000009", First: true}, to)
	_, _, err = s.RequestFirstCode(ctx, u.ID, filing.SMS)
	require.ErrorIs(t, err, store.ErrCodeTooSoon)
	own, _, err := s.RequestRecovery(ctx, asker, "newcomer", filing.SMS)
	require.NoError(t, err)
	require.NotEqual(t, id, own, "what the customer asks for is another code")

	code, number, err := s.PrepareAccountCode(ctx, id)
	require.NoError(t, err)
	require.Equal(t, send, number)
	for range filing.MaxWrongTries {
		_, err = s.VerifyFirstCode(ctx, "newcomer", "00000000")
		require.ErrorIs(t, err, store.ErrCodeWrong)
	}
	_, err = s.VerifyFirstCode(ctx, "newcomer", code)
	require.ErrorIs(t, err, store.ErrCodeWrong, "locked, which nobody learns")
	now = now.Add(filing.ResendAfter)
	_, _, err = s.RequestFirstCode(ctx, u.ID, filing.SMS)
	require.NoError(t, err)
	code, _, err = s.PrepareAccountCode(ctx, id)
	require.NoError(t, err)
	now = now.Add(filing.CodeTTL + time.Second)
	_, err = s.VerifyFirstCode(ctx, "newcomer", code)
	require.ErrorIs(t, err, store.ErrCodeWrong, "expired")
	_, _, err = s.RequestFirstCode(ctx, u.ID, filing.SMS)
	require.NoError(t, err)
	code, _, err = s.PrepareAccountCode(ctx, id)
	require.NoError(t, err)
	got, err := s.VerifyFirstCode(ctx, "13900000009", code)
	require.NoError(t, err)
	require.Equal(t, id, got)
	_, err = s.VerifyFirstCode(ctx, "newcomer", code)
	require.ErrorIs(t, err, store.ErrCodeWrong, "used up")
	require.NoError(t, s.RecoverPassword(ctx, id, 0, "hash"))
	now = now.Add(filing.ResendAfter)
	_, _, err = s.RequestFirstCode(ctx, u.ID, filing.SMS)
	require.ErrorIs(t, err, store.ErrHasPassword)
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "13900000009")
}

// Staff learn that the customer's messages are used up, and nothing is sent.
func TestFirstCodesHaveQuotas(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	u := imported(t, s, "13900000009")
	sent := 0
	for range 7 {
		_, _, err := s.RequestFirstCode(ctx, u.ID, filing.SMS)
		if err != nil {
			require.ErrorIs(t, err, store.ErrQuota)
			break
		}
		sent++
		now = now.Add(filing.ResendAfter)
	}
	require.Equal(t, 5, sent, "a number gets five an hour")
	codes, err := s.FirstCodes(ctx, u.ID)
	require.NoError(t, err)
	require.Len(t, codes, 1)
}
