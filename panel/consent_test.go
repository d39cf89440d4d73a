package panel_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// consent gives every consent to the current texts.
func consent(t *testing.T, db *store.Store, f store.Filing) {
	t.Helper()
	version, err := help.PrivacyVersion()
	require.NoError(t, err)
	require.NoError(t, db.GiveConsent(t.Context(), f.ID, version, "zh", store.ConsentTopics...))
}

// Nothing about people is stored before each consent was given by itself, nor after it was withdrawn, nor before the
// customer agreed to a changed text.
func TestNothingIsTakenWithoutConsent(t *testing.T) {
	f := newFilling(t)
	ctx := t.Context()
	require.NoError(t, f.db.WithdrawConsent(ctx, f.filing.ID))
	version, err := help.PrivacyVersion()
	require.NoError(t, err)
	dump, err := f.db.Dump(ctx)
	require.NoError(t, err)
	asked := func() {
		t.Helper()
		for _, path := range []string{"/kind", "/holder", "/site", "/papers", "/review"} {
			require.Equal(t, 2, f.page(path).Find("[data-consent] [type=checkbox]").Length(), path)
		}
		for path, values := range map[string]url.Values{"/kind": {"kind": {"new"}},
			"/holder": demo.HolderValues(filingtest.PersonHolder()), "/site": {"name": {"林"}}, "/papers": {"a": {"b"}}, "/review": nil} {
			page, err := f.Post(ctx, filingBase+path, values)
			require.NoError(t, err)
			require.Equal(t, 1, page.Find("[data-consent]").Length(), path)
		}
		now, err := f.db.Dump(ctx)
		require.NoError(t, err)
		require.Equal(t, dump, now)
	}
	_, err = f.Post(ctx, filingBase+"/draft/holder", demo.HolderValues(filingtest.PersonHolder()))
	require.Error(t, err, "nor is a draft saved")
	asked()

	page, err := f.Post(ctx, filingBase+"/consent", url.Values{"version": {version}, "privacy": {"yes"}})
	require.NoError(t, err)
	require.NotEmpty(t, page.Find(".flash").Text(), "one consent isn't the other")
	require.Equal(t, "papers", page.Find("[data-consent] [type=checkbox]").AttrOr("name", ""))
	_, err = f.Post(ctx, filingBase+"/consent", url.Values{"version": {"older"}, "papers": {"yes"}})
	require.NoError(t, err)
	require.Equal(t, 1, f.page("/holder").Find("[data-consent]").Length(), "another text was read")
	require.NoError(t, f.Consent(ctx))
	require.Zero(t, f.page("/holder").Find("[data-consent]").Length())

	// A new version of the texts asks again, but saves what is being typed.
	_, err = f.db.DB().ExecContext(ctx, `UPDATE consents SET version = 'older'`)
	require.NoError(t, err)
	require.Equal(t, 2, f.page("/holder").Find("[data-consent] [type=checkbox]").Length())
	_, err = f.Post(ctx, filingBase+"/draft/holder", url.Values{"name": {"林"}})
	require.NoError(t, err)

	page, err = f.Post(ctx, filingBase+"/consent", url.Values{"action": {"withdraw"}})
	require.NoError(t, err)
	require.Equal(t, 2, page.Find("[data-consent] [type=checkbox]").Length())
}

// The contact is registered only after consent, too.
func TestContactNeedsConsent(t *testing.T) {
	f := newFilling(t)
	ctx := t.Context()
	_, err := f.db.DB().ExecContext(ctx, `DELETE FROM contacts`)
	require.NoError(t, err)
	require.NoError(t, f.db.WithdrawConsent(ctx, f.filing.ID))
	f.advance(filing.Contact, "")
	_, err = f.Post(ctx, filingBase+"/notice", url.Values{"accept": {"yes"}})
	require.NoError(t, err)
	d := filingtest.Contact()
	_, err = f.Post(ctx, filingBase+"/contact", url.Values{"user_name": {d.UserName}, "password": {"a1b2c3d4"},
		"password_again": {"a1b2c3d4"}, "province": {d.Province}, "name": {d.Name}, "mobile": {d.Mobile}, "email": {d.Email}})
	require.NoError(t, err)
	_, err = f.db.Contact(ctx, f.filing.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.NoError(t, f.Consent(ctx))
	require.Equal(t, 1, f.page("/contact").Find("#f-mobile").Length())
}

// Everybody may read the notice, in both languages, with its version.
func TestPrivacyNoticeIsForEverybody(t *testing.T) {
	f := newFilling(t)
	page, err := f.Page(t.Context(), "/privacy")
	require.NoError(t, err)
	require.Contains(t, page.Find("article").Text(), "样例主机")
	version, err := help.PrivacyVersion()
	require.NoError(t, err)
	require.Equal(t, version, page.Find("[data-version]").AttrOr("data-version", ""))
	stranger, err := demo.NewWalker(f.url, "")
	require.NoError(t, err)
	_, err = stranger.Page(t.Context(), "/privacy")
	require.NoError(t, err)
}

// A filing whose data is gone still has its pages: no part of the panel needs what was erased.
func TestPagesOfErasedFilings(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ctx := t.Context()
	o.furnish()
	o.record("E1")
	f, err := o.db.FilingBySerial(ctx, "E1", 1)
	require.NoError(t, err)
	require.NoError(t, o.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: f.Seq + 1, Stage: filing.Withdrawn, Revision: 1,
		EventKind: "withdrawn", Actor: "customer:owner"}))
	agent := o.caller("agent")
	require.Positive(t, agent.page("/support/filings/E1").Find("[data-consents] li").Length())
	require.NoError(t, o.db.Purge(ctx, store.Retention{Filings: time.Nanosecond}))
	page := agent.page("/support/filings/E1")
	require.Equal(t, 1, page.Find("[data-erased]").Length())
	require.Zero(t, page.Find("[data-consents]").Length())
	agent.page("/support/filings/E1/dossier")
	o.caller("owner").page("/orders/E1/filing")
}
