// Package registry asks domain registries who registered a domain and until when: RDAP, RFC 9082 and 9083. Some
// registries have no public RDAP server, .cn among them; for their domains it has no answer.
package registry

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/openrdap/rdap"
	"github.com/openrdap/rdap/bootstrap"

	"github.com/beian/beian/internal/extcall"
	"github.com/beian/beian/internal/filing"
)

const (
	// lookupTimeout bounds all look-ups for one site: a person waits for them.
	lookupTimeout = 4 * time.Second
	// maxLookups bounds how many domains are asked about at once.
	maxLookups = 10
	// cachedFor is how long an answer is kept; a registrar's changes take longer to arrive anyway. No answer is asked
	// for again sooner, for the registry may have been away.
	cachedFor, unansweredFor = time.Hour, 5 * time.Minute
	// maxCached bounds the cache.
	maxCached = 5000
)

// Registration is what a registry says about a domain.
type Registration struct {
	// Registrant is the name or organisation; empty if the registry doesn't tell, as most don't of persons.
	Registrant string
	// Expires is zero if the registry doesn't tell.
	Expires time.Time
}

// Client asks registries. It is safe for concurrent use.
type Client struct {
	rdap *rdap.Client
	// asking serialises the library's look-up of registries, which isn't safe for concurrent use.
	asking sync.Mutex
	mu     sync.Mutex
	cache  map[string]cached
}

type cached struct {
	Registration
	known bool
	until time.Time
}

// New makes a client. Bootstrap is the address of IANA's list of registries (RFC 9224) or of a copy.
func New(bootstrapURL string) (*Client, error) {
	base, err := url.Parse(bootstrapURL)
	if err != nil {
		return nil, err
	}
	hc := &http.Client{Timeout: lookupTimeout}
	quiet := func(string) {} // each call would set what is missing, at the same time as others
	return &Client{
		rdap: &rdap.Client{HTTP: hc, Bootstrap: &bootstrap.Client{HTTP: hc, BaseURL: base, Verbose: quiet},
			UserAgent: "Beian", Verbose: quiet},
		cache: map[string]cached{},
	}, nil
}

// Lookup asks about domains, all at once; the names are those given. Domains whose registry has no RDAP server or
// doesn't answer in time aren't among the answers.
func (c *Client) Lookup(ctx context.Context, domains []string) map[string]Registration {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	var mu sync.Mutex
	var wait sync.WaitGroup
	answers := map[string]Registration{}
	for _, domain := range domains[:min(len(domains), maxLookups)] {
		wait.Go(func() {
			names := filing.ListedAs(domain)
			if r, known := c.ask(ctx, names[len(names)-1]); known {
				mu.Lock()
				defer mu.Unlock()
				answers[domain] = r
			}
		})
	}
	wait.Wait()
	return answers
}

// ask asks about a registered domain, or remembers the answer.
func (c *Client) ask(ctx context.Context, domain string) (Registration, bool) {
	c.mu.Lock()
	kept, ok := c.cache[domain]
	c.mu.Unlock()
	if ok && time.Now().Before(kept.until) {
		return kept.Registration, kept.known
	}
	ctx, done := extcall.Begin(ctx, extcall.Registry, "domain")
	answer := cached{until: time.Now().Add(unansweredFor)}
	d, err := c.query(ctx, domain)
	if err == nil {
		answer = cached{registration(d), true, time.Now().Add(cachedFor)}
		done(extcall.OK)
	} else {
		done("unanswered")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.cache) >= maxCached {
		clear(c.cache)
	}
	c.cache[domain] = answer
	return answer.Registration, answer.known
}

func (c *Client) query(ctx context.Context, domain string) (*rdap.Domain, error) {
	question := (&bootstrap.Question{RegistryType: bootstrap.DNS, Query: domain}).WithContext(ctx)
	c.asking.Lock()
	answer, err := c.rdap.Bootstrap.Lookup(question)
	c.asking.Unlock()
	if err != nil {
		return nil, err
	}
	if len(answer.URLs) == 0 {
		return nil, errNoServer
	}
	server := *answer.URLs[0] // a request changes it, and others look at the list's
	request := rdap.NewDomainRequest(domain).WithServer(&server).WithContext(ctx)
	response, err := c.rdap.Do(request)
	if err != nil {
		return nil, err
	}
	d, ok := response.Object.(*rdap.Domain)
	if !ok {
		return nil, errNoServer
	}
	return d, nil
}

type registryError string

func (e registryError) Error() string { return string(e) }

const errNoServer registryError = "the registry has no RDAP server"

// registration reads a registry's answer.
func registration(d *rdap.Domain) (r Registration) {
	for _, e := range d.Events {
		if e.Action == "expiration" {
			r.Expires, _ = time.Parse(time.RFC3339, e.Date)
		}
	}
	for _, e := range d.Entities {
		if !slices.Contains(e.Roles, "registrant") || e.VCard == nil {
			continue
		}
		name := strings.TrimSpace(e.VCard.Org())
		if name == "" {
			name = strings.TrimSpace(e.VCard.Name())
		}
		if !redacted(name) {
			r.Registrant = name
		}
	}
	return r
}

// redacted reports whether a registry wrote something in place of the name.
func redacted(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"redacted", "privacy", "not disclosed", "whois", "proxy", "隐私", "保护"},
		func(sign string) bool { return strings.Contains(name, sign) })
}
