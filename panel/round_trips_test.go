package panel_test

import (
	"io"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/panel"
)

// gate stands between a panel and its database. While it is shut, it holds what the panel asks until nothing in this
// process runs any more, and then lets all of it pass: what is asked before anything is answered is one round trip,
// however long each step takes.
type gate struct {
	shut atomic.Bool
	mu   sync.Mutex
	held []heldQuestion
}

type heldQuestion struct {
	text string
	pass chan struct{}
}

// gatedConn is a connection that goes through a gate.
type gatedConn struct {
	net.Conn
	gate *gate
}

// query is how a packet with a question begins, after three bytes with its length: the first of a sequence, COM_QUERY.
const query = "\x00\x03"

// Write waits for the gate, unless it sets up a connection, which happens now and then.
func (c *gatedConn) Write(b []byte) (int, error) {
	text, asks := strings.CutPrefix(string(b[min(len(b), 3):min(len(b), 1000)]), query)
	if asks && !strings.HasPrefix(text, "SET ") && c.gate.shut.Load() {
		c.gate.hold(strings.Join(strings.Fields(text), " "))
	}
	return c.Conn.Write(b)
}

// Read is here to be found in the stacks of those who wait for an answer.
func (c *gatedConn) Read(b []byte) (int, error) { return c.Conn.Read(b) }

func (g *gate) wrap(conn net.Conn) net.Conn { return &gatedConn{conn, g} }

// hold waits until the gate lets a question pass, unless it was opened meanwhile.
func (g *gate) hold(text string) {
	q := heldQuestion{text, make(chan struct{})}
	g.mu.Lock()
	if !g.shut.Load() {
		g.mu.Unlock()
		return
	}
	g.held = append(g.held, q)
	g.mu.Unlock()
	<-q.pass
}

// release lets pass what is held.
func (g *gate) release() (texts []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, q := range g.held {
		texts = append(texts, q.text)
		close(q.pass)
	}
	g.held = nil
	return texts
}

// trips are what a request asks, by round trip.
func (g *gate) trips(t *testing.T, request func()) (rounds []string) {
	t.Helper()
	g.shut.Store(true)
	defer func() { // whoever is still held, if this fails, would hold up the panel's end
		g.shut.Store(false)
		g.release()
	}()
	done := make(chan struct{})
	go func() {
		defer close(done)
		request()
	}()
	for {
		ended := false
		select {
		case <-done:
			ended = true
		default:
		}
		for since := time.Now(); ; time.Sleep(pollEvery) {
			stack := busy()
			if stack == "" {
				break
			}
			require.Less(t, time.Since(since), maxStep, stack)
		}
		if questions := g.release(); len(questions) > 0 {
			rounds = append(rounds, strings.Join(questions, " | "))
		} else if ended {
			return rounds
		}
	}
}

const (
	// pollEvery is how often it is looked whether anything runs.
	pollEvery = 200 * time.Microsecond
	// maxStep is longer than anything runs between two questions: a page has less time as a whole.
	maxStep = time.Minute
)

var (
	// runs are the states of a goroutine that goes on by itself: it computes, or waits for another process.
	runs = regexp.MustCompile(
		`^goroutine \d+ [^\[]*\[(running|runnable|syscall|preempted|copystack|IO wait|GC |wait for GC)`)
	// idles are those that wait for what comes from outside: the next request, a signal, the end of the database, the
	// next sample of a profile.
	idles = regexp.MustCompile(
		`os/signal\.|os\.\(\*Process\)|os/exec\.|runtime/pprof\.|\.Accept\(|net/http\.\(\*(connReader|persistConn)\)`)
)

// stacks is the memory for the stacks of all goroutines.
var stacks = make([]byte, 1<<22)

// busy is the stack of a goroutine, not the caller's, that runs or waits for an answer of the database; empty if there
// is none.
func busy() string {
	for i, stack := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if i > 0 && runs.MatchString(stack) && !idles.MatchString(stack) {
			return stack
		}
	}
	return ""
}

// roundTrips is how many questions a page may ask one after the other.
const roundTrips = 5

// pagesAsking are the routes whose round trips are counted. Where a page can show more or less, o.furnish made much.
var pagesAsking = strings.Fields(`
/ /account /account/confirm /account/confirm/code /account/confirm/code/enter
/account/contact/:channel /account/contact/:channel/code /account/password /account/totp
/account/totp/enrol /launch/:token /api /api/v1/customers/:id /api/v1/filings /api/v1/openapi.json /api/v1/openapi.yaml
/api/v1/orders /api/v1/orders/:number /api/v1/orders/:number/web-space /assets/*filepath /captcha /captcha/sound /documents /healthz /help /help/:page
/help/announcements /help/announcements/:id /help/ask /help/asked /help/codes /help/complain /help/provinces
/help/reasons /help/search /orders /orders/:number /orders/:number/filing /orders/:number/filing/certificate
/orders/:number/filing/consent /orders/:number/filing/contact /orders/:number/filing/contact/:channel
/orders/:number/filing/ending /orders/:number/filing/footer /orders/:number/filing/holder
/orders/:number/filing/kind /orders/:number/filing/letter /orders/:number/filing/notice
/orders/:number/filing/ownership /orders/:number/filing/papers /orders/:number/filing/papers/:paper
/orders/:number/filing/police /orders/:number/filing/progress /orders/:number/filing/recover
/orders/:number/filing/result /orders/:number/filing/review /orders/:number/filing/sheet /orders/:number/filing/site
/orders/:number/filing/verify /orders/:number/register /privacy /query /readyz /regions /sign-in /sign-in/code
/sign-in/enrol /sign-in/first /sign-in/first-password /sign-in/forgotten /sign-in/forgotten/code
/sign-in/forgotten/password /support /support/addresses /support/addresses/:id /support/announcements
/support/announcements/:id /support/audit /support/audit/export /support/broken /support/bulk /support/bulk/:id
/support/bulk/:id/progress /support/bureau /support/bureau/accounts/:id/files/:direction/:number
/support/customers/:id /support/dossiers /support/dossiers/:record /support/figures /support/figures/:figure
/support/filings /support/filings.csv /support/filings/:number /support/filings/:number/contact/:channel
/support/filings/:number/dossier /support/filings/:number/papers/:paper /support/filings/:number/proofs/:id
/support/filings/:number/resume /support/filings/:number/space /support/filings/:number/vetting/state
/support/filings/:number/withdraw /support/orders/:number/customer /support/orders/:number/first-password
/support/orders/:number/transfer /support/api-keys /support/papers /support/quotas /support/staff /support/stuck
/support/tasks/:id/answer /support/tickets /support/tickets/:id /support/tickets/:id/pictures/:picture
/support/today /support/vetting /support/vetting/figures /support/vetting/figures.csv /tickets /tickets/:id
/tickets/:id/pictures/:picture /tickets/ask /tickets/complain`)

// Each page asks the database at most five times one after the other, however much it shows: with two seconds there
// and back it still answers in time.
func TestEveryPageMakesFewRoundTrips(t *testing.T) {
	g := &gate{}
	o := newOfficeAt(t, testdb.NewOver(t, g.wrap), panel.Config{})
	o.furnish()
	var staged []string
	for _, stage := range filing.Stages {
		path := o.staged("S-"+string(stage), stage, "")
		staged = append(staged, path, path+"/dossier")
	}
	owner, staff := o.caller("owner"), o.caller("administrator")
	few := func(path string) {
		who := owner
		if strings.HasPrefix(path, "/support") || strings.HasPrefix(path, "/account/totp") || path == "/account/confirm" {
			who = staff
		}
		var chain []string
		for range 3 { // at first, code tables are read, and sessions and figures of past days written
			var status int
			chain = g.trips(t, func() { status, _ = who.send(http.MethodGet, path, nil) })
			require.Less(t, status, 500, path)
			if len(chain) <= roundTrips {
				return
			}
		}
		t.Errorf("%s: %d round trips, want %d at most:\n%s", path, len(chain), roundTrips, strings.Join(chain, "\n"))
	}
	for _, route := range o.routes() {
		if route.Method != http.MethodGet || strings.HasSuffix(route.Path, "/events") {
			continue // a stream asks for as long as it is open
		}
		page := strings.Replace(route.Path, "/sites/:domain", "", 1) // the same of one of several sites
		if !slices.Contains(pagesAsking, page) {
			t.Errorf("pagesAsking lacks %s", page)
		}
		few(o.path(route.Path))
	}
	for _, path := range staged {
		few(path)
	}
}

// A customer's page does so in every stage.
func TestPagesMakeFewRoundTripsInEveryStage(t *testing.T) {
	g := &gate{}
	f := newFillingAt(t, testdb.NewOver(t, g.wrap))
	get := func(path string) []string {
		var status int
		chain := g.trips(t, func() {
			r, err := f.Raw(t.Context(), path)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
			status = r.StatusCode
		})
		require.Equal(t, 200, status, path)
		return chain
	}
	few := func(t *testing.T, path string) {
		t.Helper()
		var chain []string
		for range 3 { // at first, code tables are read, and sessions and figures of past days written
			if chain = get(path); len(chain) <= roundTrips {
				return
			}
		}
		t.Errorf("%s:\n%s", path, strings.Join(chain, "\n"))
	}
	_, err := f.db.ImportOrder(t.Context(), store.OrderImport{Number: "D3", Customer: "demo", Product: "p",
		Domains: []string{"one.com", "two.com", "three.cn"}})
	require.NoError(t, err)
	_, err = f.Post(t.Context(), "/orders/D3/filing", nil)
	require.NoError(t, err)
	for _, path := range []string{"/orders", "/orders/D3", "/orders/D3/sites/two.com/filing",
		"/orders/D1/filing", "/orders/D1/filing/holder", "/orders/D1/filing/site",
		"/orders/D1/filing/papers", "/orders/D1/filing/review", "/help"} {
		few(t, path)
	}
	for _, stage := range filing.OrderStages {
		if stage == filing.Contact {
			continue // nothing to read yet
		}
		t.Run(string(stage), func(t *testing.T) {
			f.advance(stage, "")
			few(t, filingBase)
		})
	}
}
