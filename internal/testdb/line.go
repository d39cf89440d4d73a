package testdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
)

// Line is a network to a database on which statements can be spoiled, so that they fail.
type Line struct {
	left             atomic.Int64
	lasting, spoiled atomic.Bool
	// text is the first statement that was spoiled.
	text atomic.Value
}

// NewOverLine is New by way of a line.
func NewOverLine(t testing.TB) (*store.Store, *Line) {
	t.Helper()
	l := &Line{}
	l.mend()
	return NewOver(t, func(conn net.Conn) net.Conn { return &lineConn{conn, l} }), l
}

// NewOver is New by way of connections that wrap makes of ordinary ones.
func NewOver(t testing.TB, wrap func(net.Conn) net.Conn) *store.Store {
	t.Helper()
	dsn, err := mysql.ParseDSN(DSN(t))
	require.NoError(t, err)
	network, ordinary := "line of "+t.Name(), dsn.Net
	mysql.RegisterDialContext(network, func(ctx context.Context, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, ordinary, address)
		if err != nil {
			return nil, err
		}
		return wrap(conn), nil
	})
	t.Cleanup(func() { mysql.DeregisterDialContext(network) })
	dsn.Net = network
	return NewAt(t, dsn.FormatDSN())
}

// whole is more statements than there are.
const whole = 1 << 40

func (l *Line) mend() {
	l.left.Store(whole)
	l.spoiled.Store(false)
}

// EachStatement repeats an operation, first with its first statement failing, then with its second and so on, until it
// ends without a failure; lasting: with it, all that follow fail. It returns how many statements the operation has, and
// the texts of those of which told says twice that nothing told of the failure: a first time may be due to what an
// operation before this one left running.
func (l *Line) EachStatement(lasting bool, do func(), told func() bool) (statements int, hidden []string) {
	fails := func() bool {
		l.mend()
		l.lasting.Store(lasting)
		l.left.Store(int64(statements))
		do()
		return l.spoiled.Load()
	}
	for ; fails(); statements++ {
		if !told() && fails() && !told() {
			hidden = append(hidden, fmt.Sprintf("%d: %v", statements+1, l.text.Load()))
		}
	}
	l.mend()
	return statements, hidden
}

type lineConn struct {
	net.Conn
	line *Line
}

// The parts of a packet: 3 bytes of length, a sequence number, and in the first of a sequence a command with its text.
const (
	sequenceAt, commandAt, textAt = 3, 4, 5

	comQuery, comPrepare = 0x03, 0x16
)

// counts tells whether a packet is a statement that can be spoiled. Whether a transaction that failed is rolled back or
// breaks off is the same, and how many connections are opened, and set up, depends on what was asked before.
func counts(b []byte) bool {
	return len(b) > textAt && b[sequenceAt] == 0 && (b[commandAt] == comQuery || b[commandAt] == comPrepare) &&
		!bytes.HasSuffix(b, []byte("ROLLBACK")) && !bytes.HasPrefix(b[textAt:], []byte("SET "))
}

// Write passes on a packet.
func (c *lineConn) Write(b []byte) (int, error) {
	if !counts(b) {
		return c.Conn.Write(b)
	}
	if left := c.line.left.Add(-1); left == -1 || left < 0 && c.line.lasting.Load() {
		if c.line.spoiled.CompareAndSwap(false, true) {
			c.line.text.Store(strings.Join(strings.Fields(string(b[textAt:])), " "))
		}
		if bytes.HasSuffix(b, []byte("COMMIT")) { // one that fails leaves no transaction open
			return 0, errors.Join(errors.New("the line broke at a commit"), c.Close())
		}
		b = bytes.Clone(b)
		b[textAt] = '?' // no statement begins so
	}
	return c.Conn.Write(b)
}
