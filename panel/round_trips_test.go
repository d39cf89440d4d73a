package panel_test

import (
	"cmp"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/panel"
)

// asked is when a question went to the database and when its answer came.
type asked struct {
	from, to time.Time
	what     string
}

// slowLine is a line to a database on which each question waits a little, so that it shows which of them were asked at
// once. It records them.
type slowLine struct {
	slow atomic.Bool
	mu   sync.Mutex
	list []asked
}

func (l *slowLine) listen(t *testing.T, target string) (address string) {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = in.Close() })
	go func() {
		for {
			client, err := in.Accept()
			if err != nil {
				return
			}
			go l.serve(client, target)
		}
	}()
	return in.Addr().String()
}

func (l *slowLine) serve(client net.Conn, target string) {
	defer client.Close()
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	questions := make(chan asked, 100)
	go func() {
		defer client.Close()
		buffer := make([]byte, 1<<16)
		for {
			n, err := server.Read(buffer)
			select {
			case q := <-questions:
				q.to = time.Now()
				l.mu.Lock()
				l.list = append(l.list, q)
				l.mu.Unlock()
			default:
			}
			if _, failed := client.Write(buffer[:n]); err != nil || failed != nil {
				return
			}
		}
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		questions <- asked{from: time.Now(), what: strings.Join(strings.Fields(string(buffer[min(n, 5):min(n, 1000)])), " ")}
		if l.slow.Load() {
			time.Sleep(slowness)
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// slowness is long against what a page does between two questions.
const slowness = 30 * time.Millisecond

// trips is the longest chain of questions of which each waited for the one before.
func (l *slowLine) trips() (chain []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.SortFunc(l.list, func(a, b asked) int { return a.to.Compare(b.to) })
	var end time.Time
	for _, q := range l.list {
		if !q.from.Before(end) {
			chain, end = append(chain, q.what), q.to
		}
	}
	l.list = nil
	return chain
}

// roundTrips is how many questions a page may ask one after the other, except for those of moreTrips.
const roundTrips = 5

// moreTrips are the routes that need more, and why.
var moreTrips = map[string]int{
	"/captcha":                               7, // a picture; takes from a quota, and changes the session
	"/orders/:number/filing/letter":          6, // records what it states, once nothing is found wrong with that
	"/orders/:number/filing/sheet":           6,
	"/support/filings/:number/papers/:paper": 6, // a picture, whose view is recorded twice
}

// pagesAsking are the routes whose round trips are counted. Where a page can show more or less, o.furnish made much.
var pagesAsking = strings.Fields(`
/ /account /account/confirm /account/contact/:channel /account/contact/:channel/code /account/password /account/totp
/account/totp/enrol /assets/*filepath /captcha /captcha/sound /documents /healthz /help /help/:page
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
/support/orders/:number/transfer /support/papers /support/quotas /support/staff /support/stuck
/support/tasks/:id/answer /support/tickets /support/tickets/:id /support/tickets/:id/pictures/:picture
/support/today /support/vetting /support/vetting/figures /support/vetting/figures.csv /tickets /tickets/:id
/tickets/:id/pictures/:picture /tickets/ask /tickets/complain`)

// Each page asks the database at most five times one after the other, however much it shows: with two seconds there
// and back it still answers in time.
func TestEveryPageMakesFewRoundTrips(t *testing.T) {
	line := &slowLine{}
	dsn, err := mysql.ParseDSN(testdb.DSN(t))
	require.NoError(t, err)
	dsn.Addr = line.listen(t, dsn.Addr)
	o := newOfficeAt(t, testdb.NewAt(t, dsn.FormatDSN()), panel.Config{})
	o.furnish()
	var staged []string
	for _, stage := range filing.Stages {
		path := o.staged("S-"+string(stage), stage, "")
		staged = append(staged, path, path+"/dossier")
	}
	owner, staff := o.caller("owner"), o.caller("administrator")
	line.slow.Store(true)
	few := func(path string, most int) {
		who := owner
		if strings.HasPrefix(path, "/support") || strings.HasPrefix(path, "/account/totp") || path == "/account/confirm" {
			who = staff
		}
		var chain []string
		for range 5 { // at first, connections are made and tables read
			line.trips()
			status, _ := who.send(http.MethodGet, path, nil)
			require.Less(t, status, 500, path)
			if chain = line.trips(); len(chain) <= most {
				return
			}
		}
		t.Errorf("%s: %d round trips, want %d at most:\n%s", path, len(chain), most, strings.Join(chain, "\n"))
	}
	for _, route := range o.routes() {
		if route.Method != http.MethodGet || strings.HasSuffix(route.Path, "/events") {
			continue // a stream asks for as long as it is open
		}
		page := strings.Replace(route.Path, "/sites/:domain", "", 1) // the same of one of several sites
		if !slices.Contains(pagesAsking, page) {
			t.Errorf("pagesAsking lacks %s", page)
		}
		few(o.path(route.Path), cmp.Or(moreTrips[page], roundTrips))
	}
	for _, path := range staged {
		few(path, roundTrips)
	}
}

// A customer's page does so in every stage.
func TestPagesMakeFewRoundTripsInEveryStage(t *testing.T) {
	line := &slowLine{}
	dsn, err := mysql.ParseDSN(testdb.DSN(t))
	require.NoError(t, err)
	dsn.Addr = line.listen(t, dsn.Addr)
	f := newFillingAt(t, testdb.NewAt(t, dsn.FormatDSN()))
	line.slow.Store(true)
	get := func(path string) []string {
		line.trips()
		r, err := f.Raw(t.Context(), path)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
		require.Equal(t, 200, r.StatusCode, path)
		return line.trips()
	}
	few := func(t *testing.T, path string) {
		t.Helper()
		var chain []string
		for range 5 { // at first, connections are made and tables read
			if chain = get(path); len(chain) <= roundTrips {
				return
			}
		}
		t.Errorf("%s:\n%s", path, strings.Join(chain, "\n"))
	}
	_, err = f.db.ImportOrder(t.Context(), store.OrderImport{Number: "D3", Customer: "demo", Product: "p",
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
