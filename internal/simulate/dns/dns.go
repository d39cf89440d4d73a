// Package dns is a stand-in for the domain name system: a real name server on UDP and TCP that knows a few names,
// answers NXDOMAIN for others, and can go silent.
package dns

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"
)

const ttl = 60

// Server answers for its names. Safe for concurrent use.
type Server struct {
	mu     sync.Mutex
	names  map[string][]netip.Addr
	mail   map[string]string
	silent bool
	server *dns.Server
}

// New makes a server that knows no names.
func New() *Server { return &Server{names: map[string][]netip.Addr{}, mail: map[string]string{}} }

// Set gives a name its addresses; without any, the name exists but has no address.
func (s *Server) Set(name string, addresses ...netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[dns.CanonicalName(name)] = addresses
}

// SetMail gives an existing name a mail exchanger; "." says that it accepts no mail.
func (s *Server) SetMail(name, exchanger string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail[dns.CanonicalName(name)] = exchanger
}

// Silence stops the server from answering, or lets it answer again.
func (s *Server) Silence(silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = silent
}

// Serve answers on a packet connection until Close.
func (s *Server) Serve(c net.PacketConn) error {
	server := &dns.Server{PacketConn: c, Handler: dns.HandlerFunc(s.answer), ReadTimeout: time.Second}
	s.mu.Lock()
	s.server = server
	s.mu.Unlock()
	return server.ActivateAndServe()
}

// Close ends Serve.
func (s *Server) Close() error {
	s.mu.Lock()
	server := s.server
	s.mu.Unlock()
	if server == nil {
		return nil
	}
	return server.Shutdown()
}

func (s *Server) answer(w dns.ResponseWriter, q *dns.Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.silent || len(q.Question) != 1 {
		return
	}
	a := new(dns.Msg).SetReply(q)
	a.RecursionAvailable = true
	addresses, known := s.names[dns.CanonicalName(q.Question[0].Name)]
	if !known {
		a.Rcode = dns.RcodeNameError
	}
	if q.Question[0].Qtype == dns.TypeA {
		for _, address := range addresses {
			a.Answer = append(a.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA,
				Class: dns.ClassINET, Ttl: ttl}, A: address.AsSlice()})
		}
	}
	if exchanger, has := s.mail[dns.CanonicalName(q.Question[0].Name)]; has && q.Question[0].Qtype == dns.TypeMX {
		a.Answer = append(a.Answer, &dns.MX{
			Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: ttl}, Mx: exchanger})
	}
	_ = w.WriteMsg(a) // the client may be gone
}
