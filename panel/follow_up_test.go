package panel_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// Footer records what it was asked to do to a home page.
func (n *noTemporal) Footer(_ context.Context, in workflows.FooterInput) error {
	n.footers = append(n.footers, in)
	return nil
}

// Execution knows nothing.
func (n *noTemporal) Execution(context.Context, string, ...string) (workflows.Execution, error) {
	return workflows.Execution{}, workflows.ErrNoExecution
}

// While a follow-up is under way, the approved filing's pages stay where they were, for each kind and until it has a
// number of its own.
func TestApprovedFilingStaysReachable(t *testing.T) {
	for _, kind := range filing.FollowUps {
		t.Run(string(kind), func(t *testing.T) {
			d := newDesk(t)
			ctx := t.Context()
			dossier := filingtest.Dossier()
			dossier.Kind = filing.KindNew
			d.add(t, dossier)
			base, err := d.db.FilingBySerial(ctx, "D1", 1)
			require.NoError(t, err)
			_, err = d.db.RegisterContact(ctx, base.CustomerID, base.ID, filingtest.Contact(), "hash")
			require.NoError(t, err)
			require.NoError(t, d.db.SubmitByHand(ctx, 1, "support:a"))
			require.NoError(t, d.db.DecideByHand(ctx, 1, store.ManualDecision{Actor: "support:a", Approved: true,
				Issued: filing.Issued{HolderNumber: "沪ICP备05000940号", SiteNumber: "沪ICP备05000940号-1",
					Certificate: []byte("certificate")}}))
			_, err = d.db.RecordNumber(ctx, store.Progress{FilingID: base.ID, Seq: 9, Stage: filing.Filed, EventKind: "filed",
				Actor: "system"})
			require.NoError(t, err)
			require.NoError(t, d.db.SaveSiteChecks(ctx, base.ID, []store.SiteCheck{{Target: store.HomeTarget,
				Kind: "timeout", Args: map[string]any{"url": "http://www.example.com/"}}}))
			w := d.customer(t)
			require.Zero(t, filingPage(t, w, "D1").Find("[data-approved]").Length(), "its own page")
			f, err := d.db.OpenFollowUp(ctx, base.ID, kind)
			require.NoError(t, err)

			reachable := func(what string) {
				t.Helper()
				hub := filingPage(t, w, "D1")
				require.Equal(t, "1", hub.Find("[data-approved]").AttrOr("data-approved", ""), what)
				links := hub.Find("[data-approved] a")
				require.Equal(t, 4, links.Length(), what)
				for _, link := range links.EachIter() {
					response, err := w.Raw(ctx, link.AttrOr("href", ""))
					require.NoError(t, err)
					require.NoError(t, response.Body.Close())
					require.Equal(t, http.StatusOK, response.StatusCode, what+link.Text())
					require.Equal(t, link.AttrOr("href", ""), response.Request.URL.Path, "no detour")
				}
				require.Contains(t, hub.Find("details.earlier").Text(), "备案号已登记在订单上", "its timeline")
				require.Equal(t, 1, hub.Find(`.callout a[href="/orders/D1/filing/result"]`).Length(), "its failed check")
				page, err := w.Page(ctx, "/orders/D1/filing/result")
				require.NoError(t, err)
				require.Contains(t, page.Find(".number").Text(), "沪ICP备05000940号-1", what)
				require.Equal(t, string(kind), page.Find("[data-follow-up]").AttrOr("data-follow-up", ""))
			}
			reachable("preparing")
			for _, path := range []string{"/footer", "/site-check"} {
				_, err = w.Post(ctx, "/orders/D1/filing"+path, nil)
				require.NoError(t, err, path)
			}
			require.Len(t, d.temporal.footers, 2)
			for _, in := range d.temporal.footers {
				require.Equal(t, base.ID, in.FilingID, "what is done concerns the approved filing")
			}
			filed, err := d.db.FiledOrdersByDomain(ctx, "www.example.com")
			require.NoError(t, err)
			require.Equal(t, dossier.Holder.Name, filed[0].Dossier.Holder.Name, "the public query knows the holder")
			for i, stage := range []filing.Stage{filing.Submitting, filing.Reviewing, filing.Correcting} {
				require.NoError(t, d.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: int64(i) + 1, Stage: stage,
					EventKind: "submitting", Actor: "test"}))
				reachable(string(stage))
			}
			staff := d.page(t, "/support/filings/D1?serial=2")
			require.Equal(t, "/support/filings/D1?serial=1", staff.Find("[data-others] a").AttrOr("href", ""))
			require.Equal(t, "/support/filings/D1?serial=2",
				d.page(t, "/support/filings/D1?serial=1").Find("[data-others] a").AttrOr("href", ""))

			require.NoError(t, d.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 9, Stage: filing.Withdrawn,
				EventKind: "withdrawn", Actor: "customer:demo"}))
			require.Zero(t, filingPage(t, w, "D1").Find("[data-approved]").Length(), "it represents the order again")
		})
	}
}
