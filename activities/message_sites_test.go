package activities_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/mail"
	"github.com/beian/beian/internal/simulate/sms"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// threeSites is an order with three sites of a new holder, whose filings wait for their forms.
type threeSites struct {
	t       *testing.T
	s       *store.Store
	phone   *sms.Server
	post    *mail.Server
	a       *activities.Message
	env     *testsuite.TestActivityEnvironment
	account int64
	filings []store.Filing
}

var threeDomains = []string{"one.com", "two.com", "three.cn"}

func newThreeSites(t *testing.T) *threeSites {
	t.Helper()
	ctx := t.Context()
	w := &threeSites{t: t, s: testdb.New(t), env: (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()}
	w.phone, w.post, w.a = phones(t, w.s)
	w.a.PanelURL = "https://beian.example.com"
	w.env.RegisterActivity(w.a)
	var err error
	w.account, err = w.s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	_, err = w.s.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: threeDomains})
	require.NoError(t, err)
	user, err := w.s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err := w.s.OrderOf(ctx, user.ID, "D1")
	require.NoError(t, err)
	sites, err := w.s.SitesOf(ctx, order.ID)
	require.NoError(t, err)
	w.filings, err = w.s.OpenSites(ctx, order.ID, sites[0].ID, sites[1].ID, sites[2].ID)
	require.NoError(t, err)
	_, err = w.s.RegisterContact(ctx, user.ID, w.filings[0].ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	for i := range w.filings {
		w.advance(i, filing.Preparing)
	}
	return w
}

func (w *threeSites) advance(i int, stage filing.Stage) {
	w.t.Helper()
	f, err := w.s.Filing(w.t.Context(), w.filings[i].ID)
	require.NoError(w.t, err)
	require.NoError(w.t, w.s.Advance(w.t.Context(), store.Progress{FilingID: f.ID, Seq: f.Seq + 1, Stage: stage,
		Attention: new(filing.Attention), EventKind: "k", Actor: "test"}))
}

// notify sends a notice about each filing on both channels, as their workflows do, and returns the mails and how many
// text messages came.
func (w *threeSites) notify(name message.Template, stage filing.Stage, key string) (mails []string, texts int) {
	w.t.Helper()
	before, phoned := len(w.post.Messages()), len(w.phone.Messages())
	for range 2 { // again, after a crash
		for _, f := range w.filings {
			for _, channel := range filing.Channels {
				_, err := w.env.ExecuteActivity(w.a.Notify, activities.Notice{FilingID: f.ID, Channel: channel, Template: name,
					Stage: stage, Key: strings.Join([]string{key, f.Ref(), string(channel)}, "-")})
				require.NoError(w.t, err)
			}
		}
	}
	for _, sent := range w.post.Messages()[before:] {
		mails = append(mails, strings.ReplaceAll(sent.Text, "\r\n", "\n"))
	}
	return mails, len(w.phone.Messages()) - phoned
}

// One reminder names all sites that wait for the same, and leads to the order's page; another site speaks for the others
// once the first is done, or withdrawn.
func TestSitesThatWaitTogetherHaveOneReminder(t *testing.T) {
	w := newThreeSites(t)
	mails, texts := w.notify(message.Waiting, filing.Preparing, "3d")
	require.Len(t, mails, 1)
	require.Equal(t, 1, texts)
	require.Contains(t, mails[0], "one.com\ntwo.com\nthree.cn")
	require.True(t, strings.HasSuffix(mails[0], "https://beian.example.com/orders/D1"))
	for _, sent := range w.phone.Messages() {
		require.NotContains(t, sent.Params, message.SitesParam, "Aliyun takes no domain in a variable")
	}

	w.advance(0, filing.Withdrawn)
	mails, texts = w.notify(message.Waiting, filing.Preparing, "7d")
	require.Len(t, mails, 1)
	require.Equal(t, 1, texts)
	require.Contains(t, mails[0], "two.com\nthree.cn")
	require.NotContains(t, mails[0], "one.com")

	w.advance(1, filing.Submitting)
	mails, _ = w.notify(message.Waiting, filing.Preparing, "14d")
	require.Len(t, mails, 1)
	require.Contains(t, mails[0], "网站：\nthree.cn\n")
	require.True(t, strings.HasSuffix(mails[0], "https://beian.example.com/orders/D1/sites/three.cn/filing"))
}

// A site that began to wait on another day has its own reminders, as has one whose contact is another.
func TestSitesThatWaitApartHaveTheirOwnReminders(t *testing.T) {
	w := newThreeSites(t)
	ctx := t.Context()
	_, err := w.s.DB().ExecContext(ctx, `UPDATE filings SET stage_since = stage_since - INTERVAL 9 DAY WHERE id = ?`,
		w.filings[1].ID)
	require.NoError(t, err)
	mails, _ := w.notify(message.Waiting, filing.Preparing, "3d")
	require.Len(t, mails, 2)
	require.Contains(t, mails[0], "one.com\nthree.cn")
	require.Contains(t, mails[1], "two.com")
	require.NotContains(t, mails[1], "one.com")
}

// What the bureau approves in one record is announced once, with each site's number. What is about one site names it and
// leads to its page.
func TestSitesApprovedInOneRecordAreAnnouncedOnce(t *testing.T) {
	w := newThreeSites(t)
	ctx := t.Context()
	for i, f := range w.filings {
		d := filingtest.Dossier()
		d.Kind, d.Site = filing.KindNew, filingtest.Site(threeDomains[i], "192.0.2.10")
		revision, err := w.s.SaveDossier(ctx, f.ID, d)
		require.NoError(t, err)
		w.advance(i, filing.Submitting)
		require.NoError(t, w.s.QueueRecord(ctx, store.NewRecord{AccountID: w.account, FilingID: f.ID, Revision: revision,
			Operation: 1}))
		require.NoError(t, w.s.SetDriver(ctx, w.account, store.DriverManual))
		require.NoError(t, w.s.SubmitByHand(ctx, int64(i+1), "support:a"))
	}
	var verdicts []store.Verdict
	for i, suffix := range []string{"-1", "-2"} {
		verdicts = append(verdicts, store.Verdict{RecordID: int64(i + 1), Decided: true, Approved: true,
			HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪ICP备2026000001号" + suffix})
	}
	_, err := w.s.ApplyDownload(ctx, w.account, 0, verdicts)
	require.NoError(t, err)
	late := store.Verdict{RecordID: 3, Decided: true, Approved: true, SiteNumber: "沪ICP备2026000001号-3"}
	_, err = w.s.ApplyDownload(ctx, w.account, 0, []store.Verdict{late}) // the bureau sends each site's number by itself
	require.NoError(t, err)
	for i := range w.filings {
		w.advance(i, filing.Installing)
	}
	mails, texts := w.notify(message.Approved, "", "approved")
	require.Len(t, mails, 2)
	require.Equal(t, 2, texts)
	require.Contains(t, mails[0], "沪ICP备2026000001号-1、-2。")
	require.Contains(t, mails[0], "one.com 沪ICP备2026000001号-1\ntwo.com 沪ICP备2026000001号-2\n")
	require.Contains(t, mails[1], "备案号为 沪ICP备2026000001号-3。")
	require.True(t, strings.HasSuffix(mails[1], "/orders/D1/sites/three.cn/filing/result"))

	mails, _ = w.notify(message.FooterNeeded, "", "footer")
	require.Len(t, mails, 3)
	for i, domain := range threeDomains {
		require.Contains(t, mails[i], "网站：\n"+domain+"\n")
		require.True(t, strings.HasSuffix(mails[i], "/orders/D1/sites/"+domain+"/filing/result"))
	}
	_, err = w.env.ExecuteActivity(w.a.SendCode, activities.CodeRef{FilingID: w.filings[0].ID, Channel: filing.Mail,
		Send: 1})
	require.NoError(t, err)
	sent := w.post.Messages()
	require.Contains(t, sent[len(sent)-1].Text, "https://beian.example.com/orders/D1/sites/one.com/filing/verify")
}
