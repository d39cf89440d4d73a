package help

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// queried is a filing as the public query shows it.
type queried struct {
	Holder, Nature, Number string
	Sites                  []queriedSite
	// Source is a key below "query.source_"; At is when it was so.
	Source string
	At     time.Time
}

type queriedSite struct {
	Name, Number string
	Domains      []string
}

type queryAnswer struct {
	Found []queried
	// Unasked: a bureau may know more but couldn't be asked.
	Unasked bool
	// At is when a bureau last found nothing; zero: none was asked.
	At time.Time
}

// answerQuery searches our own records, and asks the bureaus for a domain that isn't there.
func (p *Pages) answerQuery(c *gin.Context, q question) (a queryAnswer, err error) {
	ctx := c.Request.Context()
	var filed []store.Filed
	var orders []store.FiledOrder
	switch {
	case q.Domain != "":
		filed, err = p.Store.FiledByDomain(ctx, q.Domain)
	case q.Name != "":
		filed, err = p.Store.FiledByName(ctx, q.Name)
	default:
		filed, err = p.Store.FiledByNumber(ctx, q.Number.String())
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return a, err
	}
	for _, f := range filed {
		a.Found = append(a.Found, p.queriedFiled(c, q, f))
	}
	if len(a.Found) > 0 || q.Name != "" {
		return a, nil
	}
	if q.Domain != "" {
		orders, err = p.Store.FiledOrdersByDomain(ctx, q.Domain)
	} else {
		orders, err = p.Store.FiledOrdersByNumber(ctx, q.Number)
	}
	if err != nil {
		return a, err
	}
	for _, o := range orders {
		a.Found = append(a.Found, p.queriedOrder(c, o))
	}
	if len(a.Found) > 0 || q.Domain == "" {
		return a, nil
	}
	return p.askBureaus(ctx, q.Domain)
}

func (p *Pages) queriedFiled(c *gin.Context, q question, f store.Filed) queried {
	found := p.queriedHolder(c, f.Holder)
	found.Number, found.Source, found.At = f.Number, "base", f.UpdatedAt
	for _, w := range f.Sites {
		site := queriedSite{Name: w.Name, Number: w.Number}
		covers := false
		for _, d := range w.Domains {
			site.Domains = append(site.Domains, d.Name)
			covers = covers || slices.Contains(filing.ListingsOf(q.Domain), filing.DomainKey(d.Name))
		}
		// A query for one site isn't answered with its holder's others.
		if q.Domain != "" && !covers || q.Number.Site > 0 && filing.StandardNumber(w.Number) != q.Number.String() {
			continue
		}
		found.Sites = append(found.Sites, site)
	}
	return found
}

func (p *Pages) queriedOrder(c *gin.Context, o store.FiledOrder) queried {
	found := p.queriedHolder(c, o.Dossier.Holder)
	found.Source, found.At = "order", o.At
	found.Sites = []queriedSite{{Name: o.Dossier.Site.Name, Number: o.Number, Domains: o.Domains}}
	if n, err := filing.ParseNumber(o.Number); err == nil {
		found.Number = n.Holder()
	}
	return found
}

// queriedHolder shows a unit's whole name but only the first character of a person's: anyone may query.
func (p *Pages) queriedHolder(c *gin.Context, h filing.Holder) queried {
	found := queried{Holder: h.Name}
	nature, _ := filing.CodeByID(p.Tables(c.Request.Context()).Natures, h.Nature)
	found.Nature = nature.In(p.Lang(c))
	if h.Nature == filing.NaturePerson || h.Nature == 0 {
		found.Holder = masked(h.Name)
	}
	return found
}

func masked(name string) string {
	_, first := utf8.DecodeRuneInString(name)
	return name[:first] + strings.Repeat("*", utf8.RuneCountInString(name[first:]))
}

// askBureaus asks, in parallel, every bureau that can be asked: for the domain, and for the one that
// covers it as its www host.
func (p *Pages) askBureaus(ctx context.Context, domain string) (a queryAnswer, err error) {
	accounts, err := p.Store.InquiryAccounts(ctx)
	if err != nil {
		return a, err
	}
	names := []string{domain}
	if bare, www := strings.CutPrefix(domain, "www."); www {
		names = append(names, bare)
	}
	var mu sync.Mutex
	var asking sync.WaitGroup
	for _, account := range accounts {
		for _, name := range names {
			asking.Go(func() {
				status, at, problem := p.AccountStatus(ctx, account, bureau.ConditionDomain, name)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case errors.Is(problem, web.ErrNotAsked):
					a.Unasked = true
				case problem != nil:
					err = problem
				case status.Filed:
					a.add(status, name, at)
				case at.After(a.At):
					a.At = at
				}
			})
		}
	}
	asking.Wait()
	a.Unasked = a.Unasked && len(a.Found) == 0 || len(accounts) == 0
	return a, err
}

// add adds a bureau's answer, unless another gave the same.
func (a *queryAnswer) add(status filing.Status, domain string, at time.Time) {
	if slices.ContainsFunc(a.Found, func(q queried) bool { return q.Sites[0].Number == status.SiteNumber }) {
		return
	}
	a.Found = append(a.Found, queried{
		Number: status.HolderNumber, Source: "bureau", At: at,
		Sites: []queriedSite{{Name: status.SiteName, Number: status.SiteNumber, Domains: []string{domain}}},
	})
}
