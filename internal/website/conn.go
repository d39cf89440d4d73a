package website

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// limited is a connection on which every read and write must make progress, everything must end in time, and no more
// than a number of bytes arrives: the libraries wait for ever, and read as much as they are sent.
type limited struct {
	net.Conn
	end  time.Time
	left atomic.Int64
}

// dialLimited connects. Cancelling wakes whoever waits for an answer.
func (p Policy) dialLimited(ctx context.Context, network, address string, most int64) (*limited, error) {
	dialer := p.Dialer
	dialer.Timeout = connectTimeout
	raw, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = raw.Close() })
	end, _ := ctx.Deadline()
	c := &limited{Conn: raw, end: end}
	c.allow(most)
	return c, nil
}

// allow sets how many bytes may still arrive.
func (c *limited) allow(most int64) { c.left.Store(most) }

func (c *limited) next() time.Time {
	soon := time.Now().Add(commandTimeout)
	if c.end.Before(soon) {
		return c.end
	}
	return soon
}

func (c *limited) Read(b []byte) (int, error) {
	left := c.left.Load()
	if left <= 0 {
		return 0, errTooMuch
	}
	if err := c.SetReadDeadline(c.next()); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b[:min(int64(len(b)), left)])
	c.left.Add(-int64(n))
	return n, err
}

func (c *limited) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(c.next()); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}
