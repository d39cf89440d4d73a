package panel_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/panel/web"
)

// A transferred order shows its new customer nothing of the former one's, and the former one nothing at all.
func TestStaffTransferAnOrder(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ctx := t.Context()
	o.workflows.err = nil
	f := o.filing("T1", "owner")
	require.NoError(t, o.db.SaveDraft(ctx, f.ID, web.FormHolder, url.Values{"name": {"张三丰"}}))
	agent, owner, other := o.caller("agent"), o.caller("owner"), o.caller("other")
	const path = "/support/orders/T1/transfer"
	require.Equal(t, path, agent.page("/support/filings/T1").Find(`[data-acts] a[href$="/transfer"]`).AttrOr("href", ""))
	form := url.Values{"to": {"other"}, "open": {"refuse"}, "reason": {"双方申请"}, "confirm": {"T1"}}
	refused := func(field, value string) {
		t.Helper()
		wrong := url.Values{}
		for name, values := range form {
			wrong[name] = values
		}
		wrong.Set(field, value)
		status, page, _ := agent.look(path, wrong)
		require.Equal(t, http.StatusUnprocessableEntity, status, field)
		require.Equal(t, 1, page.Find("#e-"+field).Length(), field)
	}
	refused("open", "refuse")
	refused("confirm", "T2")
	refused("reason", "")
	refused("to", "")
	refused("to", "agent")
	refused("to", "nobody")
	require.NoError(t, o.db.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Reviewing, EventKind: "submitted", Actor: "test"}))
	refused("open", "withdraw") // the bureau has it
	_, text, _ := owner.look("/orders/T1/filing", nil)
	require.NotNil(t, text)

	require.NoError(t, o.db.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 3, Stage: filing.Withdrawn, EventKind: "withdrawn", Actor: "test"}))
	require.Equal(t, http.StatusSeeOther, agent.form(path, form))
	rows, err := o.db.AuditRows(ctx, store.AuditFilter{Action: "order.transfer"}, 0, 9)
	require.NoError(t, err)
	require.Len(t, rows, 1, "refused attempts change nothing")
	require.Equal(t, "→ other 双方申请", rows[0].Reason)

	status, _, _ := owner.look("/orders/T1/filing", nil)
	require.Equal(t, http.StatusNotFound, status)
	next, err := o.db.OpenFiling(ctx, f.OrderID)
	require.NoError(t, err)
	require.NoError(t, o.db.Advance(ctx,
		store.Progress{FilingID: next.ID, Seq: 1, Stage: filing.Preparing, EventKind: "verified", Actor: "test"}))
	for _, page := range []string{"", "/holder", "/review", "/papers"} {
		status, _, text := other.look("/orders/T1/filing"+page, nil)
		require.Less(t, status, http.StatusInternalServerError, page)
		require.NotContains(t, text, "张三丰", page)
		status, _, _ = owner.look("/orders/T1/filing"+page, nil)
		require.Equal(t, http.StatusNotFound, status, page)
	}
	require.NotContains(t, other.page("/orders/T1/filing").Text(), "T1/1", "the former customer's filing")
}

// Nobody sees a filing through an order that moved in another way, as imports of v0.1.0 did.
func TestOrderAndFilingMustAgree(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.workflows.err = nil
	f := o.filing("T1", "owner")
	require.NoError(t, o.db.SaveDraft(t.Context(), f.ID, web.FormHolder, url.Values{"name": {"张三丰"}}))
	_, err := o.db.DB().ExecContext(t.Context(), `UPDATE orders SET customer_id = (SELECT id FROM users
		WHERE login = 'other')`)
	require.NoError(t, err)
	for _, login := range []string{"owner", "other"} {
		caller := o.caller(login)
		for _, page := range []string{"", "/holder", "/review", "/papers", "/verify"} {
			status, _, text := caller.look("/orders/T1/filing"+page, nil)
			require.NotEqual(t, http.StatusOK, status, login+page)
			require.NotContains(t, text, "张三丰", login+page)
		}
	}
}
