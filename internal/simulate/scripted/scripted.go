// Package scripted is a server that says what a test wrote, whatever the client asks: for fuzzing what reads answers of
// servers that belong to strangers.
package scripted

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"syscall"
	"time"
)

// Separator ends an answer in a script.
const Separator = 0

// patience is how long a client may be silent.
const patience = 100 * time.Millisecond

// Server is one that follows a script.
type Server struct {
	listener net.Listener
	answers  [][]byte
	// greets: the first answer comes before the client says anything.
	greets bool
}

// Listen starts a server on the loopback interface. Each connection gets the script from its beginning: an answer for
// each line of the client's, and its end when there is none left.
func Listen(script []byte, greets bool) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{listener: l, answers: bytes.Split(script, []byte{Separator}), greets: greets}
	go s.serve()
	return s, nil
}

// Port is where it listens.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Close stops it.
func (s *Server) Close() error { return s.listener.Close() }

func (s *Server) serve() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.answer(c)
	}
}

func (s *Server) answer(c net.Conn) {
	defer c.Close()
	lines := bufio.NewScanner(c)
	for i, answer := range s.answers {
		_ = c.SetReadDeadline(time.Now().Add(patience)) // it may wait for the rest of a reply
		if (i > 0 || !s.greets) && !lines.Scan() {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// OnlyLoopback is a dialer's Control that keeps a client at home, wherever an answer sends it.
func OnlyLoopback(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return errors.New("only the loopback interface may be reached")
	}
	return nil
}
