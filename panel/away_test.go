package panel_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/schema"
)

// line is a connection to the database that can be cut, or left open without anything arriving.
type line struct {
	net.Listener
	to string

	mu     sync.Mutex
	silent bool
	open   []net.Conn
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &line{Listener: l, to: to}
	t.Cleanup(func() {
		_ = p.Close()
		p.cut()
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

func (p *line) serve(c net.Conn) {
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		_ = c.Close()
		return
	}
	p.mu.Lock()
	p.open = append(p.open, c, server)
	p.mu.Unlock()
	go p.copy(server, c)
	p.copy(c, server)
}

func (p *line) copy(to, from net.Conn) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		p.mu.Lock()
		silent := p.silent
		p.mu.Unlock()
		if err == nil && !silent {
			_, err = to.Write(b[:n])
		}
		if err != nil {
			_ = to.Close()
			return
		}
	}
}

func (p *line) setSilent() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = true
}

// cut closes the connections, as when the server ends.
func (p *line) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.open {
		_ = c.Close()
	}
	p.open = nil
}

// farPanel is a panel whose database is at the end of a line.
func farPanel(t *testing.T) (url string, l *line) {
	t.Helper()
	dsn := testdb.DSN(t)
	_, rest, _ := strings.Cut(dsn, "tcp(")
	address, name, _ := strings.Cut(rest, ")/")
	l = newLine(t, address)
	file, err := seal.Generate()
	require.NoError(t, err)
	keys, err := seal.Load(file)
	require.NoError(t, err)
	db, err := store.Open(t.Context(), "root:@tcp("+l.Addr().String()+")/"+name, keys)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	require.NoError(t, schema.Migrate(t.Context(), db.DB()))
	s, err := panel.New(panel.Config{Store: db, Filings: &workflowsStub{}, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	return server.URL, l
}

// askWithin asks with a cookie, as people do who are signed in, and fails if the answer takes longer.
func askWithin(t *testing.T, limit time.Duration, method, url, language string) (int, string, http.Header) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	require.NoError(t, err)
	request.Header.Set("Accept-Language", language)
	request.AddCookie(&http.Cookie{Name: "beian_session", Value: strings.Repeat("x", 43)})
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body), response.Header
}

// With the database away, every path answers in time and in the reader's language; what needs no database answers as
// ever.
func TestPanelAnswersWithoutItsDatabase(t *testing.T) {
	for name, harm := range map[string]func(*line){
		"silent": (*line).setSilent,
		"gone":   func(l *line) { _ = l.Close(); l.cut() },
	} {
		t.Run(name, func(t *testing.T) {
			url, l := farPanel(t)
			status, _, _ := askWithin(t, 10*time.Second, http.MethodGet, url+"/sign-in", "en")
			require.Equal(t, http.StatusOK, status)
			harm(l)
			for _, path := range []string{"/healthz", "/assets/style.css"} {
				status, _, _ := askWithin(t, time.Second, http.MethodGet, url+path, "en")
				require.Equal(t, http.StatusOK, status, path)
			}
			var all sync.WaitGroup
			for _, path := range []string{"/", "/orders", "/help", "/sign-in", "/support/filings", "/nowhere", "/query"} {
				for language, want := range map[string]string{"en": "Not available right now", "zh-CN": "服务暂时不可用"} {
					all.Go(func() {
						status, body, header := askWithin(t, 9*time.Second, http.MethodGet, url+path, language)
						if status != http.StatusServiceUnavailable || !strings.Contains(body, want) ||
							!strings.Contains(body, "</html>") || header.Get("Retry-After") == "" {
							t.Errorf("%s in %s: %d %s", path, language, status, body)
						}
					})
				}
			}
			all.Wait()
		})
	}
}

func TestHeadIsAnsweredLikeGet(t *testing.T) {
	url, _ := farPanel(t)
	for _, path := range []string{"/healthz", "/sign-in", "/help", "/assets/style.css"} {
		status, body, header := askWithin(t, 10*time.Second, http.MethodHead, url+path, "en")
		require.Equal(t, http.StatusOK, status, path)
		require.Empty(t, body)
		require.NotEmpty(t, header.Get("Content-Type"), path)
	}
	status, _, _ := askWithin(t, 10*time.Second, http.MethodHead, url+"/orders/D1/filing/events", "en")
	require.Equal(t, http.StatusMethodNotAllowed, status)
}

// Whatever is asked for while the database goes away, at any of its statements, or while one statement fails: nobody is
// shown less than there is, or told that something was done. What is read ahead or only helps a page may be missing
// without a trace.
func TestNoPageHidesThatTheDatabaseWentAway(t *testing.T) {
	db, line := testdb.NewOverLine(t)
	o := newOfficeAt(t, db, panel.Config{})
	o.furnish()
	changing := regexp.MustCompile(`<p class="flash"[^>]*>[^<]*</p>|name="draft_tab" value="\w+"`)
	total := 0
	for _, login := range []string{"owner", "administrator"} {
		c := o.caller(login)
		ask := func(method, path string) (status int, answer string) {
			request, err := http.NewRequestWithContext(t.Context(), method, o.url+path, nil)
			require.NoError(t, err)
			response, err := c.http.Do(request)
			if err != nil {
				return 0, "broken off"
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				return 0, "broken off"
			}
			return response.StatusCode, fmt.Sprintf("%d %s %s", response.StatusCode, response.Header.Get("Location"),
				changing.ReplaceAll(body, nil))
		}
		for _, route := range o.routes() {
			if strings.HasSuffix(route.Path, "/events") || route.Path == "/sign-out" { // a stream never ends
				continue
			}
			path, whole := o.path(route.Path), ""
			if route.Method == http.MethodGet {
				_, whole = ask(route.Method, path)
			}
			for _, lasting := range []bool{true, false} {
				var status int
				var answer string
				statements, hidden := line.EachStatement(lasting, func() { status, answer = ask(route.Method, path) },
					func() bool { return failed(status) || answer == whole })
				total += statements
				if hidden = unhelpful(hidden); len(hidden) > 0 {
					t.Errorf("%s %s by %s hides failures (lasting: %t) of\n%s", route.Method, route.Path, login, lasting,
						strings.Join(hidden, "\n"))
				}
			}
		}
	}
	require.Greater(t, total, 2400, "most pages were under way")
}

// failed tells whether an answer says that something failed.
func failed(status int) bool { return status == 0 || status >= http.StatusInternalServerError }

// unhelpful leaves out the statements that only help: without new code tables, the last known ones hold
// (web.Kit.Tables).
func unhelpful(statements []string) []string {
	return slices.DeleteFunc(statements, func(s string) bool { return strings.Contains(s, " FROM code_tables ") })
}

// sufficient are the entries of staff's forms that do something besides, which may fail: a verdict counts, even if the
// next dossier can't be taken.
var sufficient = map[string]string{
	"/support/filings/:number/pass":      "filing.pass done",
	"/support/filings/:number/send-back": "filing.send_back done",
}

// A form that is filled in as it should be says so if any of its statements fails, and can be sent again.
func TestNoFormOfStaffConfirmsWhatFailed(t *testing.T) {
	db, line := testdb.NewOverLine(t)
	o := newOfficeAt(t, db, panel.Config{})
	o.furnish()
	posts, _ := staffPosts(o)
	admin := o.caller("administrator")
	_, last := o.logged(0)
	// What a workflow refuses answers with its own message.
	for _, path := range []string{"run-now", "codes", "withdraw", "vetting/finish"} {
		var status int
		_, hidden := line.EachStatement(false,
			func() {
				status = admin.form("/support/filings/M2/"+path, url.Values{"channel": {"sms"}, "reason": {"客户来电"}})
			},
			func() bool { return failed(status) })
		require.Empty(t, hidden, path)
	}
	o.workflows.err = nil
	for _, p := range posts {
		path := p.path
		if path == "" {
			path = o.path(p.route)
		}
		var status int
		var logged, entries []string
		_, last = o.logged(last)
		_, hidden := line.EachStatement(false, func() {
			status = admin.form(path, p.form)
		}, func() bool {
			entries, last = o.logged(last)
			logged = append(logged, entries...)
			return failed(status) || slices.Contains(entries, sufficient[p.route])
		})
		if hidden = unhelpful(hidden); len(hidden) > 0 {
			t.Errorf("%s hides failures of\n%s", path, strings.Join(hidden, "\n"))
		}
		entries, last = o.logged(last)
		require.Subset(t, append(logged, entries...), p.want, path)
		if p.route == "/support/dossiers/:record/approved" {
			_, err := o.db.DB().ExecContext(t.Context(), `UPDATE decisions SET holder_id = 1, site_id = 2`)
			require.NoError(t, err)
		}
	}
}

// As long as something isn't saved or checked, a customer's form doesn't go on.
func TestNoFormOfCustomersConfirmsWhatFailed(t *testing.T) {
	db, line := testdb.NewOverLine(t)
	f := newFillingAt(t, db)
	f.filled()
	c := (&office{t: t, db: db, url: f.url}).caller("nobody")
	_, to := c.send(http.MethodPost, "/sign-in", url.Values{"login": {"demo"}, "password": {"password"}})
	require.Equal(t, "/", to)
	for _, form := range []struct {
		path   string
		values url.Values
		next   string
	}{
		{"/kind", url.Values{"kind": {"new"}, "action": {"next"}}, "/holder"},
		{"/holder", demo.HolderValues(filingtest.PersonHolder()), "/site"},
		{"/site", demo.FormValues(f.page("/site").Find("main form").First()), "/papers"},
		{"/review", url.Values{}, ""},
	} {
		form.values.Set("action", "next")
		var status int
		statements, hidden := line.EachStatement(false,
			func() { status, to = c.send(http.MethodPost, filingBase+form.path, form.values) },
			func() bool { return failed(status) })
		if hidden = unhelpful(hidden); len(hidden) > 0 {
			t.Errorf("%s hides failures of\n%s", form.path, strings.Join(hidden, "\n"))
		}
		require.Equal(t, filingBase+form.next, to, form.path)
		require.Greater(t, statements, 5, form.path)
	}
	require.Positive(t, f.temporal.submitted)
}
