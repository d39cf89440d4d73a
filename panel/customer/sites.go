package customer

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// siteLine is a site on its order's page.
type siteLine struct {
	store.Site
	// Action is the key of the main action, "order_action.ACTION"; empty: none.
	Action string
	// Turn is whose turn it is; empty if nobody's.
	Turn filing.Turn
	// Standing is a key below "order_sites." that says where the site is when its stage doesn't; empty: the stage does.
	Standing string
	// HasNumber: its result page shows the number, and how it gets to the foot. Checked and Good are what the last look
	// at the site found.
	HasNumber, Checked, Good bool
}

// name is the site's domain as people read it.
func (l siteLine) name() string { return filing.DisplayDomain(l.Domain) }

// hosts are the site's host names, unless its domain is the only one.
func (l siteLine) hosts() []string {
	return slices.DeleteFunc(slices.Clone(l.Hosts), func(h string) bool { return h == l.Domain })
}

type sitesData struct {
	Order store.Order
	Lines []siteLine
	// Unfiled is how many sites the 备案 button opens.
	Unfiled int
	Plan    *together
	// Holders are those that the customer has filed with other orders; the sites can be theirs.
	Holders []store.Holder
	// TicketNews: there is an answer to a question.
	TicketNews bool
}

// inOrder is how many of the sites have a domain in the order.
func (d sitesData) inOrder() (n int) {
	for _, l := range d.Lines {
		if !l.RemovedAt.Valid {
			n++
		}
	}
	return n
}

// together is what becomes of the sites of a new holder: Record travels in one record, and Later follows when the
// holder has its number.
type together struct {
	Record, Later []string
	// Missing are those in the record that the customer must still submit, once its carrier is.
	Missing []string
	// Rule and Source say why not all travel at once; empty if nothing is known or nothing limits them.
	Rule, Source string
}

// orderPage shows an order's sites.
func (p *Pages) orderPage(c *gin.Context) error {
	ctx := store.Remembering(c.Request.Context())
	c.Request = c.Request.WithContext(ctx)
	news := p.TicketNews(c)
	go p.readSitesAhead(ctx, p.UserID(c), c.Param("number"))
	order, err := p.order(c)
	if err != nil {
		return err
	}
	sites, err := p.Store.SitesOfNumber(ctx, order.CustomerID, order.Number)
	if err != nil {
		return err
	}
	data := sitesData{Order: order}
	looks, err := p.Store.SiteLooks(ctx, openFilings(sites)...)
	if err != nil {
		return err
	}
	for _, w := range sites {
		l := lineOf(w)
		if w.Filing != nil {
			l.Good, l.Checked = looks[w.Filing.ID]
		} else {
			data.Unfiled++
		}
		data.Lines = append(data.Lines, l)
	}
	if data.Plan, err = p.planOf(c, Current{Order: order, Sites: sites}); err == nil && data.Unfiled == len(sites) {
		data.Holders, err = p.Store.FiledHolders(ctx, order.CustomerID)
	}
	if err == nil {
		data.TicketNews, err = news()
	}
	if err != nil {
		return err
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "order_sites.title"}, web.With(sitesPage, data))
}

// readSitesAhead asks at once what the page of an order asks one by one.
func (p *Pages) readSitesAhead(ctx context.Context, customerID int64, number string) {
	go func() { _, _ = p.Store.FiledHolders(ctx, customerID) }()
	sites, err := p.Store.SitesOfNumber(ctx, customerID, number)
	if err != nil {
		return
	}
	go func() { _, _ = p.Store.SiteLooks(ctx, openFilings(sites)...) }()
	if carrier := carrierOf(sites); carrier != nil {
		go func() { _, _ = p.Store.Contact(ctx, carrier.ID) }()
		for _, form := range []string{web.FormHolder, dossierview.DraftKind} {
			go func() { _ = p.Store.Draft(ctx, carrier.ID, form, &url.Values{}) }()
		}
	}
}

func openFilings(sites []store.Site) (ids []int64) {
	for _, w := range sites {
		if w.Filing != nil {
			ids = append(ids, w.Filing.ID)
		}
	}
	return ids
}

func lineOf(w store.Site) siteLine {
	l := siteLine{Site: w}
	f := w.Filing
	if f == nil {
		return l
	}
	l.Turn, l.Action = f.Turn(), "view"
	l.HasNumber = slices.Contains(numberStages, f.Stage) && w.FilingNumber.Valid
	switch {
	case f.Stage.Final():
	case f.NotBegun():
		l.Standing = "not_begun"
	case f.AwaitsHolder && f.Stage == filing.Submitting:
		l.Standing = "awaits_holder"
	case f.Turn() == filing.TurnCustomer && f.Stage == filing.Correcting:
		l.Action = "correct"
	case f.Turn() == filing.TurnCustomer:
		l.Action = "continue"
	}
	return l
}

// planOf is what becomes of an order's sites whose holder has no number yet; nil: there are no several.
func (p *Pages) planOf(c *gin.Context, cur Current) (*together, error) {
	carrier := carrierOf(cur.Sites)
	if carrier == nil {
		return nil, nil
	}
	plan := &together{}
	var names, later []string
	for _, w := range cur.Sites {
		switch f := w.Filing; {
		case f == nil || f.Stage.Final():
		case f.ID == carrier.ID:
			names = append([]string{filing.DisplayDomain(w.Domain)}, names...)
		case f.CarrierID.Int64 == carrier.ID:
			names = append(names, filing.DisplayDomain(w.Domain))
		case f.AwaitsHolder && f.HolderID == carrier.HolderID:
			later = append(later, filing.DisplayDomain(w.Domain))
		}
	}
	if len(names)+len(later) < 2 {
		return nil, nil
	}
	rule, most, err := p.sitesAtOnce(c.Request.Context(), Current{Order: cur.Order, Filing: *carrier})
	if err != nil {
		return nil, err
	}
	if !submitted(carrier.Stage) && len(names) > most { // the store arranges them when the holder is submitted
		later = append(slices.Clone(names[most:]), later...)
		names = names[:most]
	}
	plan.Record, plan.Later = names, later
	if s := siblingsOf(Current{Sites: cur.Sites, Filing: *carrier}); s != nil && carrier.Stage == filing.Submitting {
		plan.Missing = s.Missing
	}
	if rule != nil && len(later) > 0 {
		t := p.T(c)
		plan.Rule, plan.Source = rule.Sentence(t.Lang()), p.OriginText(t, rule.Origin)
	}
	return plan, nil
}

// submitted tells whether a carrier's record has left the customer.
func submitted(stage filing.Stage) bool {
	return !slices.Contains([]filing.Stage{filing.Contact, filing.Verifying, filing.Preparing}, stage)
}

// carrierOf is the filing in whose record other sites travel, or on whose holder they wait; nil: there is none.
func carrierOf(sites []store.Site) *store.Filing {
	for _, w := range sites {
		if f := w.Filing; f != nil && f.Companion() && !f.Stage.Final() {
			for _, other := range sites {
				if o := other.Filing; o != nil && !o.Companion() && !o.Stage.Final() && o.HolderID == f.HolderID {
					return o
				}
			}
		}
	}
	return nil
}

// sitesAtOnce is how many sites the carrier's province takes at once, as far as it is known, and the rule that says so.
func (p *Pages) sitesAtOnce(ctx context.Context, cur Current) (rule *rules.Rule, most int, err error) {
	values, err := p.Draft(ctx, cur, web.FormHolder)
	if err != nil {
		return nil, 0, err
	}
	d := filing.Dossier{Kind: filing.KindNew, Holder: dossierview.HolderOf(values)}
	most = store.MaxTogether
	if r, ok := p.Rules.One(rules.CaseOf(d), rules.SitesAtOnce); ok && d.Holder.Province != "" {
		rule = &r
		most = min(most, cmp.Or(r.AtOnce(0), most))
	}
	return rule, most, nil
}

// openFiling is the 备案 button: of one site, or of all sites of an order that have no filing.
func (p *Pages) openFiling(c *gin.Context) error {
	order, err := p.order(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	sites, err := p.Store.SitesOfNumber(ctx, order.CustomerID, order.Number)
	if err != nil {
		return err
	}
	domain := c.Param("domain")
	holder, _ := strconv.ParseInt(c.PostForm("holder"), 10, 64) // of another order; 0: a new one
	if domain == "" && len(sites) == 1 && holder == 0 {
		f, err := p.Store.OpenFiling(ctx, order.ID)
		if err == nil && f.CustomerID != order.CustomerID {
			err = store.ErrConflict
		}
		return p.startOpened(c, err, f)
	}
	var ids []int64
	if site, found := store.FindSite(sites, domain); found {
		ids = append(ids, site.ID)
	} else if domain != "" {
		return store.ErrNotFound
	} else {
		ids = unfiled(sites)
	}
	open := p.Store.OpenSites
	if holder != 0 {
		open = func(ctx context.Context, orderID int64, ids ...int64) ([]store.Filing, error) {
			return p.Store.OpenForHolder(ctx, orderID, holder, ids...)
		}
	}
	opened, err := open(ctx, order.ID, ids...)
	if errors.Is(err, store.ErrOtherHolder) {
		return web.ErrBadRequest
	}
	return p.startOpened(c, err, opened...)
}

func unfiled(sites []store.Site) (ids []int64) {
	for _, w := range sites {
		if w.Filing == nil {
			ids = append(ids, w.ID)
		}
	}
	return ids
}

// startOpened starts the workflows of filings that were opened, and shows the filing or, of several, the order: the
// first of them says what comes next.
func (p *Pages) startOpened(c *gin.Context, err error, opened ...store.Filing) error {
	if errors.Is(err, store.ErrConflict) {
		return p.RedirectWith(c, "/orders", "flash.former_filing")
	} else if err != nil {
		return err
	}
	ctx := c.Request.Context()
	for _, f := range opened {
		if f.NotBegun() {
			continue
		}
		if err := p.startFiling(ctx, f); err != nil {
			return err
		}
		if err := p.Store.Started(ctx, f); err != nil {
			return err
		}
	}
	if len(opened) == 1 {
		return web.Redirect(c, web.FilingPath(c))
	}
	return web.Redirect(c, web.OrderPath(c))
}

// allPath is the page above a filing's: the order's if it has several sites, or the list of orders.
func allPath(c *gin.Context) string {
	if c.Param("domain") != "" {
		return web.OrderPath(c)
	}
	return "/orders"
}
