package panel_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// An administrator hands out a customer's data, and erases them once they confirm it by the customer's name.
func TestAdministratorHandlesCustomersData(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ctx := t.Context()
	f := o.filing("P1", "owner")
	contact := filingtest.Contact()
	_, err := o.db.RegisterContact(ctx, f.CustomerID, f.ID, contact, "hash")
	require.NoError(t, err)
	admin := o.caller("administrator")
	path := fmt.Sprintf("/support/customers/%d", f.CustomerID)
	require.Equal(t, path, admin.page("/support/filings/P1").Find(`[data-acts] a[href^="/support/customers/"]`).
		AttrOr("href", ""))
	require.Zero(t, o.caller("agent").page("/support/filings/P1").Find(`a[href^="/support/customers/"]`).Length())
	_, to := admin.send(http.MethodGet, "/support/orders/P1/customer", nil)
	require.Equal(t, path, to)
	staff, err := o.db.UserByLogin(ctx, "agent")
	require.NoError(t, err)
	status, _ := admin.send(http.MethodGet, fmt.Sprintf("/support/customers/%d", staff.ID), nil)
	require.Equal(t, http.StatusNotFound, status, "an account of staff")

	// the copy
	require.Equal(t, http.StatusUnprocessableEntity, admin.form(path, url.Values{"act": {"export"}}), "without a reason")
	response, err := admin.http.PostForm(o.url+path, url.Values{"act": {"export"}, "reason": {"本人申请"}})
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
	require.Equal(t, fmt.Sprintf(`attachment; filename="customer-%d.zip"`, f.CustomerID),
		response.Header.Get("Content-Disposition"))
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	file, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	require.NoError(t, err)
	data, err := file.Open("data.json")
	require.NoError(t, err)
	text, err := io.ReadAll(data)
	require.NoError(t, err)
	require.Contains(t, string(text), contact.Mobile)

	// the erasure
	erase := url.Values{"act": {"erase"}, "why": {"本人申请"}, "confirm": {"somebody"}}
	refused := func(problem string) {
		t.Helper()
		status, page, _ := admin.look(path, erase)
		require.Equal(t, http.StatusUnprocessableEntity, status)
		require.Contains(t, page.Find("#e-confirm").Text(), problem)
		_, err := o.db.Contact(ctx, f.ID)
		require.NoError(t, err, "nothing was erased")
	}
	refused("与该客户的登录名不一致")
	erase.Set("confirm", "owner")
	refused("请先在备案页撤销")
	require.NoError(t, o.db.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Withdrawn, EventKind: "withdrawn", Actor: "test"}))
	status, page, _ := admin.look(path, erase)
	require.Equal(t, http.StatusOK, status)
	said := page.Find("[data-erased]").Text()
	require.Contains(t, said, "1 件已终止备案的联系人")
	require.Contains(t, said, "不含任何人的信息")
	require.Zero(t, page.Find(`[name="confirm"]`).Length(), "there is nothing left to erase")
	_, err = o.db.Contact(ctx, f.ID)
	require.ErrorIs(t, err, store.ErrNotFound)

	rows, err := o.db.AuditRows(ctx, store.AuditFilter{Kind: "customer"}, 0, 9)
	require.NoError(t, err)
	require.Len(t, rows, 2, "refused attempts change nothing")
	require.Equal(t, []string{"customer.erase", "customer.export"}, []string{rows[0].Action, rows[1].Action})
	require.Equal(t, "本人申请", rows[0].Reason)
	require.False(t, strings.Contains(rows[0].Object, "owner"), "the log names nobody")
}
