package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

const (
	deliveryPhone = "13900000001"
	deliveryMail  = "a@example.com"
)

func delivery(t *testing.T, s *store.Store, key string) filing.Delivery {
	t.Helper()
	list, err := s.Deliveries(t.Context(), key, "another")
	require.NoError(t, err)
	require.Contains(t, list, key)
	return list[key]
}

func TestOutcomeOfAMessageIsRecorded(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now().UTC().Truncate(time.Second)
	s.SetClock(func() time.Time { return now })
	begin := func() { require.NoError(t, s.BeginDelivery(ctx, "k", filing.SMS, deliveryPhone, "")) }
	begin()
	require.Equal(t, filing.Delivery{Outcome: filing.OutcomePending, At: now}, delivery(t, s, "k"))
	refused := filing.Delivery{Outcome: filing.OutcomeRefused, Fault: "recipient", Code: "UNDELIV", Words: "停机",
		At: now.Add(time.Second)}

	// Whoever reports must know the number, and the channel.
	for key, to := range map[string]string{"k": "13900000002", "j": deliveryPhone} {
		known, err := s.SettleSMS(ctx, key, to, refused)
		require.NoError(t, err)
		require.False(t, known)
	}
	known, err := s.SettleMail(ctx, "", deliveryPhone, refused)
	require.NoError(t, err)
	require.False(t, known)
	require.Equal(t, filing.OutcomePending, delivery(t, s, "k").Outcome)

	settle := func(d filing.Delivery) {
		known, err := s.SettleSMS(ctx, "k", deliveryPhone, d)
		require.NoError(t, err)
		require.True(t, known)
	}
	settle(refused)
	require.Equal(t, refused, delivery(t, s, "k"))
	delivered := filing.Delivery{Outcome: filing.OutcomeDelivered, Code: "DELIVERED", At: now.Add(time.Minute)}
	settle(delivered)
	require.Equal(t, delivered, delivery(t, s, "k"), "it arrived after all")
	settle(refused)
	require.Equal(t, delivered, delivery(t, s, "k"), "what arrived stays so")
	begin()
	require.Equal(t, delivered, delivery(t, s, "k"))

	require.NoError(t, s.BeginDelivery(ctx, "m", filing.Mail, deliveryMail, "id@example.com"))
	known, err = s.SettleMail(ctx, "id@example.com", deliveryMail, filing.Delivery{Outcome: filing.OutcomeRefused})
	require.NoError(t, err)
	require.True(t, known)
	require.Equal(t, filing.Delivery{Outcome: filing.OutcomeRefused, At: now}, delivery(t, s, "m"))
	figures, err := s.Figures(ctx, 0)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"": 1, "recipient": 0, "operator": 0, "limit": 0, "temporary": 0}, figures.Refused)
	require.NoError(t, s.BeginDelivery(ctx, "m", filing.Mail, deliveryMail, "id@example.com"))
	require.Equal(t, filing.OutcomePending, delivery(t, s, "m").Outcome, "it was sent again")
}

// The number stays, sealed, only as long as its provider may have to be asked.
func TestProvidersAreAskedAboutWhatIsPending(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now().UTC().Truncate(time.Second)
	s.SetClock(func() time.Time { return now })
	due := func() (keys []string) {
		list, err := s.UnsettledSMS(ctx, 10)
		require.NoError(t, err)
		for _, m := range list {
			require.Equal(t, deliveryPhone, m.To)
			keys = append(keys, m.Key)
			require.NoError(t, s.AskedAboutSMS(ctx, m))
			require.NoError(t, s.AskedAboutSMS(ctx, m), "another run asked as well")
		}
		return keys
	}
	sealed := func() (n int) {
		require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT COUNT(*) FROM message_deliveries
			WHERE sealed_to IS NOT NULL`).Scan(&n))
		return n
	}
	require.NoError(t, s.BeginDelivery(ctx, "settled", filing.SMS, deliveryPhone, ""))
	require.NoError(t, s.BeginDelivery(ctx, "mail", filing.Mail, deliveryMail, "id"))
	require.NoError(t, s.BeginDelivery(ctx, "k", filing.SMS, deliveryPhone, ""))
	_, err := s.SettleSMS(ctx, "settled", deliveryPhone, filing.Delivery{Outcome: filing.OutcomeDelivered})
	require.NoError(t, err)
	require.Equal(t, 1, sealed())
	begun := now
	var asked []time.Duration
	for ; now.Before(begun.Add(4 * 24 * time.Hour)); now = now.Add(time.Minute) {
		if now.Sub(begun) > 3*time.Hour && now.Minute() != begun.Minute() {
			continue
		}
		if len(due()) > 0 {
			asked = append(asked, now.Sub(begun))
		}
	}
	require.Equal(t, []time.Duration{2 * time.Minute, 4 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour,
		12 * time.Hour, 24 * time.Hour, 72 * time.Hour}, asked)
	require.Equal(t, filing.OutcomeUnknown, delivery(t, s, "k").Outcome)
	require.Equal(t, filing.OutcomePending, delivery(t, s, "mail").Outcome, "mail servers aren't asked")
	require.Zero(t, sealed())
	_, err = s.SettleSMS(ctx, "k", deliveryPhone, filing.Delivery{Outcome: filing.OutcomeDelivered})
	require.NoError(t, err)
	require.Equal(t, filing.OutcomeDelivered, delivery(t, s, "k").Outcome, "a late receipt counts")
}
