package panel_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// The password is asked for where the number's bureau requires it. While the number isn't known, the field shows because
// one bureau might; at a provider whose bureaus have all abolished it, nobody sees it.
func TestFilingPasswordIsAskedWhereTheBureauRequiresIt(t *testing.T) {
	f := newFilling(t)
	ctx := t.Context()
	field := func() int { return f.page("/ownership").Find("[name=password]").Length() }
	f.fill("/kind", url.Values{"kind": {"new_site"}, "action": {"next"}}, false)
	require.Zero(t, field(), "no bureau wants one")
	zhejiang, err := f.db.EnsureAccount(ctx, "zhejiang", "330000")
	require.NoError(t, err)
	require.NoError(t, f.db.SetDriver(ctx, zhejiang, store.DriverManual))
	require.NoError(t, f.db.SetFilingPassword(ctx, zhejiang, true))
	require.Equal(t, 1, field(), "the number may be of Zhejiang")

	page := f.fill("/ownership", url.Values{"number": {"沪ICP备2026000001号"}, "action": {"next"}}, false)
	require.Equal(t, 1, page.Find("[name=manager_name]").Length(), "the next form")
	require.Zero(t, field(), "Shanghai wants none")
	require.NotContains(t, f.page("/review").Find("main").Text(), "备案密码")

	page = f.fill("/ownership", url.Values{"number": {"浙ICP备2026000001号"}, "action": {"next"}}, true)
	require.Contains(t, page.Find("#e-password").Text(), "请填写")
	require.Equal(t, 1, field())
	require.Contains(t, f.page("/review").Find("main").Text(), "备案密码")
	f.fill("/ownership", url.Values{"password": {"secret"}, "action": {"next"}}, false)
	require.Contains(t, f.page("/ownership").Find("main").Text(), "备案密码已填写")

	page = f.fill("/ownership", url.Values{"number": {"沪ICP备2026000002号"}, "action": {"next"}}, false)
	require.Equal(t, 1, page.Find("[name=manager_name]").Length())
	require.NotContains(t, f.page("/ownership").Find("main").Text(), "备案密码", "another bureau's is forgotten")
}

// A bureau that refuses a filing for its password wants one, whatever the settings say: the correction asks for it.
func TestPasswordIsAskedForAfterTheBureauMissedIt(t *testing.T) {
	f := newFilling(t)
	ctx := t.Context()
	f.fill("/kind", url.Values{"kind": {"new_site"}, "action": {"next"}}, false)
	f.fill("/ownership", url.Values{"number": {"沪ICP备2026000001号"}, "action": {"next"}}, false)
	revision, err := f.db.SaveDossier(ctx, f.filing.ID, filing.Dossier{Kind: filing.KindNewSite,
		OwnershipProof: filing.OwnershipProof{Number: "沪ICP备2026000001号"}})
	require.NoError(t, err)
	require.NoError(t, f.db.Advance(ctx, store.Progress{FilingID: f.filing.ID, Seq: f.seq + 1, Stage: filing.Submitting,
		Revision: revision, EventKind: "submitting", Actor: "test"}))
	f.seq++
	require.NoError(t, f.db.QueueRecord(ctx, store.NewRecord{AccountID: f.account, FilingID: f.filing.ID,
		Revision: revision, Operation: 2}))
	require.NoError(t, f.db.SubmitByHand(ctx, 1, "support:a"))
	require.NoError(t, f.db.DecideByHand(ctx, 1, store.ManualDecision{Actor: "support:a", Opinion: "密码错误"}))
	_, err = f.db.DB().ExecContext(ctx, `UPDATE decisions SET code = 1018`)
	require.NoError(t, err)
	f.advance(filing.Correcting, filing.AttentionRefused)
	require.Equal(t, 1, f.page("/ownership").Find("[name=password]").Length())
	require.NotEmpty(t, f.page("/ownership").Find("#e-password").Text(), "it is what was refused")
	page := f.fill("/ownership", url.Values{"action": {"next"}}, true)
	require.Contains(t, page.Find("#e-password").Text(), "请填写")
	f.fill("/ownership", url.Values{"password": {"secret"}, "action": {"next"}}, false)
	require.Contains(t, f.page("/ownership").Find("main").Text(), "备案密码已填写")
}
