package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

func unfiled(t *testing.T, s *store.Store, number string) store.Order {
	t.Helper()
	_, err := s.ImportOrder(t.Context(),
		store.OrderImport{Number: number, Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := s.UserByLogin(t.Context(), "demo")
	require.NoError(t, err)
	order, err := s.OrderOf(t.Context(), user.ID, number)
	require.NoError(t, err)
	return order
}

func registration(order store.Order, number string) store.NewRegistration {
	d, _ := filing.Registration{Number: number, HomePage: "http://www.example.com/"}.Dossier(order.Domains)
	return store.NewRegistration{OrderID: order.ID, CustomerID: order.CustomerID, Dossier: d, Certificate: []byte("cert"), Compared: true,
		Actor: "customer:demo"}
}

func TestRegisteredNumberGoesOnTheOrderAndOff(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	order := unfiled(t, s, "D1")
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wait.Go(func() { _, errs[i] = s.OpenRegistration(ctx, registration(order, "沪ICP备2020000123号-1")) })
	}
	wait.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else {
			require.ErrorIs(t, err, store.ErrConflict)
		}
	}
	require.Equal(t, 1, made, "many clicks make one")
	f, err := s.FilingOfOrder(ctx, order.ID)
	require.NoError(t, err)
	require.Equal(t, filing.KindRegister, f.Kind)
	require.Equal(t, filing.Installing, f.Stage)
	require.Zero(t, f.Seq, "the workflow hasn't begun")
	events, err := s.Events(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, filing.EventRegistered, events[0].Kind)
	d, err := s.LatestDecision(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, "沪ICP备2020000123号-1", d.Number())
	require.Equal(t, "沪ICP备2020000123号", d.HolderNumber)
	require.Equal(t, []byte("cert"), d.Certificate)
	dossier, err := s.Dossier(ctx, f.ID, d.Revision)
	require.NoError(t, err)
	require.Equal(t, "http://www.example.com/", dossier.Site.HomePage)

	// Nothing goes to a bureau, and no account shows it.
	sequence, err := s.PackNext(ctx, account, 100,
		store.Builders{Filings: func(int64, []store.WaitingRecord) ([]byte, map[int64]filing.Unfit, error) {
			require.Fail(t, "packed")
			return nil, nil, nil
		}})
	require.NoError(t, err)
	require.Zero(t, sequence)
	accounts, err := s.Accounts(ctx)
	require.NoError(t, err)
	require.Zero(t, accounts[0].Waiting)

	require.ErrorIs(t, s.TakeOff(ctx, f.ID, "customer:demo"), store.ErrConflict, "it isn't on the order yet")
	_, err = s.OpenFollowUp(ctx, f.ID, filing.KindChange)
	require.Error(t, err)
	number, err := s.RecordNumber(ctx,
		store.Progress{FilingID: f.ID, Seq: 3, Stage: filing.Filed, EventKind: "filed", Actor: "system"})
	require.NoError(t, err)
	require.Equal(t, "沪ICP备2020000123号-1", number)
	police, err := filing.ParsePoliceNumber("沪公网安备31010102000001号")
	require.NoError(t, err)
	require.NoError(t, s.RecordPoliceNumber(ctx, f.ID, police, "customer:demo"))
	_, err = s.OpenRegistration(ctx, registration(order, "沪ICP备2020000999号"))
	require.ErrorIs(t, err, store.ErrConflict)

	require.NoError(t, s.TakeOff(ctx, f.ID, "customer:demo"))
	require.ErrorIs(t, s.TakeOff(ctx, f.ID, "customer:demo"), store.ErrConflict, "a second click")
	order, err = s.OrderOf(ctx, order.CustomerID, "D1")
	require.NoError(t, err)
	require.False(t, order.FilingNumber.Valid)
	require.False(t, order.PoliceNumber.Valid, "it is of the same site")
	again, err := s.OpenRegistration(ctx, registration(order, "沪ICP备2020000999号"))
	require.NoError(t, err)
	require.Equal(t, "D1/2", again.Ref())
	require.NoError(t,
		s.Advance(ctx, store.Progress{FilingID: again.ID, Seq: 2, Stage: filing.Withdrawn, EventKind: "withdrawn"}))
	fresh, err := s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	require.Equal(t, "D1/3", fresh.Ref())
}

// Deregistering a site through us also removes its number from orders on which a customer registered it; other numbers
// stay.
func TestDeregistrationReachesRegisteredNumbers(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	one := "沪ICP备2026000001号"
	base := filed(t, s, account, "D1", store.Verdict{HolderNumber: one, SiteNumber: one + "-1"})
	registered := map[string]store.Filing{}
	for order, number := range map[string]string{"R1": one + "-1", "R2": "沪ICP备2026000002号-1"} {
		f, err := s.OpenRegistration(ctx, registration(unfiled(t, s, order), number))
		require.NoError(t, err)
		_, err = s.RecordNumber(ctx, store.Progress{FilingID: f.ID, Seq: 3, Stage: filing.Filed, EventKind: "filed"})
		require.NoError(t, err)
		registered[order] = f
	}
	end, err := s.OpenFollowUp(ctx, base.ID, filing.KindEndSite)
	require.NoError(t, err)
	subject := filing.Subject{HolderNumber: one, SiteNumber: one + "-1"}
	approved(t, s, account, end, filing.Dossier{Kind: filing.KindEndSite, Subject: subject}, store.Verdict{})
	require.NoError(t, s.EndNumber(ctx, store.Progress{FilingID: end.ID, Seq: 60, Stage: filing.Deregistered,
		EventKind: "ended"}, filing.KindEndSite, subject))
	require.Empty(t, numberOn(t, s, registered["R1"]))
	require.NotEmpty(t, numberOn(t, s, registered["R2"]))
}

func TestPoliceNumberStandsOnTheOrder(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	_, open := opened(t, s, "D2", "demo")
	number, err := filing.ParsePoliceNumber("沪公网安备31010102000001号")
	require.NoError(t, err)
	require.ErrorIs(t, s.RecordPoliceNumber(ctx, open.ID, number, "customer:demo"), store.ErrConflict, "not approved yet")
	state, err := s.Police(ctx, open.ID)
	require.NoError(t, err)
	require.False(t, state.Due(), "nothing is due before the site may open")

	f := filed(t, s, account, "D1", store.Verdict{HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪ICP备2026000001号-1"})
	state, err = s.Police(ctx, f.ID)
	require.NoError(t, err)
	require.True(t, state.Due())
	require.WithinDuration(t, time.Now(), state.Since, time.Minute)
	require.NoError(t, s.DeclinePolice(ctx, f.ID, "customer:demo"))
	state, err = s.Police(ctx, f.ID)
	require.NoError(t, err)
	require.True(t, state.Declined && !state.Due())
	require.NoError(t, s.RecordPoliceNumber(ctx, f.ID, number, "customer:demo"))
	state, err = s.Police(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, store.PoliceState{OrderID: f.OrderID, Open: true, Since: state.Since, Number: number.String()}, state)
	events, err := s.Events(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, filing.EventPoliceRecorded, events[len(events)-1].Kind)
	require.Equal(t, filing.EventPoliceDeclined, events[len(events)-2].Kind)
}

// The thirty days run from the bureau's approval: a number can be recorded while the footer is still missing, a change
// doesn't restart the time limit, and a registered number has no date.
func TestPoliceTimeRunsFromTheApproval(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	number, err := filing.ParsePoliceNumber("沪公网安备31010102000001号")
	require.NoError(t, err)
	_, f := opened(t, s, "D1", "demo")
	_, err = s.RegisterContact(ctx, f.CustomerID, f.ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	reviewed := time.Now().Add(-72 * time.Hour).UTC().Truncate(time.Second)
	approved(t, s, account, f, filing.Dossier{Kind: filing.KindNew},
		store.Verdict{SiteNumber: "沪ICP备2026000001号-1", ReviewedAt: reviewed})
	require.NoError(t,
		s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 50, Stage: filing.Installing, EventKind: "approved"}))
	state, err := s.Police(ctx, f.ID)
	require.NoError(t, err)
	require.True(t, state.Due())
	require.WithinDuration(t, reviewed, state.Since, 0)
	require.NoError(t, s.RecordPoliceNumber(ctx, f.ID, number, "customer:demo"))
	_, err = s.RecordNumber(ctx, store.Progress{FilingID: f.ID, Seq: 51, Stage: filing.Filed, EventKind: "filed"})
	require.NoError(t, err)
	change, err := s.OpenFollowUp(ctx, f.ID, filing.KindChange)
	require.NoError(t, err)
	state, err = s.Police(ctx, change.ID)
	require.NoError(t, err)
	require.WithinDuration(t, reviewed, state.Since, 0)
	require.Equal(t, number.String(), state.Number)
	require.NoError(t,
		s.Advance(ctx, store.Progress{FilingID: change.ID, Seq: 1, Stage: filing.Withdrawn, EventKind: "withdrawn"}))
	state, err = s.Police(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, number.String(), state.Number, "a change that is withdrawn takes nothing")

	registered, err := s.OpenRegistration(ctx, registration(unfiled(t, s, "R1"), "沪ICP备2026000002号-1"))
	require.NoError(t, err)
	state, err = s.Police(ctx, registered.ID)
	require.NoError(t, err)
	require.True(t, state.Missing(), "the obligation remains")
	require.False(t, state.Due(), "but its date is unknown")
	require.NoError(t, s.DeclinePolice(ctx, registered.ID, "customer:demo"))
	require.NoError(t,
		s.Advance(ctx, store.Progress{FilingID: registered.ID, Seq: 1, Stage: filing.Withdrawn, EventKind: "withdrawn"}))
	again, err := s.OpenFiling(ctx, registered.OrderID)
	require.NoError(t, err)
	state, err = s.Police(ctx, again.ID)
	require.NoError(t, err)
	require.False(t, state.Declined, "what was noted of a site that didn't open is gone")
}
