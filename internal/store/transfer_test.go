package store_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// verify verifies a filing's contact on both channels.
func verify(t *testing.T, s *store.Store, f store.Filing) {
	t.Helper()
	for _, ch := range filing.Channels {
		code, _, err := s.PrepareCode(t.Context(), f.ID, ch)
		require.NoError(t, err)
		require.NoError(t, s.VerifyCode(t.Context(), f.ID, ch, code))
	}
}

func newCustomer(t *testing.T, s *store.Store, login string) int64 {
	t.Helper()
	id, err := s.EnsureUser(t.Context(), store.RoleCustomer, login, "")
	require.NoError(t, err)
	return id
}

func TestOrderIsNotTransferredWhileAFilingIsOpen(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	buyer := newCustomer(t, s, "buyer")
	require.ErrorIs(t, s.TransferOrder(ctx, "D1", "buyer"), store.ErrFilingOpen)
	_, err := s.OrderOf(ctx, buyer, "D1")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.NoError(t, s.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 9, Stage: filing.Withdrawn, EventKind: "withdrawn", Actor: "customer:demo"}))
	for range 2 { // repeating it changes nothing
		require.NoError(t, s.TransferOrder(ctx, "D1", "buyer"))
	}
	_, err = s.OrderOf(ctx, buyer, "D1")
	require.NoError(t, err)
	_, err = s.OrderOf(ctx, f.CustomerID, "D1")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestOnlyCustomersGetOrders(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	opened(t, s, "D1", "demo")
	_, err := s.EnsureUser(ctx, store.RoleSupport, "support", "")
	require.NoError(t, err)
	require.ErrorIs(t, s.TransferOrder(ctx, "D1", "support"), store.ErrNotCustomer)
	require.ErrorIs(t, s.TransferOrder(ctx, "D1", "nobody"), store.ErrNotFound)
	require.ErrorIs(t, s.TransferOrder(ctx, "D9", "demo"), store.ErrNotFound)
}

// What the former customer filed stays theirs; the number stays with the site.
func TestNothingPersonalFollowsATransfer(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	old, theirs := "沪ICP备2026000001号", "沪ICP备2026000002号"
	f := filed(t, s, account, "D1", store.Verdict{HolderNumber: old, SiteNumber: old + "-1", HolderID: 7, SiteID: 8})
	verify(t, s, f)
	require.NoError(t, s.RecordPoliceNumber(ctx, f.ID, filing.PoliceNumber{Sign: "沪", Digits: "31010102000001"}, "x"))
	edit := place(t, s, f.ID, "index.html", "a", "ab")
	require.NoError(t, s.SaveDraftAt(ctx, store.OrderDraft(f.OrderID, f.CustomerID, "register"), "typed"))
	buyer := newCustomer(t, s, "buyer")
	require.NoError(t, s.TransferOrder(ctx, "D1", "buyer"))

	// Pages: the order's number, but no filing.
	_, err = s.FilingOfOrder(ctx, f.OrderID)
	require.ErrorIs(t, err, store.ErrNotFound)
	list, err := s.FilingsOfOrder(ctx, f.OrderID, 9)
	require.NoError(t, err)
	require.Empty(t, list)
	page, err := s.OrdersOf(ctx, buyer, store.OrderFilter{}, store.Cursor{}, 9)
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	row := page.Rows[0]
	require.Equal(t, old+"-1", row.FilingNumber.String, "the site's number")
	require.Empty(t, row.PoliceNumber.String, "the former customer's declaration")
	require.Equal(t, string(filing.OrderNone), row.State)
	require.Empty(t, row.Ended)
	require.False(t, row.FilingID.Valid)
	_, err = s.SubjectOfOrder(ctx, "D1")
	require.ErrorIs(t, err, store.ErrNotFound, "papers for the new customer's filing")
	_, err = s.OpenFollowUp(ctx, f.ID, filing.KindChange)
	require.ErrorIs(t, err, store.ErrConflict)
	require.Error(t, s.DraftAt(ctx, store.OrderDraft(f.OrderID, f.CustomerID, "register"), new(string)))

	// Messages and recovery: the former customer's contact is still theirs alone.
	c := filingtest.Contact()
	for _, typed := range []string{"buyer", c.Mobile, c.Email} {
		id, _, err := s.RequestRecovery(ctx, store.Asker{Browser: "b", Network: "n"}, typed, filing.SMS)
		if typed != c.Email { // the same account's second code
			require.NoError(t, err)
		}
		to, err := s.AccountCode(ctx, id)
		require.NoError(t, err)
		if typed == "buyer" {
			require.Equal(t, "buyer", to.Login)
			require.Empty(t, to.To)
		} else {
			require.Equal(t, "demo", to.Login)
			require.Equal(t, c.Mobile, to.To)
		}
	}
	police, err := s.Police(ctx, f.ID)
	require.NoError(t, err)
	require.False(t, police.Due(), "the former customer isn't reminded")

	// The new customer files, and the former filing ends at the bureau.
	next, err := s.OpenFiling(ctx, f.OrderID)
	require.NoError(t, err)
	require.Equal(t, buyer, next.CustomerID)
	require.ErrorIs(t, s.UndoFooter(ctx, next.ID, edit, "x"), store.ErrNotFound, "the former customer's page")
	edits, err := s.FooterEditsOfOrder(ctx, next.ID)
	require.NoError(t, err)
	require.Empty(t, edits)
	approved(t, s, account, next, filingtest.Dossier(), store.Verdict{HolderNumber: theirs, SiteNumber: theirs + "-1",
		HolderID: 9, SiteID: 10})
	_, err = s.RecordNumber(ctx,
		store.Progress{FilingID: next.ID, Seq: 50, Stage: filing.Filed, EventKind: "filed", Actor: "system"})
	require.NoError(t, err)
	ended, err := s.EndFilings(ctx, account, false, 7, "bureau")
	require.NoError(t, err)
	require.Equal(t, 1, ended)
	require.Equal(t, theirs+"-1", numberOn(t, s, next))
	found, err := s.SearchFilings(ctx, store.FilingSearch{Customer: "demo"}, store.Cursor{}, 9)
	require.NoError(t, err)
	require.Len(t, found.Rows, 1)
	require.Equal(t, f.ID, found.Rows[0].ID)
	require.Equal(t, f.CustomerID, found.Rows[0].CustomerID)
}

// Until the bureau deregisters the former customer's filing, the site has its number.
func TestNumberGoesWithTheFormerFiling(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	f := filed(t, s, account, "D1", store.Verdict{HolderNumber: "沪ICP备2026000001号", HolderID: 7})
	newCustomer(t, s, "buyer")
	require.NoError(t, s.TransferOrder(ctx, "D1", "buyer"))
	require.NotEmpty(t, numberOn(t, s, f))
	_, err = s.EndFilings(ctx, account, false, 7, "bureau")
	require.NoError(t, err)
	require.Empty(t, numberOn(t, s, f))
}

// Imports of v0.1.0 moved orders along with their open filings.
func TestFilingOfAnOrderThatMovedWithoutATransfer(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	require.NoError(t, s.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 1, EventKind: "contact_given", Actor: "customer:demo"}))
	buyer := newCustomer(t, s, "buyer")
	_, err := s.DB().ExecContext(ctx, `UPDATE filings f JOIN orders o ON o.id = f.order_id
		SET f.customer_id = NULL, o.customer_id = ?`, buyer)
	require.NoError(t, err)
	migration, err := os.ReadFile("../../schema/00009_ownership.sql")
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, regexp.MustCompile(`(?s)UPDATE filings f.*?;`).FindString(string(migration)))
	require.NoError(t, err)

	got, err := s.Filing(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, f.CustomerID, got.CustomerID, "whoever acted on it")
	_, err = s.FilingOfOrder(ctx, f.OrderID)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.OpenFiling(ctx, f.OrderID)
	require.ErrorIs(t, err, store.ErrConflict)
	page, err := s.OrdersOf(ctx, buyer, store.OrderFilter{}, store.Cursor{}, 9)
	require.NoError(t, err)
	require.False(t, page.Rows[0].FilingID.Valid)
	require.ErrorIs(t, s.TransferOrder(ctx, "D1", "buyer"), store.ErrFilingOpen)
}

// Panels of v0.1.0, which run during a roll-out, store no customer.
func TestFilingOfAnOlderPanelGetsItsCustomer(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	order, f := opened(t, s, "D1", "demo")
	_, err := s.DB().ExecContext(ctx, `UPDATE filings SET customer_id = NULL`)
	require.NoError(t, err)
	got, err := s.FilingOfOrder(ctx, order.ID)
	require.NoError(t, err)
	require.Equal(t, order.CustomerID, got.CustomerID)
	require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, EventKind: "opened", Actor: "customer:demo"}))
	var stored int64
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT customer_id FROM filings`).Scan(&stored))
	require.Equal(t, order.CustomerID, stored)
}
