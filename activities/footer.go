package activities

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
)

// FooterRef identifies an edit of a home page.
type FooterRef struct{ EditID int64 }

// FooterResult is what a step of an edit did.
type FooterResult struct {
	// Changed: the page on the web space is different now.
	Changed bool
}

// FooterFailure is an edit that can't continue, with one of the Reason… constants.
type FooterFailure struct {
	EditID int64
	Reason string
}

// ReasonNoSpace says that the order no longer names a web space.
const ReasonNoSpace = "no_space"

// PreviewFooter reads the site and its web space, and stores a preview with the missing numbers added. If that
// isn't possible, the result says so.
func (a *Website) PreviewFooter(ctx context.Context, r FooterRef) (FooterResult, error) {
	e, err := a.Store.FooterEdit(ctx, r.EditID)
	if err != nil || e.State != store.FooterAsked {
		return FooterResult{}, err
	}
	decision, dossier, err := decided(ctx, a.Store, e.FilingID)
	if err != nil {
		return FooterResult{}, err
	}
	f, err := a.Store.Filing(ctx, e.FilingID)
	if err != nil {
		return FooterResult{}, err
	}
	order, err := a.Store.Order(ctx, f.OrderID)
	if err != nil {
		return FooterResult{}, err
	}
	number := decision.Number()
	lines := website.FootLines(number, a.Rules.FooterSuffices(number), a.LinkTargets, order.PoliceNumber.String,
		a.PoliceTarget)
	preview, err := a.preview(ctx, e, dossier.Site, lines)
	if err == nil {
		err = a.Store.FooterPreviewed(ctx, e.ID, preview)
	}
	return FooterResult{}, a.footerProblem(ctx, e, err)
}

func (a *Website) preview(ctx context.Context, e store.FooterEdit, site filing.Site,
	lines []website.Line) (p store.FooterPreview, err error) {
	space, policy, err := a.footerSpace(ctx, e)
	if err != nil {
		return p, err
	}
	shown, finding := a.Checker.HomePageOf(ctx, site.HomePage)
	if !finding.OK {
		return p, &website.Unfit{Reason: website.UnfitSite, Args: seenAt(finding)}
	}
	if !ownHost(shown.URL, site) {
		return p, &website.Unfit{Reason: website.UnfitElsewhere, Args: map[string]string{"host": shown.URL.Hostname()}}
	}
	// What the site shows counts: a number may come from an included file.
	if lines, err = website.Missing(shown.Body, shown.ContentType, lines); err != nil {
		return p, err
	}
	page, err := website.FindHomePage(ctx, space, policy, shown)
	if err != nil {
		return p, err
	}
	edited, put, err := website.PutFooter(page.Content, shown.ContentType, lines)
	p = store.FooterPreview{FileName: page.Name, Original: page.Content, New: edited}
	for _, l := range put {
		p.Numbers = append(p.Numbers, l.Number)
	}
	return p, err
}

// seenAt is a finding's kind and address.
func seenAt(f website.Finding) map[string]string {
	seen := map[string]string{"kind": f.Kind}
	if target, ok := f.Args["url"].(string); ok {
		seen["url"] = target
	}
	return seen
}

// ownHost reports whether an address belongs to the filed site: with or without "www.", or below its domain.
func ownHost(u *url.URL, site filing.Site) bool {
	bare := func(host string) string { return strings.TrimPrefix(strings.ToLower(host), "www.") }
	home, err := url.Parse(site.HomePage)
	return err == nil && bare(home.Hostname()) == bare(u.Hostname()) ||
		slices.ContainsFunc(site.Domains, func(d string) bool {
			return bare(d) == bare(u.Hostname()) || d == filing.RegistrableDomain(u.Hostname())
		})
}

// PlaceFooter writes the page that the customer agreed to. A repeat continues where the last attempt ended.
func (a *Website) PlaceFooter(ctx context.Context, r FooterRef) (FooterResult, error) {
	return a.writeFooter(ctx, r, store.FooterAgreed, website.Place, a.Store.FooterPlaced)
}

// RestoreFooter restores the original, provided the page is still the one we wrote.
func (a *Website) RestoreFooter(ctx context.Context, r FooterRef) (FooterResult, error) {
	return a.writeFooter(ctx, r, store.FooterUndoing, website.Restore, a.Store.FooterUndone)
}

func (a *Website) writeFooter(ctx context.Context, r FooterRef, state store.FooterState,
	write func(context.Context, website.Space, website.Policy, website.Placing) error,
	note func(context.Context, int64) error,
) (FooterResult, error) {
	e, err := a.Store.FooterEdit(ctx, r.EditID)
	if err != nil {
		return FooterResult{}, err
	}
	if e.State != state { // the last attempt failed or its answer was lost
		return FooterResult{Changed: e.State == store.FooterPlaced || e.State == store.FooterUndone}, nil
	}
	space, policy, err := a.footerSpace(ctx, e)
	if err == nil {
		p := website.Placing{ID: e.ID, Name: e.FileName, Backup: e.BackupName}
		if p.Original, p.Edited, err = a.Store.FooterPages(ctx, e.ID); err != nil {
			return FooterResult{}, err
		}
		err = write(ctx, space, policy, p)
	}
	if err != nil {
		return FooterResult{}, a.footerProblem(ctx, e, err)
	}
	return FooterResult{Changed: true}, note(ctx, e.ID)
}

func (a *Website) footerSpace(ctx context.Context, e store.FooterEdit) (s website.Space, p website.Policy, err error) {
	f, err := a.Store.Filing(ctx, e.FilingID)
	if err != nil {
		return s, p, err
	}
	space, err := a.Store.WebSpaceOf(ctx, f.OrderID)
	if err != nil {
		return s, p, err
	}
	if space == nil {
		return s, p, &website.Unfit{Reason: ReasonNoSpace}
	}
	return website.Space(*space), a.policyFor(f.OrderID), nil
}

// footerProblem records why a page is unsuitable; a failure of the web space is an error, retried if that may
// help.
func (a *Website) footerProblem(ctx context.Context, e store.FooterEdit, err error) error {
	var u *website.Unfit
	if errors.As(err, &u) {
		return a.Store.FooterFailed(ctx, e.ID, u.Reason, u.Args)
	}
	return spaceProblem(err)
}

// FailFooter records why an edit ended.
func (a *Website) FailFooter(ctx context.Context, f FooterFailure) error {
	return a.Store.FooterFailed(ctx, f.EditID, f.Reason, nil)
}
