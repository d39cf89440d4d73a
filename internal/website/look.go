package website

import (
	"context"
	"strings"
	"sync"
	"time"
)

const (
	// lookTimeout bounds all looks for one pre-check: a person waits for them.
	lookTimeout = 4 * time.Second
	// maxLooks bounds how many sites are looked at for one pre-check.
	maxLooks = 10
)

// Looker looks at sites for the pre-check, as their visitors do.
type Looker struct{ checker *Checker }

// NewLooker makes a Looker.
func NewLooker(c *Checker) *Looker { return &Looker{c} }

// Look is what a site shows.
type Look struct {
	// Looked: it could be looked at in time. Open: it shows a page; Shows: with the number, Links: linked.
	Looked, Open, Shows, Links bool
}

// Open returns those of the domains that open a page.
func (l *Looker) Open(ctx context.Context, domains []string) []string {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	domains = domains[:min(len(domains), maxLooks)]
	open := make([]bool, len(domains))
	var wait sync.WaitGroup
	for i, d := range domains {
		wait.Go(func() { open[i] = l.checker.CheckDomain(ctx, d).Kind == Answers })
	}
	wait.Wait()
	var list []string
	for i, d := range domains {
		if open[i] {
			list = append(list, d)
		}
	}
	return list
}

// Look looks at a filed site's home page for its number.
func (l *Looker) Look(ctx context.Context, domain, number string, targets []string) (seen Look) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if domain == "" || strings.HasPrefix(domain, "*.") {
		return seen
	}
	finding := l.checker.CheckHomePage(ctx, "http://"+domain+"/", number, targets)
	switch seen.Looked = ctx.Err() == nil; finding.Kind {
	case Seen:
		seen.Open, seen.Shows, seen.Links = true, true, true
	case LinkMissing:
		seen.Open, seen.Shows = true, true
	case NumberMissing, NumberFramed, TooBig:
		seen.Open = true
	}
	return seen
}
