package filing

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"github.com/beian/beian/internal/textnorm"
)

// maxRangeSize limits one range of addresses: nobody hosts one site on more than a /16, but "1.0.0.1-200.0.0.1" is an
// easy mistake.
const maxRangeSize = 1 << 16

// maxBlockSize limits a block that a provider reports, for the same reason: a /8.
const maxBlockSize = 1 << 24

// RangeOf is the range between two numbers, the bureau's representation of addresses.
func RangeOf(from, to uint32) IPRange {
	address := func(n uint32) netip.Addr { return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n))) }
	return IPRange{address(from), address(to)}
}

// IPRange is a range of IPv4 addresses, including both ends.
type IPRange struct{ From, To netip.Addr }

// ParseIPRange parses "192.0.2.1" or "192.0.2.10-192.0.2.30". The key is a problem's, or "" if the range is valid.
func ParseIPRange(text string) (r IPRange, key string) {
	return parseRange(tidyRange(text), maxRangeSize)
}

// ParseIPBlock parses a provider's block: a range, which may be larger than a site's, or "192.0.2.0/24".
func ParseIPBlock(text string) (r IPRange, key string) {
	text = tidyRange(text)
	if !strings.Contains(text, "/") {
		return parseRange(text, maxBlockSize)
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return r, "ip_invalid"
	case !prefix.Addr().Is4():
		return r, "ipv6_not_carried"
	case prefix.Masked().Addr() != prefix.Addr():
		return r, "cidr_not_first"
	}
	first := prefix.Addr().As4()
	from := binary.BigEndian.Uint32(first[:])
	return parseRange(RangeOf(from, from|uint32(1<<(32-prefix.Bits())-1)).String(), maxBlockSize)
}

// tidyRange writes a range with one hyphen.
func tidyRange(text string) string {
	text = strings.NewReplacer("~", "-", "〜", "-", "至", "-", "到", "-", "。", ".").Replace(textnorm.Address(text))
	return oneHyphen(text)
}

func parseRange(text string, size uint32) (r IPRange, key string) {
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	var errFrom, errTo error
	r.From, errFrom = netip.ParseAddr(strings.TrimSpace(from))
	if r.To, errTo = netip.ParseAddr(strings.TrimSpace(to)); errFrom != nil || errTo != nil {
		return r, "ip_invalid"
	}
	for _, a := range []netip.Addr{r.From, r.To} {
		switch {
		case !a.Is4():
			return r, "ipv6_not_carried"
		case a.IsUnspecified(), a.IsLoopback(), a.IsMulticast(), a.IsLinkLocalUnicast(),
			a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
			return r, "ip_not_usable"
		}
	}
	first, last := r.Numbers()
	switch {
	case first > last:
		return r, "ip_range_backwards"
	case last-first >= size:
		return r, "ip_range_too_big"
	}
	return r, ""
}

// Numbers are both ends in the bureau's representation (Qsip, Zzip).
func (r IPRange) Numbers() (from, to uint32) {
	a, b := r.From.As4(), r.To.As4()
	return binary.BigEndian.Uint32(a[:]), binary.BigEndian.Uint32(b[:])
}

// String formats the range as ParseIPRange accepts it.
func (r IPRange) String() string {
	if r.From == r.To {
		return r.From.String()
	}
	return r.From.String() + "-" + r.To.String()
}
