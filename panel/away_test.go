package panel_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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

// Whatever is asked for while the database goes away, at any of its statements: nobody is shown less than there is, or
// told that something was done. What is read ahead or only helps a page may be missing without a trace.
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
			var status int
			var answer string
			statements, hidden := line.EachStatement(true, func() { status, answer = ask(route.Method, path) }, func() bool {
				return status == 0 || status >= http.StatusInternalServerError || answer == whole
			})
			total += statements
			if len(hidden) > 0 {
				t.Errorf("%s %s by %s hides that the database goes away at %v", route.Method, route.Path, login, hidden)
			}
		}
	}
	require.Greater(t, total, 1200, "most pages were under way")
}
