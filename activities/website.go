package activities

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
)

// Website holds the effects on customers' sites.
type Website struct {
	Store   *store.Store
	Policy  website.Policy
	Checker *website.Checker
	// CertificateName is the certificate file's name on sites; empty: filing.CertificateName.
	CertificateName string
	// LinkTargets are the bureau's sites that the number may link to, the preferred one first.
	LinkTargets []string
	// PoliceTarget is the address that a public-security filing number links to; its digits follow.
	PoliceTarget string
	// Rules say where the holder's number in the footer suffices.
	Rules *rules.Book
}

// InstallResult says how a certificate gets onto its site.
type InstallResult struct {
	// ByHand: there is a certificate, but the order names no web space, so the customer uploads the file.
	ByHand bool
}

// InstallCertificate puts the certificate on the order's web space, if the bureau issued one: bureaus of today mostly
// don't. A repeat finds the file there and changes nothing.
func (a *Website) InstallCertificate(ctx context.Context, r FilingRef) (InstallResult, error) {
	f, err := a.Store.Filing(ctx, r.FilingID)
	if err != nil {
		return InstallResult{}, err
	}
	decision, err := a.Store.LatestDecision(ctx, r.FilingID)
	if err != nil || len(decision.Certificate) == 0 {
		return InstallResult{}, err
	}
	asOf := a.Store.Now()
	space, err := a.Store.WebSpaceOf(ctx, f.OrderID)
	if err != nil {
		return InstallResult{}, err
	}
	if space == nil {
		return InstallResult{ByHand: true}, nil
	}
	return InstallResult{}, spaceProblem(a.noteSpaceTest(ctx, f.OrderID, website.Install(ctx, website.Space(*space),
		a.policyFor(f.OrderID), filing.CertificatePath(a.CertificateName), decision.Certificate), asOf))
}

// noteSpaceTest records what came of using a web space, as it was at a time, for the provider's panel. It returns err.
func (a *Website) noteSpaceTest(ctx context.Context, orderID int64, err error, asOf time.Time) error {
	reason := ""
	if e := (*website.Error)(nil); errors.As(err, &e) {
		reason = e.Reason
	} else if err != nil {
		return err // nothing that the web space answered
	}
	return cmp.Or(err, a.Store.NoteSpaceTest(ctx, orderID, asOf, reason))
}

// policyFor is the policy for an order's web space: a first host key is pinned, another one recorded for staff.
func (a *Website) policyFor(orderID int64) website.Policy {
	p := a.Policy
	p.SawHostKey = func(ctx context.Context, line string, known bool) error {
		if known {
			return a.Store.OfferHostKey(ctx, orderID, line)
		}
		return a.Store.PinHostKey(ctx, orderID, line)
	}
	return p
}

// spaceProblem decides who can fix what a web space refused.
func spaceProblem(err error) error {
	var e *website.Error
	switch {
	case errors.As(err, &e):
		return failed(e.Reason, err, e.Permanent(), 0)
	case errors.Is(err, website.ErrProtocol):
		return failed(ReasonProtocol, err, true, 0)
	}
	return err
}

// SiteResult is what a site shows.
type SiteResult struct {
	CertificateServed bool
	NumberShown       bool
}

// Complete reports whether nothing is missing.
func (r SiteResult) Complete() bool { return r.CertificateServed && r.NumberShown }

// maxSiteChecks bounds how many domains of a site are checked at once.
const maxSiteChecks = 8

// CheckSite checks every domain of the dossier, or the host names below it, and the home page, and records the
// findings. If there is a certificate, each domain but wildcards must serve it; otherwise the findings only say
// whether the domain resolves and answers.
func (a *Website) CheckSite(ctx context.Context, r FilingRef) (SiteResult, error) {
	decision, dossier, err := decided(ctx, a.Store, r.FilingID)
	if err != nil {
		return SiteResult{}, err
	}
	domains, err := a.hostsOf(ctx, r.FilingID, dossier.Site.Domains)
	if err != nil {
		return SiteResult{}, err
	}
	checks := make([]store.SiteCheck, len(domains))
	served := make([]bool, len(domains))
	var all errgroup.Group
	all.SetLimit(maxSiteChecks)
	for i, domain := range domains {
		all.Go(func() error {
			f, must := a.checkDomain(ctx, domain, decision.Certificate)
			checks[i] = store.SiteCheck{Target: domain, OK: f.OK, Kind: f.Kind, Args: f.Args}
			served[i] = f.OK || !must
			return nil
		})
	}
	_ = all.Wait() // none fails
	result := SiteResult{CertificateServed: !slices.Contains(served, false)}
	number := cmp.Or(a.Rules.FooterSuffices(decision.Number()), decision.Number())
	f := a.Checker.CheckHomePage(ctx, dossier.Site.HomePage, number, a.LinkTargets)
	result.NumberShown = f.OK
	checks = append(checks, store.SiteCheck{Target: store.HomeTarget, OK: f.OK, Kind: f.Kind, Args: f.Args})
	return result, a.Store.SaveSiteChecks(ctx, r.FilingID, checks)
}

// hostsOf are the host names that the web space serves of a filing's domains.
func (a *Website) hostsOf(ctx context.Context, filingID int64, filed []string) ([]string, error) {
	f, err := a.Store.Filing(ctx, filingID)
	if err != nil {
		return nil, err
	}
	order, err := a.Store.Order(ctx, f.OrderID)
	if err != nil {
		return nil, err
	}
	return filing.HostsOf(filed, order.Domains), nil
}

// checkDomain checks one domain; must says that the site is incomplete without it.
func (a *Website) checkDomain(ctx context.Context, domain string, certificate []byte) (f website.Finding, must bool) {
	if len(certificate) == 0 || strings.HasPrefix(domain, "*.") {
		return a.Checker.CheckDomain(ctx, domain), false
	}
	return a.Checker.CheckCertificate(ctx, domain, filing.CertificatePath(a.CertificateName), certificate), true
}
