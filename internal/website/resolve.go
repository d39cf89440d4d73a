package website

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// lookupTimeout bounds all look-ups for one site: a person waits for them.
	lookupTimeout = 2 * time.Second
	// maxLookups bounds how many names are looked up at once.
	maxLookups = 20
)

// Resolver resolves domains.
type Resolver struct{ resolver *net.Resolver }

// NewResolver makes a Resolver for a server (host:port), or for the system's if empty.
func NewResolver(server string) *Resolver {
	if server == "" {
		return &Resolver{net.DefaultResolver}
	}
	return &Resolver{&net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server)
	}}}
}

// Resolved are a domain's addresses; Missing says that the name doesn't exist.
type Resolved struct {
	Missing   bool
	Addresses []netip.Addr
}

// Lookup resolves domains to IPv4 addresses, all at once. A domain that can't be resolved in time isn't in the
// answer: its state is unknown.
func (r *Resolver) Lookup(ctx context.Context, domains []string) map[string]Resolved {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	var mu sync.Mutex
	var wait sync.WaitGroup
	answers := map[string]Resolved{}
	for _, domain := range domains[:min(len(domains), maxLookups)] {
		wait.Go(func() {
			addresses, err := r.resolver.LookupNetIP(ctx, "ip4", domain+".") // the dot prevents search domains
			var problem *net.DNSError
			missing := errors.As(err, &problem) && problem.IsNotFound
			if err != nil && !missing {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for i := range addresses {
				addresses[i] = addresses[i].Unmap()
			}
			answers[domain] = Resolved{Missing: missing, Addresses: addresses}
		})
	}
	wait.Wait()
	return answers
}

// TakesMail asks whether a mail address's host accepts mail: it has a mail exchanger, or at least an address (RFC
// 5321, 5.1), and doesn't declare that it accepts none (RFC 7505). known is false if the answer can't be had.
func (r *Resolver) TakesMail(ctx context.Context, host string) (takes, known bool) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	missing := func(err error) bool {
		var problem *net.DNSError
		return errors.As(err, &problem) && problem.IsNotFound
	}
	exchangers, err := r.resolver.LookupMX(ctx, host+".")
	switch {
	case err == nil && len(exchangers) > 0:
		return len(exchangers) > 1 || exchangers[0].Host != ".", true
	case err != nil && !missing(err):
		return false, false
	}
	addresses, err := r.resolver.LookupNetIP(ctx, "ip", host+".")
	if err != nil && !missing(err) {
		return false, false
	}
	return len(addresses) > 0, true
}
