package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// An address that was refused for good is known as such until its owner confirms it, or a message arrives.
func TestRefusedAddressesAreKnown(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now().UTC().Truncate(time.Second)
	s.SetClock(func() time.Time { return now })
	settle := func(key string, d filing.Delivery) {
		t.Helper()
		require.NoError(t, s.BeginDelivery(ctx, key, filing.SMS, deliveryPhone, ""))
		_, err := s.SettleSMS(ctx, key, deliveryPhone, d)
		require.NoError(t, err)
	}
	refused := func(ch filing.Channel, to string) bool {
		t.Helper()
		_, refused, err := s.RefusedAddress(ctx, ch, to)
		require.NoError(t, err)
		return refused
	}
	settle("off", filing.Delivery{Outcome: filing.OutcomeRefused, Fault: "recipient", Code: "UNDELIV"})
	require.False(t, refused(filing.SMS, deliveryPhone), "a phone that is switched off")
	gone := filing.Delivery{Outcome: filing.OutcomeRefused, Fault: "recipient", Code: "INVALID_NUMBER", Words: "空号",
		Permanent: true, At: now}
	settle("gone", gone)
	require.True(t, refused(filing.SMS, deliveryPhone))
	require.False(t, refused(filing.Mail, deliveryPhone), "nothing else is")
	require.False(t, refused(filing.SMS, "13900000002"))
	r, _, err := s.RefusedAddress(ctx, filing.SMS, deliveryPhone)
	require.NoError(t, err)
	require.Equal(t, store.RefusedAddress{Channel: filing.SMS, Code: "INVALID_NUMBER", Words: "空号", At: now}, r)

	require.NoError(t, s.ConfirmAddress(ctx, filing.SMS, deliveryPhone))
	require.False(t, refused(filing.SMS, deliveryPhone))
	_, err = s.SettleSMS(ctx, "gone", deliveryPhone, gone)
	require.NoError(t, err)
	require.False(t, refused(filing.SMS, deliveryPhone), "a report that is repeated")
	settle("again", gone)
	require.True(t, refused(filing.SMS, deliveryPhone))
	settle("arrived", filing.Delivery{Outcome: filing.OutcomeDelivered})
	require.False(t, refused(filing.SMS, deliveryPhone))

	settle("old", gone)
	now = now.Add(366 * 24 * time.Hour)
	require.NoError(t, s.PurgeSignIn(ctx))
	require.False(t, refused(filing.SMS, deliveryPhone), "the number may be somebody else's by now")
}

// What is known of a contact's addresses goes with the contact.
func TestRefusalsGoWithTheirFiling(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, err := s.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p",
		Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err := s.OrderOf(ctx, user.ID, "D1")
	require.NoError(t, err)
	f, err := s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	contact := filingtest.Contact()
	_, err = s.RegisterContact(ctx, user.ID, f.ID, contact, "hash")
	require.NoError(t, err)
	gone := filing.Delivery{Code: "5.1.1"}
	require.NoError(t, s.RefuseAddress(ctx, filing.Mail, contact.Email, gone))
	require.NoError(t, s.RefuseAddress(ctx, filing.SMS, contact.Mobile, gone))
	require.NoError(t, s.RefuseAddress(ctx, filing.Mail, "another@example.com", gone))
	list, err := s.RefusedOfFiling(ctx, f.ID)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Withdrawn,
		EventKind: "withdrawn", Actor: "test"}))
	_, err = s.EraseCustomer(ctx, user.ID)
	require.NoError(t, err)
	var left int
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT COUNT(*) FROM refused_addresses`).Scan(&left))
	require.Equal(t, 1, left, "somebody else's")
}
