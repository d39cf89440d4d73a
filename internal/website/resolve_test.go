package website_test

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/simulate/dns"
	"github.com/beian/beian/internal/website"
)

func resolver(t *testing.T) (*dns.Server, *website.Resolver) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	server := dns.New()
	go func() { _ = server.Serve(c) }()
	t.Cleanup(func() { _ = server.Close() })
	return server, website.NewResolver(c.LocalAddr().String())
}

func TestLookup(t *testing.T) {
	server, r := resolver(t)
	address := netip.MustParseAddr("192.0.2.10")
	server.Set("www.example.com", address)
	server.Set("parked.example.com")
	require.Equal(t, map[string]website.Resolved{
		"www.example.com": {Addresses: []netip.Addr{address}}, "parked.example.com": {Missing: true},
		"none.example.com": {Missing: true},
	}, r.Lookup(t.Context(), []string{"www.example.com", "parked.example.com", "none.example.com"}))
	server.Silence(true)
	require.Empty(t, r.Lookup(t.Context(), []string{"www.example.com"}), "its addresses are unknown")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Empty(t, website.NewResolver("").Lookup(ctx, []string{"www.example.com"}), "nor by the system's")
}

func TestTakesMail(t *testing.T) {
	server, r := resolver(t)
	server.Set("plain.example.com", netip.MustParseAddr("192.0.2.10"))
	server.Set("parked.example.com")
	server.Set("mail.example.com")
	server.SetMail("mail.example.com", "mx.example.net.")
	server.Set("silent.example.com", netip.MustParseAddr("192.0.2.10"))
	server.SetMail("silent.example.com", ".")
	for host, want := range map[string]bool{
		"mail.example.com": true, "plain.example.com": true, "parked.example.com": false, "none.example.com": false,
		"silent.example.com": false,
	} {
		takes, known := r.TakesMail(t.Context(), host)
		require.True(t, known, host)
		require.Equal(t, want, takes, host)
	}
	server.Silence(true)
	_, known := r.TakesMail(t.Context(), "mail.example.com")
	require.False(t, known, "no answer")
}
