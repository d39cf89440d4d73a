package customer

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// withFiling finds the customer's filing for a handler; another's order is
// "not found". Where the filing is over, its page says so instead.
func (p *Pages) withFiling(h func(*gin.Context, dossierview.Current) error) web.Handler {
	return p.withLastFiling(func(c *gin.Context, cur dossierview.Current) error {
		if cur.Over() {
			p.Flash(c, "flash.moved_on")
			return web.Redirect(c, web.FilingPath(c))
		}
		return h(c, cur)
	})
}

// withLastFiling is withFiling for what can be read of a filing that is over: the
// order's last one, where none is open.
func (p *Pages) withLastFiling(h func(*gin.Context, dossierview.Current) error) web.Handler {
	return func(c *gin.Context) error {
		ctx := c.Request.Context()
		order, err := p.Store.OrderOf(ctx, p.UserID(c), c.Param("number"))
		if err != nil {
			return err
		}
		f, err := p.Store.FilingOfOrder(ctx, order.ID)
		if errors.Is(err, store.ErrNotFound) {
			var last []store.Filing
			if last, err = p.Store.FilingsOfOrder(ctx, order.ID, 1); err == nil {
				if len(last) == 0 || !last[0].Stage.Final() {
					return web.Redirect(c, "/orders")
				}
				f = last[0]
			}
		}
		if err != nil {
			return err
		}
		return h(c, dossierview.Current{Order: order, Filing: f})
	}
}

// openFiling is the 备案 button.
func (p *Pages) openFiling(c *gin.Context) error {
	ctx := c.Request.Context()
	order, err := p.Store.OrderOf(ctx, p.UserID(c), c.Param("number"))
	if err != nil {
		return err
	}
	f, err := p.Store.OpenFiling(ctx, order.ID)
	if err != nil {
		return err
	}
	if err := p.startFiling(ctx, f); err != nil {
		return err
	}
	return web.Redirect(c, web.FilingPath(c))
}

type filingData struct {
	dossierview.Current
	Tasks    []task
	Timeline []dossierview.TimelineLine
	// Earlier are the order's other filings.
	Earlier []dossierview.EarlierFiling
	// Expected is how long the bureau will take, while it has the filing.
	Expected *dossierview.Expectation
	Refusal  string
	// RefusalHelp is the address of what explains the refusal; empty: nothing does.
	RefusalHelp string
	// Refused are the fields that the refusal is about.
	Refused []dossierview.RefusedField
	// Continue is where the customer goes on; empty: there is nothing to do.
	Continue            string
	SMSVerificationLeft *int   // hours for the bureau's own SMS verification
	Next                string // key of what comes next
	// Turn is whose turn it is, a key below "turn."; empty: nobody's.
	Turn      filing.Turn
	CanRevoke bool
	// Revoke is the key of what withdrawing is called.
	Revoke string
	// SiteBad: the number stands on the order, but its site no longer shows it, or
	// not its certificate.
	SiteBad bool
	// Confirm are the channels whose new address, which staff gave, waits for its code.
	Confirm []filing.Channel
	// FollowUps are what a filing that is done can be followed by.
	FollowUps []filing.Kind
	// Over: the filing is over and the order can be filed anew.
	Over bool
	// CanTakeOff: a registered number that is on the order.
	CanTakeOff bool
	// Unsure is what was to be ended without its box being ticked: withdraw,
	// take_off or empty.
	Unsure string
}

// title is the key of the page's heading.
func (d filingData) title() string {
	if d.Filing.Kind == "" {
		return "filing.title"
	}
	return "kind." + string(d.Filing.Kind)
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

// askToConfirm shows the filing's page again, and on it what must be ticked.
func (p *Pages) askToConfirm(c *gin.Context, what string) error {
	return web.Redirect(c, web.FilingPath(c)+"?unsure="+what)
}

// registered is what is other where a number was registered.
func (d *filingData) registered() {
	d.Revoke = "register.withdraw"
	switch d.Filing.Stage {
	case filing.Installing:
		d.Next = "next.register"
	case filing.Filed:
		d.CanTakeOff = true
	}
}

// ended is what is other where the filing is over: how it ended, and no steps.
func (d *filingData) ended(events []store.Event) {
	d.Over, d.Tasks = true, nil
	for _, e := range events {
		if e.Kind == filing.EventEnded || e.Kind == filing.EventTakenOff {
			d.Next = "next." + string(e.Kind)
		}
	}
}

func (p *Pages) showFiling(c *gin.Context, cur dossierview.Current) error {
	// A crash between making the row and starting the workflow heals here.
	if cur.Filing.Seq == 0 && !cur.Over() {
		if err := p.startFiling(c.Request.Context(), cur.Filing); err != nil {
			return err
		}
	}
	data, err := p.filingData(c, cur)
	if err != nil {
		return err
	}
	switch unsure := c.Query("unsure"); {
	case unsure == "withdraw" && data.CanRevoke, unsure == "take_off" && data.CanTakeOff:
		data.Unsure = unsure
	}
	page := web.Page{Title: "filing.title", Wrong: data.Unsure != ""}
	return p.Render(c, http.StatusOK, page, func(page *web.Page) templ.Component { return filingPage(page, data) })
}

// progress is the part of the page that renews itself.
func (p *Pages) progress(c *gin.Context, cur dossierview.Current) error {
	data, err := p.filingData(c, cur)
	if err != nil {
		return err
	}
	return p.RenderFragment(c, func(page *web.Page) templ.Component { return progress(page, data) })
}

func (p *Pages) filingData(c *gin.Context, cur dossierview.Current) (filingData, error) {
	ctx := c.Request.Context()
	events, err := p.Store.Events(ctx, cur.Filing.ID)
	if err != nil {
		return filingData{}, err
	}
	lines, err := p.Timeline(c, cur.Filing.ID, events)
	if err != nil {
		return filingData{}, err
	}
	earlier, err := p.Earlier(c, cur)
	if err != nil {
		return filingData{}, err
	}
	expected, err := p.Expected(ctx, cur.Filing, events)
	if err != nil {
		return filingData{}, err
	}
	data := filingData{Current: cur, Timeline: lines, Earlier: earlier, Expected: expected, SMSVerificationLeft: smsVerificationLeft(cur.Filing, events, p.Store.Now()), Next: "next." + string(cur.Filing.Stage), CanRevoke: cur.Filing.Kind.Withdrawable(cur.Filing.Stage)}
	data.Turn = cur.Filing.Turn()
	if data.Confirm, err = p.toConfirm(ctx, cur); err != nil {
		return data, err
	}
	data.Revoke = "filing.withdraw"
	if cur.Filing.Kind.FollowsUp() {
		data.Revoke = "followup.withdraw"
	}
	switch {
	case cur.Filing.Kind.Registers():
		data.registered()
	case cur.Filing.Stage == filing.Filed:
		data.FollowUps = filing.FollowUps
		checks, err := p.Store.SiteChecks(ctx, cur.Filing.ID)
		if err != nil {
			return data, err
		}
		data.SiteBad = slices.ContainsFunc(checks, func(c store.SiteCheck) bool { return !c.OK })
	}
	if cur.Filing.Stage == filing.Preparing && cur.Filing.Kind.FollowsUp() {
		data.Next = "next.follow_up"
	}
	if cur.Filing.Attention == filing.AttentionRefusedOurs {
		data.Next = "next." + string(filing.AttentionRefusedOurs)
	}
	refused, err := p.RefusalOf(c, cur)
	if err != nil {
		return data, err
	}
	data.Refusal, data.RefusalHelp = refused.Note, refused.Help
	if data.Tasks, data.Refused, err = p.tasks(c, cur, events, refused); err != nil {
		return data, err
	}
	data.Continue = data.next()
	if cur.Over() {
		data.ended(events)
	}
	return data, nil
}

// next marks the first task that waits for the customer and tells where it is done:
// at a field that the bureau refused, where there is one.
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

// inStage sends people whose page is old to where the filing stands.
func (p *Pages) inStage(c *gin.Context, cur dossierview.Current, stages ...filing.Stage) bool {
	for _, stage := range stages {
		if cur.Filing.Stage == stage {
			return true
		}
	}
	p.Flash(c, "flash.moved_on")
	web.Redirect(c, web.FilingPath(c))
	return false
}
