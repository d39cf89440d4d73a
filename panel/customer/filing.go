package customer

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// withFiling finds the customer's filing for a handler; somebody else's order is "not found". If the
// filing is over, hasn't begun, or is in none of the stages if there are any, it sends people to the filing's page.
func (p *Pages) withFiling(h handler, stages ...filing.Stage) web.Handler {
	return p.withLastFiling(func(c *gin.Context, cur Current) error {
		if cur.Over() || cur.Filing.NotBegun() || len(stages) > 0 && !slices.Contains(stages, cur.Filing.Stage) {
			return p.movedOn(c)
		}
		return h(c, cur)
	})
}

// editing are the stages in which the customer fills in the dossier.
var editing = []filing.Stage{filing.Preparing, filing.Correcting}

// movedOn sends people whose page is out of date to the filing's.
func (p *Pages) movedOn(c *gin.Context) error {
	p.Flash(c, "flash.moved_on")
	return web.Redirect(c, web.FilingPath(c))
}

// finish is FinishUpdate with a message for the next page.
func (p *Pages) finish(c *gin.Context, err error, flash, path string) error {
	if err == nil {
		p.Flash(c, flash)
	}
	return p.FinishUpdate(c, err, path)
}

// withLastFiling is withFiling for pages that also show a filing that is over: the site's last one, if none is open.
// Both the order and the filing must be the customer's.
func (p *Pages) withLastFiling(h handler) web.Handler {
	return func(c *gin.Context) error {
		return p.withSite(func(c *gin.Context, cur Current) error {
			f, err := p.lastFiling(c.Request.Context(), cur)
			switch {
			case err != nil:
				return err
			case f == nil && cur.Several():
				return web.Redirect(c, web.OrderPath(c))
			case f == nil:
				return web.Redirect(c, "/orders")
			case f.CustomerID != cur.Order.CustomerID: // the order changed hands between the look-ups
				return store.ErrNotFound
			}
			cur.Filing = *f
			return h(c, cur)
		})(c)
	}
}

// lastFiling is the newest filing of a site; nil: there is none.
func (p *Pages) lastFiling(ctx context.Context, cur Current) (*store.Filing, error) {
	f, err := p.Store.LastFilingOfSite(ctx, cur.Site)
	if err != nil || cur.Several() || cur.Site.Filing != nil {
		return f, err
	}
	older, err := p.Store.FilingOf(ctx, cur.Order.CustomerID, cur.Order.Number) // by a build without sites
	if errors.Is(err, store.ErrNotFound) {
		return f, nil
	}
	return &older, err
}

// withSite finds the customer's order and site for a handler; somebody else's order is "not found". If the path names
// none of several sites, it leads to the choice.
func (p *Pages) withSite(h handler) web.Handler {
	return func(c *gin.Context) error {
		order, err := p.order(c)
		if err != nil {
			return err
		}
		cur := Current{Order: order}
		if cur.Sites, err = p.Store.SitesOfNumber(c.Request.Context(), order.CustomerID, order.Number); err != nil {
			return err
		}
		found := false
		switch cur.Site, found = store.FindSite(cur.Sites, c.Param("domain")); {
		case found && cur.Several():
			cur.Order = order.Of(cur.Site)
		case found:
		case c.Param("domain") == "" && cur.Several():
			return web.Redirect(c, web.OrderPath(c))
		default:
			return store.ErrNotFound
		}
		return h(c, cur)
	}
}

// readsAhead are the pages that show much of a filing, and whether they show what happened to it. Others, such as a
// picture of a paper, would only burden the database.
var readsAhead = map[string]bool{
	"": true, "/progress": true, "/review": true,
	"/kind": false, "/ownership": false, "/holder": false, "/site": false, "/ending": false, "/papers": false,
	"/letter": false, "/sheet": false, "/result": true, "/footer": true,
}

// ReadAhead asks the database for the filing along with its order, and for much of what the page shows. It goes before
// account.Pages.SignedIn: meanwhile that asks whether the session still holds, and nothing is shown if it doesn't.
func (p *Pages) ReadAhead(c *gin.Context) {
	page, ofFiling := strings.CutPrefix(web.PageRoute(c), "/orders/:number/filing")
	if !ofFiling || p.Role(c) != store.RoleCustomer {
		return
	}
	web.Remembering(c)
	ctx, userID, number, domain := c.Request.Context(), p.UserID(c), c.Param("number"), c.Param("domain")
	history, much := readsAhead[page]
	web.Ahead(c, func() error {
		_, err := p.Store.SitesOfNumber(ctx, userID, number)
		return err
	}, func() error {
		if much {
			p.View.ReadAhead(ctx, userID, number, domain, history)
		}
		return nil
	})
}

// order is the customer's order in the path.
func (p *Pages) order(c *gin.Context) (store.Order, error) {
	return p.Store.OrderOf(c.Request.Context(), p.UserID(c), c.Param("number"))
}

type filingData struct {
	Current
	// TicketNews: there is an answer to a question of the customer.
	TicketNews bool
	// Stopped are the contact's addresses to which nothing is sent any more, because they were refused.
	Stopped  []store.RefusedAddress
	Tasks    []task
	Timeline []dossierview.TimelineLine
	// Earlier are the order's other filings.
	Earlier []dossierview.EarlierFiling
	// Expected is how long the bureau will take, while it has the filing.
	Expected *dossierview.Expectation
	Refusal  string
	// AnySite: the bureau returned several sites together, and Refusal may be about any of them.
	AnySite bool
	// RefusalHelp is the address of the help page on the refusal; empty if there is none.
	RefusalHelp string
	// Refused are the fields that the refusal is about.
	Refused []dossierview.RefusedField
	// Continue is where the customer goes on; empty if there is nothing to do.
	Continue string
	// SMSVerification is the ministry's that the filing waits for; nil: none.
	SMSVerification *dossierview.SMSVerification
	Next            string // key of what comes next
	// Turn is whose turn it is, a key below "turn."; empty if nobody's.
	Turn      filing.Turn
	CanRevoke bool
	// Revoke is the key of what withdrawing is called.
	Revoke string
	// Approved is the completed filing that this one is to change or end, and Certificate tells that it has one; nil:
	// this one isn't such a filing.
	Approved    *Current
	Certificate bool
	// SiteBad: the number is on the order, but its site fails a check.
	SiteBad bool
	// Confirm are the channels whose address staff corrected and whose code is missing.
	Confirm []filing.Channel
	// FollowUps are the kinds that can follow a completed filing.
	FollowUps []filing.Kind
	// Siblings are the filings of other sites that this one travels with; nil: it is alone.
	Siblings *siblings
	// Over: the filing is over and the order can be filed again.
	Over bool
	// CanTakeOff: a registered number is on the order.
	CanTakeOff bool
	// Codes are the codes of 身份验证, while it lasts.
	Codes []web.SentCode
	// Unsure is the action that was sent without its confirmation: withdraw, take_off or empty.
	Unsure string
}

// title is the key of the page's heading.
func (d filingData) title() string {
	if d.Filing.Kind == "" {
		return "filing.title"
	}
	return "kind." + string(d.Filing.Kind)
}

// attentionKey is the text of what needs the customer's attention.
func (d filingData) attentionKey() string {
	if d.AnySite {
		return "attention.returned_any"
	}
	return "attention." + string(d.Filing.Attention)
}

// displayDomains are an order's domains as people read them.
func displayDomains(o store.Order) string {
	domains := make([]string, len(o.Domains))
	for i, domain := range o.Domains {
		domains[i] = filing.DisplayDomain(domain)
	}
	return strings.Join(domains, " ")
}

// refusedLabel names a refused field.
func refusedLabel(p *web.Page, f dossierview.RefusedField) string {
	if f.Label != "" {
		return f.Label
	}
	return p.Text("field." + f.Form + "." + f.Name)
}

// askToConfirm shows the filing's page again and asks for the confirmation.
func (p *Pages) askToConfirm(c *gin.Context, what string) error {
	return web.Redirect(c, web.FilingPath(c)+"?unsure="+what)
}

// registered sets what differs for a registered number.
func (d *filingData) registered() {
	d.Revoke, d.CanTakeOff = "register.withdraw", d.Filing.Stage == filing.Filed
	if d.Filing.Stage == filing.Installing {
		d.Next = "stage_next.register"
	}
}

// ended sets what differs for a filing that is over: how it ended, and no tasks.
func (d *filingData) ended(events []store.Event) {
	d.Over, d.Tasks = true, nil
	for _, e := range events {
		if e.Kind == filing.EventEnded || e.Kind == filing.EventTakenOff {
			d.Next = "stage_next." + string(e.Kind)
		}
	}
}

func (p *Pages) showFiling(c *gin.Context, cur Current) error {
	// Make up for a crash between storing the filing and starting its workflow.
	if cur.Filing.Seq == 0 && !cur.Over() && !cur.Filing.NotBegun() {
		if err := p.startFiling(c.Request.Context(), cur.Filing); err != nil {
			return err
		}
	}
	news := p.TicketNews(c)
	data, err := p.filingData(c, cur)
	if err == nil {
		data.TicketNews, err = news()
	}
	if err == nil {
		data.Stopped, err = p.Store.RefusedOfFiling(c.Request.Context(), cur.Filing.ID)
	}
	if err != nil {
		return err
	}
	unsure := c.Query("unsure")
	if unsure == "withdraw" && data.CanRevoke || unsure == "take_off" && data.CanTakeOff {
		data.Unsure = unsure
	}
	page := web.Page{Title: "filing.title", Wrong: data.Unsure != ""}
	return p.Render(c, http.StatusOK, page, web.With(filingPage, data))
}

// progress is the part of the page that updates itself.
func (p *Pages) progress(c *gin.Context, cur Current) error {
	data, err := p.filingData(c, cur)
	if err != nil {
		return err
	}
	return p.RenderFragment(c, web.With(progress, data))
}

func (p *Pages) filingData(c *gin.Context, cur Current) (filingData, error) {
	ctx, f := c.Request.Context(), cur.Filing
	events, err := p.Store.Events(ctx, f.ID)
	if err != nil {
		return filingData{}, err
	}
	data := filingData{
		Current: cur, Next: nextText(f), Turn: f.Turn(), Revoke: "filing.withdraw",
		CanRevoke: f.Kind.Withdrawable(f.Stage) && !f.NotBegun(),
		Siblings:  siblingsOf(cur),
	}
	if data.SMSVerification, err = p.SMSVerification(c, cur, events, dossierview.SeenByOwner); err != nil {
		return data, err
	}
	if data.Timeline, err = p.Timeline(c, f.ID, events); err != nil {
		return data, err
	}
	if data.Earlier, err = p.Earlier(c, cur); err != nil {
		return data, err
	}
	if data.Expected, err = p.Expected(ctx, f, events); err != nil {
		return data, err
	}
	if data.Confirm, err = p.toConfirm(ctx, cur); err != nil {
		return data, err
	}
	if f.Stage == filing.Verifying {
		if data.Codes, err = p.sentCodes(ctx, f); err != nil {
			return data, err
		}
		data.Next = nextCode(data.Codes)
	}
	if f.Kind.FollowsUp() {
		data.Revoke = "follow_up.withdraw"
	}
	switch {
	case f.Kind.Registers():
		data.registered()
	case f.Stage == filing.Filed:
		data.FollowUps = filing.FollowUps
	}
	if err := p.fillApproved(ctx, &data); err != nil {
		return data, err
	}
	refused, err := p.RefusalOf(c, cur)
	if err != nil {
		return data, err
	}
	data.Refusal, data.RefusalHelp = refused.Note, refused.Help
	if data.AnySite = refused.AnySite; data.AnySite {
		data.Next = "stage_next.returned_any"
		if data.Siblings != nil {
			data.Siblings.CanLetGo = true
		}
	}
	if data.Tasks, data.Refused, err = p.tasks(c, cur, events, refused); err != nil {
		return data, err
	}
	data.Continue = data.next()
	if cur.Over() {
		data.ended(events)
	}
	return data, nil
}

// fillApproved sets what the filing that gives the order its number has to show.
func (p *Pages) fillApproved(ctx context.Context, data *filingData) error {
	approved, err := p.approved(ctx, data.Current)
	if err != nil || approved.Filing.Kind.Registers() || approved.Filing.Stage != filing.Filed {
		return err
	}
	checks, err := p.Store.SiteChecks(ctx, approved.Filing.ID)
	if err != nil {
		return err
	}
	data.SiteBad = slices.ContainsFunc(checks, func(c store.SiteCheck) bool { return !c.OK })
	if approved.FollowUp == "" {
		return nil
	}
	decision, err := p.Store.LatestDecision(ctx, approved.Filing.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	data.Approved, data.Certificate = &approved, len(decision.Certificate) > 0
	return nil
}

// nextText is the key of what comes next, unless the number was registered or the filing is over.
func nextText(f store.Filing) string {
	switch {
	case f.NotBegun():
		return "stage_next.not_begun"
	case f.Attention == filing.AttentionReturnedTogether:
		return "stage_next." + string(f.Attention)
	case f.AwaitsHolder && f.Stage == filing.Submitting:
		return "stage_next.awaits_holder"
	case f.Companion() && f.Stage == filing.Preparing:
		return "stage_next.companion"
	case f.Attention == filing.AttentionRefusedOurs:
		return "stage_next." + string(f.Attention)
	case f.Stage == filing.Preparing && f.Kind.FollowsUp():
		return "stage_next.follow_up"
	}
	return "stage_next." + string(f.Stage)
}

// nextCode is the key of what comes next while codes are missing: what the page of the codes says as well.
func nextCode(codes []web.SentCode) string {
	key := "stage_next.verifying"
	for _, code := range codes {
		switch code.State {
		case web.CodeLocked:
			return "stage_next.verifying_locked"
		case web.CodeStuck:
			key = "stage_next.verifying_stuck"
		}
	}
	return key
}

// next marks the first task that waits for the customer and returns its path, or that of the first
// refused field that isn't corrected yet.
func (d filingData) next() string {
	if d.Turn != filing.TurnCustomer {
		return ""
	}
	at := slices.IndexFunc(d.Tasks, func(t task) bool { return t.Path != "" && t.Status != statusDone })
	if at < 0 {
		return ""
	}
	d.Tasks[at].Next = true
	for _, f := range d.Refused {
		if !f.Mended {
			return f.Path
		}
	}
	return d.Tasks[at].Path
}
