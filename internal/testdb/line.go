package testdb

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
)

// Line is a network to a database that breaks before a statement, and stays broken until it is mended.
type Line struct {
	left   atomic.Int64
	broken atomic.Bool
}

// whole is more statements than there are.
const whole = 1 << 40

var errLine = errors.New("the line to the database is broken")

// NewOverLine is New by way of a line.
func NewOverLine(t testing.TB) (*store.Store, *Line) {
	t.Helper()
	l := &Line{}
	l.Mend()
	dsn, err := mysql.ParseDSN(DSN(t))
	require.NoError(t, err)
	network, real := "line of "+t.Name(), dsn.Net
	mysql.RegisterDialContext(network, func(ctx context.Context, address string) (net.Conn, error) {
		if l.broken.Load() {
			return nil, errLine
		}
		conn, err := new(net.Dialer).DialContext(ctx, real, address)
		return &lineConn{conn, l}, err
	})
	t.Cleanup(func() { mysql.DeregisterDialContext(network) })
	dsn.Net = network
	s := NewAt(t, dsn.FormatDSN())
	t.Cleanup(l.Mend)
	return s, l
}

// BreakAfter lets so many statements pass, and then none.
func (l *Line) BreakAfter(statements int) { l.left.Store(int64(statements)) }

// Mend lets all statements pass.
func (l *Line) Mend() {
	l.left.Store(whole)
	l.broken.Store(false)
}

// Broken reports whether a statement didn't pass.
func (l *Line) Broken() bool { return l.broken.Load() }

// EachBreak repeats an operation with a line that breaks before its first statement, its second and so on, until it ends
// without a break. It returns how many statements the operation has, and those of which told says twice that nothing
// told of the break: a first time may be due to what an operation before this one left running.
func (l *Line) EachBreak(t testing.TB, s *store.Store, do func(), told func() bool) (statements int, hidden []int) {
	t.Helper()
	breaks := func() bool {
		l.Mend()
		require.NoError(t, s.Ping(t.Context())) // connects
		l.BreakAfter(statements)
		do()
		return l.Broken()
	}
	for ; breaks(); statements++ {
		if !told() && breaks() && !told() {
			hidden = append(hidden, statements+1)
		}
	}
	l.Mend()
	return statements, hidden
}

type lineConn struct {
	net.Conn
	line *Line
}

// Write passes on what is written, a statement at a time. Whether a transaction that failed is rolled back or breaks off
// is the same.
func (c *lineConn) Write(b []byte) (int, error) {
	if !bytes.HasSuffix(b, []byte("ROLLBACK")) && c.line.left.Add(-1) < 0 {
		c.line.broken.Store(true)
		return 0, errors.Join(errLine, c.Close())
	}
	return c.Conn.Write(b)
}
