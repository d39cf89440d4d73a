package panel_test

import (
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/testdb"
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

// A page asks the database at most five times one after the other, however much it shows.
func TestPagesMakeFewRoundTrips(t *testing.T) {
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
		get(path) // connections are made, and tables read
		chain := get(path)
		require.LessOrEqual(t, len(chain), 5, "%s:\n%s", path, strings.Join(chain, "\n"))
	}
	for _, path := range []string{"/orders", "/orders/D1/filing", "/orders/D1/filing/holder", "/orders/D1/filing/site",
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
