package panel_test

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/panel"
)

// served is a panel over a real database, with a signed-in customer.
type served struct {
	t      *testing.T
	db     *store.Store
	url    string
	client *http.Client
	order  store.Order
	filing store.Filing
	panel  *panel.Server
}

// readTimeout is shorter than the real server's, to show that streams outlast it.
const readTimeout = 500 * time.Millisecond

func newServed(t *testing.T) *served {
	t.Helper()
	s := &served{t: t, db: testdb.New(t)}
	ctx := t.Context()
	hash := testdb.PasswordHash(t, "password")
	id, err := s.db.EnsureUser(ctx, store.RoleCustomer, "demo", hash)
	require.NoError(t, err)
	_, err = s.db.ImportOrder(ctx,
		store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	s.order, err = s.db.OrderOf(ctx, id, "D1")
	require.NoError(t, err)
	s.filing, err = s.db.OpenFiling(ctx, s.order.ID)
	require.NoError(t, err)
	consent(t, s.db, s.filing)
	s.panel, err = panel.New(panel.Config{Store: s.db, Logger: slog.New(slog.DiscardHandler), Provider: panel.Provider{
		LinkTargets: []string{"https://beian.miit.gov.cn/"}, PoliceTarget: "https://beian.mps.gov.cn/#/query/webSearch?code=",
	}})
	require.NoError(t, err)
	t.Cleanup(s.panel.Close)
	server := httptest.NewUnstartedServer(s.panel.Handler())
	server.Config.ReadTimeout = readTimeout
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(s.panel.EndStreams)
	s.url = server.URL
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	s.client = &http.Client{Jar: jar}
	answer, err := s.client.PostForm(s.url+"/sign-in", url.Values{"login": {"demo"}, "password": {"password"}})
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return s
}

func (s *served) advance(seq int64, stage filing.Stage) {
	s.t.Helper()
	require.NoError(s.t, s.db.Advance(s.t.Context(),
		store.Progress{FilingID: s.filing.ID, Seq: seq, Stage: stage, EventKind: "opened", Actor: "system"}))
}

// listen opens a stream and returns its lines.
func (s *served) listen(query, lastID string) (lines chan string, answer *http.Response) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	s.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/orders/D1/filing/events"+query, nil)
	require.NoError(s.t, err)
	if lastID != "" {
		request.Header.Set("Last-Event-ID", lastID)
	}
	answer, err = s.client.Do(request)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = answer.Body.Close() })
	lines = make(chan string, 100)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(answer.Body); scanner.Scan(); {
			if scanner.Text() != "" {
				lines <- scanner.Text()
			}
		}
	}()
	return lines, answer
}

func next(t *testing.T, lines chan string) string {
	t.Helper()
	select {
	case line, open := <-lines:
		require.True(t, open, "the stream ended")
		return line
	case <-time.After(10 * time.Second):
		require.Fail(t, "nothing came")
		return ""
	}
}

func TestEventsTellOfEachStep(t *testing.T) {
	s := newServed(t)
	s.advance(1, filing.Contact)
	lines, answer := s.listen("?seen=1", "")
	require.Equal(t, "text/event-stream; charset=utf-8", answer.Header.Get("Content-Type"))
	require.Equal(t, "no", answer.Header.Get("X-Accel-Buffering"))
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	require.Empty(t, answer.Header.Get("Set-Cookie"), "streams don't keep the session alive")
	require.Equal(t, "retry: 3000", next(t, lines))
	second, _ := s.listen("?seen=0", "1") // another tab, reconnecting
	require.Equal(t, "retry: 3000", next(t, second))
	late, _ := s.listen("?seen=0", "")
	for _, want := range []string{"retry: 3000", "id: 1", "event: progress", "data: 1"} {
		require.Equal(t, want, next(t, late), "missed events arrive at once")
	}
	begin := time.Now()
	require.Eventually(t, func() bool { return time.Since(begin) > 2*readTimeout }, 5*time.Second, 50*time.Millisecond,
		"longer than the server's read timeout")
	s.advance(2, filing.Verifying)
	for _, stream := range []chan string{lines, second, late} {
		for _, want := range []string{"id: 2", "event: progress", "data: 2"} {
			require.Equal(t, want, next(t, stream))
		}
	}
	s.panel.EndStreams()
	require.Eventually(t, func() bool {
		select {
		case _, open := <-lines:
			return !open
		default:
			return false
		}
	}, 5*time.Second, 10*time.Millisecond, "a panel that stops ends its streams")
}

func TestEventsAreTheOwners(t *testing.T) {
	s := newServed(t)
	stranger := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := stranger.Get(s.url + "/orders/D1/filing/events")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	answer, err = s.client.Get(s.url + "/orders/D2/filing/events")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusNotFound, answer.StatusCode)
}

// approve gives a filing its dossier and the bureau's approval, and completes it.
func (s *served) approve(f store.Filing) {
	s.t.Helper()
	ctx := s.t.Context()
	require.NoError(s.t, s.db.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 10, Stage: filing.Preparing, EventKind: "verified", Actor: "system"}))
	revision, err := s.db.SaveDossier(ctx, f.ID, filing.Dossier{Kind: f.Kind, Holder: filingtest.PersonHolder(),
		Site: filing.Site{Name: "x", Domains: []string{"www.example.com"}, HomePage: "http://www.example.com/"}})
	require.NoError(s.t, err)
	account, err := s.db.EnsureAccount(ctx, "default")
	require.NoError(s.t, err)
	for _, query := range []string{
		`INSERT INTO records (filing_id, revision, account_id, created_at) VALUES (?, ?, ?, NOW(6))`,
		`INSERT INTO decisions (record_id, approved, site_number, created_at) SELECT id, TRUE, '沪ICP备2026000001号-1', NOW(6)
			FROM records WHERE filing_id = ? AND revision = ? AND account_id = ?`,
	} {
		_, err = s.db.DB().ExecContext(ctx, query, f.ID, revision, account)
		require.NoError(s.t, err)
	}
	require.NoError(s.t,
		s.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 11, Stage: filing.Filed, EventKind: "filed", Actor: "system"}))
}

func (s *served) page(path string) *goquery.Document {
	s.t.Helper()
	answer, err := s.client.Get(s.url + path)
	require.NoError(s.t, err)
	defer func() { _ = answer.Body.Close() }()
	require.Equal(s.t, http.StatusOK, answer.StatusCode)
	page, err := goquery.NewDocumentFromReader(answer.Body)
	require.NoError(s.t, err)
	return page
}

// Without a web space, the page says where each system puts the footer. With one, placing can be undone, even after a
// change, and a number that arrives later is offered.
func TestFooterPageOfEveryOrder(t *testing.T) {
	s, ctx := newServed(t), t.Context()
	_, err := s.db.RegisterContact(ctx, s.order.CustomerID, s.filing.ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	s.approve(s.filing)
	require.Equal(t, 1, s.page("/orders/D1/filing/result").Find(`a[href="/orders/D1/filing/footer"]`).Length())
	page := s.page("/orders/D1/filing/footer")
	require.Equal(t, len(website.Systems)+1, page.Find("dl.facts dt").Length())
	require.Contains(t, page.Find("dl.facts").Text(), "WordPress")

	_, err = s.db.ImportOrder(ctx,
		store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: []string{"www.example.com"},
			WebSpace: &store.WebSpace{Protocol: website.FTP, Host: "127.0.0.1", Port: 21, User: "u", Password: "p"}})
	require.NoError(t, err)
	id, err := s.db.AskFooter(ctx, s.filing.ID, "customer:demo")
	require.NoError(t, err)
	require.NoError(t, s.db.FooterPreviewed(ctx, id, store.FooterPreview{Numbers: []string{"沪ICP备2026000001号-1"},
		FileName: "index.html", Original: []byte("<p>x</p>"), New: []byte("<p>y</p>")}))
	preview := s.page("/orders/D1/filing/footer")
	require.Equal(t, "沪ICP备2026000001号-1", preview.Find(".footpicture .mine").Text())
	require.NoError(t, s.db.AgreeFooter(ctx, s.filing.ID, id, "customer:demo", website.BackupName))
	require.NoError(t, s.db.FooterPlaced(ctx, id))
	require.Zero(t, s.page("/orders/D1/filing/footer").Find("[data-missing]").Length())
	_, err = s.db.DB().ExecContext(ctx, `UPDATE orders SET filing_number = '沪ICP备2026000001号-1',
		police_number = '沪公网安备31010102000001号' WHERE id = ?`, s.order.ID)
	require.NoError(t, err)

	change, err := s.db.OpenFollowUp(ctx, s.filing.ID, filing.KindChange)
	require.NoError(t, err)
	s.approve(change)
	page = s.page("/orders/D1/filing/footer")
	require.Equal(t, "placed", page.Find("[data-footer]").AttrOr("data-footer", ""))
	require.Equal(t, strconv.FormatInt(id, 10), page.Find(`form[action$="/undo"] [name=edit]`).AttrOr("value", ""))
	require.Contains(t, page.Find("[data-missing]").Text(), "沪公网安备31010102000001号")
	require.Equal(t, 1, page.Find(`form[action="/orders/D1/filing/footer"]`).Length(), "a new preview is offered")
	police := s.page("/orders/D1/filing/police")
	require.Contains(t, police.Find(".snippet").Text(), "沪公网安备31010102000001号")
	require.Equal(t, 1, police.Find(`a[href="/orders/D1/filing/footer"]`).Length())
}

func TestEveryReasonAndFindingHasItsTexts(t *testing.T) {
	texts, err := locale.New()
	require.NoError(t, err)
	for _, lang := range locale.Languages {
		l := texts.For(lang)
		for _, reason := range []string{website.UnfitShown, website.UnfitUnlinked, website.UnfitOther,
			website.UnfitFrameset, website.UnfitWide,
			website.UnfitHidden, website.UnfitTooBig, website.UnfitDynamic,
			website.UnfitSystem, website.UnfitNoPage, website.UnfitNotServed, website.UnfitSite, website.UnfitElsewhere,
			website.UnfitChanged, activities.ReasonNoSpace} {
			require.True(t, l.Has("footer_reason."+reason), "%s: %s", lang, reason)
		}
		for _, system := range append([]string{"other"}, website.Systems...) {
			require.True(t, l.Has("footer_system."+system) && l.Has("footer_system."+system+".name"), "%s: %s", lang, system)
		}
		for _, kind := range []string{website.NotResolved, website.ReservedAddress, website.Refused, website.TimedOut,
			website.BadTLS, website.WrongStatus, website.TooManyHops, website.TooBig,
			website.Different, website.NumberMissing, website.LinkMissing, website.Unreachable,
			website.OtherPort, website.NumberFramed} {
			require.True(t, l.Has("site_check."+kind) && l.Has("site_check_help."+kind), "%s: %s", lang, kind)
		}
		for _, actor := range []string{"customer", "support", "bureau", "system"} {
			require.True(t, l.Has("timeline_actor."+actor) && l.Has("turn."+actor) &&
				l.Has("event.submitting_by_"+actor), "%s: %s", lang, actor)
		}
	}
}
