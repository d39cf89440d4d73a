package web

import (
	"net/netip"
)

// network is what one client can be taken for: an IPv4 address, or the /64 of an
// IPv6 address, of which a client has as many as it likes.
func network(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	if address = address.Unmap(); address.Is6() {
		if prefix, err := address.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}
