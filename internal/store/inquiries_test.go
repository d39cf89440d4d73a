package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// A bureau's answer about a domain serves whoever asks the same within ten minutes, and is gone afterwards.
func TestAnswersOfABureauServeForAWhile(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "one", "310000")
	require.NoError(t, err)
	other, err := s.EnsureAccount(ctx, "two", "330000")
	require.NoError(t, err)
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	s.SetClock(func() time.Time { return now })
	unknown := func(account int64, condition int, value string) {
		t.Helper()
		_, _, err := s.KnownStatus(ctx, account, condition, value)
		require.ErrorIs(t, err, store.ErrNotFound)
	}
	id, err := s.AskStatus(ctx, account, 1, "example.com")
	require.NoError(t, err)
	q, err := s.Inquiry(ctx, id)
	require.NoError(t, err)
	require.Equal(t, store.Inquiry{ID: id, AccountID: account, Kind: store.InquiryStatus, ConditionType: 1,
		Value: "example.com"}, q)
	unknown(account, 1, "example.com")

	refused, err := s.AskStatus(ctx, account, 1, "example.net")
	require.NoError(t, err)
	require.NoError(t, s.AnswerStatus(ctx, refused, 7, filing.Status{}))
	unknown(account, 1, "example.net")

	asked := now
	now = now.Add(time.Second)
	status := filing.Status{Filed: true, SiteName: "样例", HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪ICP备2026000001号-1"}
	require.NoError(t, s.AnswerStatus(ctx, id, 0, status))
	require.NoError(t, s.AnswerStatus(ctx, id, 0, filing.Status{}), "a second answer doesn't count")
	q, err = s.Inquiry(ctx, id)
	require.NoError(t, err)
	require.Equal(t, store.Inquiry{ID: id, AccountID: account, Kind: store.InquiryStatus, ConditionType: 1,
		Value: "example.com", Answered: true, AnsweredAt: now, Status: status}, q)
	unknown(other, 1, "example.com")
	unknown(account, 2, "example.com")
	unknown(account, 1, "www.example.com")

	now = asked.Add(store.StatusFor - time.Second)
	require.NoError(t, s.PurgeInquiries(ctx))
	known, at, err := s.KnownStatus(ctx, account, 1, "example.com")
	require.NoError(t, err)
	require.Equal(t, status, known)
	require.Equal(t, asked.Add(time.Second), at)
	now = asked.Add(store.StatusFor)
	unknown(account, 1, "example.com")
	now = now.Add(time.Second)
	require.NoError(t, s.PurgeInquiries(ctx))
	_, err = s.Inquiry(ctx, id)
	require.ErrorIs(t, err, store.ErrNotFound)
}
