package website_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/simulate/dns"
	"github.com/beian/beian/internal/website"
)

func TestLookup(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	server := dns.New()
	go func() { _ = server.Serve(c) }()
	t.Cleanup(func() { _ = server.Close() })
	address := netip.MustParseAddr("192.0.2.10")
	server.Set("www.example.com", address)
	server.Set("parked.example.com")
	r := website.NewResolver(c.LocalAddr().String())
	require.Equal(t, map[string]website.Resolved{
		"www.example.com": {Addresses: []netip.Addr{address}}, "parked.example.com": {Missing: true}, "none.example.com": {Missing: true},
	}, r.Lookup(t.Context(), []string{"www.example.com", "parked.example.com", "none.example.com"}))
	server.Silence(true)
	require.Empty(t, r.Lookup(t.Context(), []string{"www.example.com"}), "nobody knows where it leads")
}
