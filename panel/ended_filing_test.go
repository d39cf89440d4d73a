package panel_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// Open records whose workflow it was asked to open.
func (n *noTemporal) Open(_ context.Context, ref string, _ workflows.FilingInput) error {
	n.opened = append(n.opened, ref)
	return nil
}

// Submit records what was submitted.
func (n *noTemporal) Submit(_ context.Context, _ string, in workflows.Submission) (workflows.State, error) {
	n.submitted = append(n.submitted, in)
	return workflows.State{}, nil
}

// The button of an outdated page, pressed on a completed order, opens nothing.
func TestDoneStaysDone(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.add(t, filingtest.Dossier())
	f, err := d.db.FilingBySerial(ctx, "D1", 1)
	require.NoError(t, err)
	require.NoError(t,
		d.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 9, Stage: filing.Filed, EventKind: "filed", Actor: "system"}))
	_, err = d.customer(t).Post(ctx, "/orders/D1/filing", nil)
	require.NoError(t, err)
	require.Empty(t, d.temporal.opened)
	f, err = d.db.FilingBySerial(ctx, "D1", 1)
	require.NoError(t, err)
	require.Equal(t, filing.Filed, f.Stage)
}

// A filing that the bureau deregistered remains readable, and its order says so.
func TestDeregisteredFilingIsShownReadOnly(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.add(t, filingtest.Dossier())
	f, err := d.db.FilingBySerial(ctx, "D1", 1)
	require.NoError(t, err)
	require.NoError(t, d.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 9, Stage: filing.Deregistered,
		Attention: new(filing.Attention), EventKind: "deregistered", Actor: "bureau"}))
	w := d.customer(t)
	page := filingPage(t, w, "D1")
	require.Equal(t, 1, page.Find("[data-over=deregistered]").Length())
	require.Contains(t, page.Find("#progress .callout").Text(), "管局已注销")
	require.Contains(t, lines(page.Find(".timeline")), "管局 管局注销了备案")
	require.Zero(t, page.Find(".tasks").Length())
	for _, path := range []string{"/review", "/result", "/police", "/holder"} {
		page, err := w.Page(ctx, "/orders/D1/filing"+path)
		require.NoError(t, err)
		require.Equal(t, 1, page.Find("[data-over]").Length(), "%s leads to what is left", path)
	}
	page, err = w.Page(ctx, "/orders")
	require.NoError(t, err)
	row := page.Find("[data-order=D1]")
	require.Contains(t, row.Find(".s-deregistered").Text(), "已注销")
	require.Equal(t, "备案", row.Find(".act .button").Text())
	require.Equal(t, 1, row.Find(`.act a[href="/orders/D1/filing"]`).Length())
	_, err = w.Post(ctx, "/orders/D1/filing", nil)
	require.NoError(t, err)
	page = filingPage(t, w, "D1")
	require.Zero(t, page.Find("[data-over]").Length(), "filed again")
	require.Equal(t, 1, page.Find("details.earlier").Length())
}

// A refusal that the provider must fix shows as such on every page, and staff submit the same dossier again.
func TestRefusalOfOursIsOurs(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	dossier := filingtest.Dossier()
	dossier.Kind = filing.KindNew
	d.add(t, dossier)
	f, err := d.db.FilingBySerial(ctx, "D1", 1)
	require.NoError(t, err)
	ours := filing.AttentionRefusedOurs
	require.NoError(t, d.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 9, Stage: filing.Correcting, Attention: &ours,
		EventKind: "refused", Actor: "bureau"}))
	w := d.customer(t)
	page := filingPage(t, w, "D1")
	require.Contains(t, page.Find("#progress .callout").Text(), "工作人员处理中")
	require.NotContains(t, page.Find("#progress .callout").Text(), "修改后重新提交")
	page, err = w.Page(ctx, "/orders?state=under_way")
	require.NoError(t, err)
	require.Equal(t, "查看", page.Find("[data-order=D1] .act .button").Text())
	require.Equal(t, 1, d.page(t, dossierPath).Find(`form[action="/support/filings/D1/resubmit"]`).Length())
	_, err = d.support.Post(ctx, "/support/filings/D1/resubmit", url.Values{"revision": {"7"}, "serial": {"1"}})
	require.NoError(t, err)
	require.Empty(t, d.temporal.submitted, "from an outdated page")
	_, err = d.support.Post(ctx, "/support/filings/D1/resubmit", url.Values{"revision": {"1"}, "serial": {"1"}})
	require.NoError(t, err)
	require.Equal(t, []workflows.Submission{{Revision: 2, Kind: filing.KindNew, Actor: "support:a"}}, d.temporal.submitted)
	again, err := d.db.Dossier(ctx, f.ID, 2)
	require.NoError(t, err)
	require.Equal(t, dossier.Holder, again.Holder)
}
