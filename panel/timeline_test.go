package panel_test

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
)

// lines returns the lines of a timeline, with whitespace collapsed.
func lines(s *goquery.Selection) (list []string) {
	s.Find("li").Each(func(_ int, li *goquery.Selection) {
		li.Find("time").Remove()
		list = append(list, strings.Join(strings.Fields(li.Text()), " "))
	})
	return list
}

func filingPage(t *testing.T, w *demo.Walker, order string) *goquery.Document {
	t.Helper()
	page, err := w.Page(t.Context(), "/orders/"+order+"/filing")
	require.NoError(t, err)
	return page
}

// Each refusal keeps its own reason after the next revision is submitted, and a filing that follows another shows that
// one's history.
func TestTimelineKeepsWhatWasSaid(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.add(t, filingtest.Dossier())
	f, err := d.db.FilingBySerial(ctx, "D1", 1)
	require.NoError(t, err)
	_, err = d.db.RegisterContact(ctx, f.CustomerID, f.ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	seq := int64(2)
	step := func(p store.Progress) {
		seq++
		p.FilingID, p.Seq = f.ID, seq
		require.NoError(t, d.db.Advance(ctx, p))
	}
	decide := func(record int64, decision store.ManualDecision) {
		require.NoError(t, d.db.SubmitByHand(ctx, record, "support:a"))
		decision.Actor = "support:a"
		require.NoError(t, d.db.DecideByHand(ctx, record, decision))
	}
	decide(1, store.ManualDecision{Opinion: "名称含地区"})
	refused := filing.AttentionRefused
	step(store.Progress{Stage: filing.Correcting, Attention: &refused, EventKind: "refused", Actor: "bureau"})
	_, err = d.db.SaveDossier(ctx, f.ID, filingtest.Dossier())
	require.NoError(t, err)
	step(store.Progress{Stage: filing.Vetting, Revision: 2, Attention: new(filing.Attention), EventKind: "submitted",
		Actor: "customer:demo"})
	staff, err := d.db.UserByLogin(ctx, "a")
	require.NoError(t, err)
	require.NoError(t, d.db.TakeVetting(ctx, f.ID, 2, staff.ID, time.Hour))
	require.NoError(t, d.db.DecideVetting(ctx, store.VettingDecision{
		FilingID: f.ID, Revision: 2, Round: 1, Reviewer: staff.ID, Verdict: store.VettingSentBack,
		Why: &store.SendBack{Revision: 2, Actor: "support:a", Text: "还缺说明"},
	}))
	step(store.Progress{Stage: filing.Correcting, EventKind: "sent_back", Actor: "support:a"})
	_, err = d.db.SaveDossier(ctx, f.ID, filingtest.Dossier())
	require.NoError(t, err)
	step(store.Progress{Stage: filing.Vetting, Revision: 3, EventKind: "submitted", Actor: "customer:demo"})
	step(store.Progress{Stage: filing.Submitting, Revision: 3, EventKind: "submitting", Actor: "support:a"})
	require.NoError(t,
		d.db.QueueRecord(ctx, store.NewRecord{AccountID: d.account, FilingID: f.ID, Revision: 3, Operation: 1}))
	decide(2, store.ManualDecision{Opinion: "证件过期"})
	step(store.Progress{Stage: filing.Correcting, Attention: &refused, EventKind: "refused", Actor: "bureau"})
	_, err = d.db.SaveDossier(ctx, f.ID, filingtest.Dossier())
	require.NoError(t, err)
	step(store.Progress{Stage: filing.Submitting, Revision: 4, Attention: new(filing.Attention), EventKind: "submitting",
		Actor: "customer:demo"})
	require.NoError(t,
		d.db.QueueRecord(ctx, store.NewRecord{AccountID: d.account, FilingID: f.ID, Revision: 4, Operation: 1}))
	step(store.Progress{Stage: filing.Reviewing, EventKind: "accepted", Actor: "bureau"})

	w := d.customer(t)
	got := strings.Join(lines(filingPage(t, w, "D1").Find(".timeline")), "\n")
	const code = "管局审核未通过，请按下面的意见修改后重新提交。"
	require.Contains(t, got, "管局 管局退回 "+code+"管局意见：“名称含地区”")
	require.Contains(t, got, "管局 管局退回 "+code+"管局意见：“证件过期”")
	require.Contains(t, got, "客服 初审退回 工作人员说明：“还缺说明”")
	require.Equal(t, 1, strings.Count(got, "名称含地区"), "each reason is shown with its own revision")

	decide(3, store.ManualDecision{Approved: true,
		Issued: filing.Issued{HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪ICP备2026000001号-1", Certificate: []byte("c")}})
	step(store.Progress{Stage: filing.Installing, EventKind: "approved", Actor: "bureau"})
	_, err = d.db.RecordNumber(ctx,
		store.Progress{FilingID: f.ID, Seq: seq + 1, Stage: filing.Filed, EventKind: "filed", Actor: "system"})
	require.NoError(t, err)
	change, err := d.db.OpenFollowUp(ctx, f.ID, filing.KindChange)
	require.NoError(t, err)
	require.NoError(t, d.db.Advance(ctx, store.Progress{FilingID: change.ID, Seq: 1, Stage: filing.Preparing,
		EventKind: "follow_up_opened", Actor: "customer:demo"}))
	page := filingPage(t, w, "D1")
	earlier := page.Find("details.earlier")
	require.Equal(t, 1, earlier.Length())
	_, open := earlier.Attr("open")
	require.False(t, open)
	got = strings.Join(lines(earlier), "\n")
	require.Contains(t, got, "证件过期", "with the reason given then")
	require.Contains(t, got, "管局审核通过 沪ICP备2026000001号-1")
	require.Len(t, lines(page.Find("#progress > div > .timeline")), 1, "and the change has its own")
}
