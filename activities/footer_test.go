package activities_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/rules"
	"github.com/beian/beian/internal/simulate/webspace"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/internal/website"
)

const (
	siteNumber = "沪ICP备2026000001号-1"
	linkTarget = "https://beian.miit.gov.cn/"

	policeNumber = "沪公网安备31010102000001号"
	policeTarget = "https://beian.mps.gov.cn/#/query/webSearch?code="
)

// editing is an approved filing whose site is a real web space, over FTP and HTTP.
type editing struct {
	t       *testing.T
	db      *store.Store
	space   *webspace.Server
	website *activities.Website
	filing  store.Filing
	// serve, if set, answers for the site instead of the web space.
	serve http.HandlerFunc
}

func newEditing(t *testing.T, withSpace bool) *editing {
	t.Helper()
	e, ctx := &editing{t: t, db: testdb.New(t)}, t.Context()
	var err error
	e.space, err = webspace.New(webspace.Options{Dir: t.TempDir(), Accounts: []webspace.Account{
		{User: "u", Password: "p", Domains: []string{"www.example.com"}, DocumentRoot: "wwwroot"}}})
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = e.space.ServeFTP(l) }()
	t.Cleanup(func() { _ = e.space.Close() })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e.serve != nil {
			e.serve(w, r)
			return
		}
		e.space.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	to := strings.TrimPrefix(server.URL, "http://")
	e.website = &activities.Website{Store: e.db, LinkTargets: []string{linkTarget}, PoliceTarget: policeTarget,
		Checker: website.NewChecker(
			website.CheckerConfig{ConnectTo: map[string]string{"*.example.com": to, "*.example.org": to}})}

	in := store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: []string{"www.example.com"}}
	if withSpace {
		in.WebSpace = &store.WebSpace{Protocol: website.FTP, Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, User: "u",
			Password: "p", DocumentRoot: "wwwroot"}
	}
	_, err = e.db.ImportOrder(ctx, in)
	require.NoError(t, err)
	user, err := e.db.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err := e.db.OrderOf(ctx, user.ID, "D1")
	require.NoError(t, err)
	e.filing, err = e.db.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	require.NoError(t, e.db.Advance(ctx,
		store.Progress{FilingID: e.filing.ID, Seq: 1, Stage: filing.Preparing, EventKind: "verified", Actor: "system"}))
	revision, err := e.db.SaveDossier(ctx, e.filing.ID, filing.Dossier{Holder: filingtest.PersonHolder(),
		Site: filing.Site{Name: "x", Domains: []string{"www.example.com"}, HomePage: "http://www.example.com/"}})
	require.NoError(t, err)
	account, err := e.db.EnsureAccount(ctx, "default")
	require.NoError(t, err)
	for _, query := range []string{
		`INSERT INTO records (filing_id, revision, account_id, created_at) VALUES (?, ?, ?, NOW(6))`,
		`INSERT INTO decisions (record_id, approved, site_number, created_at)
			SELECT id, TRUE, '` + siteNumber + `', NOW(6) FROM records WHERE filing_id = ? AND revision = ? AND account_id = ?`,
	} {
		_, err = e.db.DB().ExecContext(ctx, query, e.filing.ID, revision, account)
		require.NoError(t, err)
	}
	return e
}

// preview requests a preview and lets the worker read the page.
func (e *editing) preview() store.FooterEdit {
	e.t.Helper()
	id, err := e.db.AskFooter(e.t.Context(), e.filing.ID, "customer:demo")
	require.NoError(e.t, err)
	result, err := e.website.PreviewFooter(e.t.Context(), activities.FooterRef{EditID: id})
	require.NoError(e.t, err)
	require.False(e.t, result.Changed)
	return e.edit(id)
}

func (e *editing) edit(id int64) store.FooterEdit {
	e.t.Helper()
	edit, err := e.db.FooterEdit(e.t.Context(), id)
	require.NoError(e.t, err)
	return edit
}

func TestFooterFromPreviewToUndo(t *testing.T) {
	e, ctx := newEditing(t, true), t.Context()
	files, err := e.space.Files("u")
	require.NoError(t, err)
	edit := e.preview()
	require.Equal(t, store.FooterPreviewed, edit.State)
	require.Equal(t, "index.html", edit.FileName)
	ref := activities.FooterRef{EditID: edit.ID}
	result, err := e.website.PlaceFooter(ctx, ref)
	require.NoError(t, err)
	require.False(t, result.Changed, "nobody agreed")

	require.NoError(t, e.db.AgreeFooter(ctx, e.filing.ID, edit.ID, "customer:demo", website.BackupName))
	for range 2 { // a repeated activity
		result, err = e.website.PlaceFooter(ctx, ref)
		require.NoError(t, err)
		require.True(t, result.Changed)
	}
	require.Equal(t, store.FooterPlaced, e.edit(edit.ID).State)
	seen, err := e.website.CheckSite(ctx, activities.FilingRef{FilingID: e.filing.ID})
	require.NoError(t, err)
	require.True(t, seen.NumberShown)
	require.NoError(t, e.db.UndoFooter(ctx, e.filing.ID, edit.ID, "customer:demo"))
	for range 2 {
		result, err = e.website.RestoreFooter(ctx, ref)
		require.NoError(t, err)
		require.True(t, result.Changed)
	}
	restored, err := e.space.Files("u")
	require.NoError(t, err)
	require.Equal(t, files, restored)
}

// place agrees to a preview and lets the worker write it.
func (e *editing) place(edit store.FooterEdit) {
	e.t.Helper()
	require.Equal(e.t, store.FooterPreviewed, edit.State, edit.Reason)
	require.NoError(e.t, e.db.AgreeFooter(e.t.Context(), edit.FilingID, edit.ID, "customer:demo", website.BackupName))
	_, err := e.website.PlaceFooter(e.t.Context(), activities.FooterRef{EditID: edit.ID})
	require.NoError(e.t, err)
	require.Equal(e.t, store.FooterPlaced, e.edit(edit.ID).State)
}

// A public-security number that comes later is put below the filing number, and both are undone, the newer first.
func TestPoliceNumberFollows(t *testing.T) {
	e, ctx := newEditing(t, true), t.Context()
	files, err := e.space.Files("u")
	require.NoError(t, err)
	first := e.preview()
	require.Equal(t, []string{siteNumber}, first.Numbers())
	e.place(first)
	require.Equal(t, website.UnfitShown, e.preview().Reason)

	_, err = e.db.DB().ExecContext(ctx, `UPDATE orders SET filing_number = ?, police_number = ?
		WHERE id = ?`, siteNumber, policeNumber, e.filing.OrderID)
	require.NoError(t, err)
	second := e.preview()
	require.Equal(t, []string{policeNumber}, second.Numbers())
	e.place(second)
	placed, err := e.space.Files("u")
	require.NoError(t, err)
	page := string(placed["index.html"])
	require.Less(t, strings.Index(page, "beian.miit.gov.cn"), strings.Index(page, policeTarget+"31010102000001"))
	require.Equal(t, website.UnfitShown, e.preview().Reason)

	for _, edit := range []store.FooterEdit{second, first} {
		require.NoError(t, e.db.UndoFooter(ctx, e.filing.ID, edit.ID, "customer:demo"))
		_, err = e.website.RestoreFooter(ctx, activities.FooterRef{EditID: edit.ID})
		require.NoError(t, err)
		require.Equal(t, store.FooterUndone, e.edit(edit.ID).State)
	}
	restored, err := e.space.Files("u")
	require.NoError(t, err)
	require.Equal(t, files, restored)

	both := e.preview()
	require.Equal(t, []string{siteNumber, policeNumber}, both.Numbers(), "at once, where both are known")
	e.place(both)
}

// If the worker dies after writing the page and before writing the row, the next attempt finds the page and only
// records it.
func TestPlacedButNotRecorded(t *testing.T) {
	e, ctx := newEditing(t, true), t.Context()
	edit := e.preview()
	require.NoError(t, e.db.AgreeFooter(ctx, e.filing.ID, edit.ID, "customer:demo", website.BackupName))
	_, err := e.website.PlaceFooter(ctx, activities.FooterRef{EditID: edit.ID})
	require.NoError(t, err)
	_, err = e.db.DB().ExecContext(ctx, `UPDATE footer_edits SET state = 'agreed' WHERE id = ?`, edit.ID)
	require.NoError(t, err)
	_, err = e.website.PlaceFooter(ctx, activities.FooterRef{EditID: edit.ID})
	require.NoError(t, err)
	require.Equal(t, store.FooterPlaced, e.edit(edit.ID).State)
	require.Equal(t, 1, e.space.Stores("u", "wwwroot/index.html"))
}

func TestFooterIsNotForEverySite(t *testing.T) {
	plain := "<html><body><p>x</p></body></html>"
	for name, c := range map[string]struct {
		serve  http.HandlerFunc
		reason string
		args   map[string]any
	}{
		"leads elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			if r.Host == "www.example.com" {
				http.Redirect(w, r, "http://shop.example.org/", http.StatusFound)
				return
			}
			_, _ = w.Write([]byte(plain))
		}, website.UnfitElsewhere, map[string]any{"host": "shop.example.org"}},
		"shown by an included file": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(plain + website.Snippet(siteNumber, linkTarget)))
		}, website.UnfitShown, nil},
		"can't be opened": {http.NotFound, website.UnfitSite,
			map[string]any{"kind": "status", "url": "http://www.example.com/"}},
		"something else is shown": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html><body><ul><li>another</li></ul></body></html>"))
		}, website.UnfitNotServed, map[string]any{"file": "index.html"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEditing(t, true)
			e.serve = c.serve
			edit := e.preview()
			require.Equal(t, store.FooterFailed, edit.State)
			require.Equal(t, c.reason, edit.Reason)
			require.Equal(t, c.args, edit.Args())
		})
	}
	edit := newEditing(t, false).preview()
	require.Equal(t, activities.ReasonNoSpace, edit.Reason)
}

// Where a province wants the holder's number in the footer, a page with it lacks nothing.
func TestTheHoldersNumberSufficesInGuangdong(t *testing.T) {
	e, ctx := newEditing(t, true), t.Context()
	const whole, holders = "粤ICP备2026000001号-1", "粤ICP备2026000001号"
	_, err := e.db.DB().ExecContext(ctx, `UPDATE decisions SET site_number = ?`, whole)
	require.NoError(t, err)
	shown := holders
	e.serve = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`<body><a href="` + linkTarget + `">` + shown + `</a></body>`))
	}
	for _, c := range []struct {
		rules *rules.Book
		shown string
		want  bool
	}{{nil, holders, false}, {nil, whole, true}, {rules.BuiltIn(), holders, true}, {rules.BuiltIn(), whole, true}} {
		e.website.Rules, shown = c.rules, c.shown
		seen, err := e.website.CheckSite(ctx, activities.FilingRef{FilingID: e.filing.ID})
		require.NoError(t, err)
		require.Equal(t, c.want, seen.NumberShown, "%s, by rules: %v", c.shown, c.rules != nil)
	}
	shown = holders
	require.Equal(t, website.UnfitShown, e.preview().Reason)
}
