package customer

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/panel/web"
)

const formPolice = "police"

// policeData is the state of an order's public-security filing (公安联网备案).
type policeData struct {
	web.Form
	// Recorded is its number; empty when there is none yet.
	Recorded string
	Declined bool
	// Left is how many days are left for it; nil if unknown, as nobody knows when the site of a registered number opened.
	Left    *int
	Snippet string
	// CanPlace: this filing may use the footer's page.
	CanPlace bool
}

func policeFields() []web.Field {
	return []web.Field{{Name: "number", Type: "text", Required: true, Autocomplete: "off"}}
}

// policeForm asks for the number; it shows what was typed or, if values is nil, what is recorded.
func (p *Pages) policeForm(
	c *gin.Context, state store.PoliceState, values url.Values, problems filing.Problems,
) web.Form {
	if values == nil {
		values = url.Values{"number": {state.Number}}
	}
	return web.Build(p.Texts.For(p.Lang(c)), formPolice, policeFields(), values, problems)
}

// police is the state of the filing, without the form.
func (p *Pages) police(cur Current, number string, state store.PoliceState) policeData {
	d := policeData{
		Recorded: state.Number, Declined: state.Declined,
		Snippet: p.snippet(number, cur.Order), CanPlace: slices.Contains(numberStages, cur.Filing.Stage),
	}
	if state.Due() {
		d.Left = daysLeft(state.Since, p.Store.Now())
	}
	return d
}

// daysLeft is how many days a site has left to file with the public-security organs after its
// approval; 0 if the time is over.
func daysLeft(approved, now time.Time) *int {
	left := max(0, int(math.Ceil(approved.Add(filing.PoliceWithin).Sub(now).Hours()/24)))
	return &left
}

// footLines are the footer of an order's site: the filing number and, if recorded, that of the public-security filing.
func (p *Pages) footLines(number string, o store.Order) []website.Line {
	return website.FootLines(number, p.Rules.FooterSuffices(number), p.Provider.LinkTargets, o.PoliceNumber.String,
		p.Provider.PoliceTarget)
}

// snippet is the footer as HTML.
func (p *Pages) snippet(number string, o store.Order) string {
	return website.FootSnippet(p.footLines(number, o))
}

// withPolice loads the public-security filing's state. If the site isn't approved, or no longer is,
// it sends people to their filing.
func (p *Pages) withPolice(h func(*gin.Context, Current, store.PoliceState) error) web.Handler {
	return p.withFiling(func(c *gin.Context, cur Current) error {
		state, err := p.Store.Police(c.Request.Context(), cur.Filing.ID)
		if err != nil {
			return err
		}
		if !state.Open {
			return p.movedOn(c)
		}
		return h(c, cur, state)
	})
}

// showPolice is 公安联网备案: it explains where to apply and asks for the number.
func (p *Pages) showPolice(c *gin.Context, cur Current, state store.PoliceState) error {
	saved, err := p.SavedValues(c)
	if err != nil {
		return err
	}
	return p.renderPolice(c, http.StatusOK, cur, state, p.policeForm(c, state, saved, nil))
}

func (p *Pages) renderPolice(c *gin.Context, status int, cur Current, state store.PoliceState, form web.Form) error {
	number := cur.Order.FilingNumber.String
	if number == "" { // issued, but not on the order yet
		decision, err := p.Store.LatestDecision(c.Request.Context(), cur.Filing.ID)
		if err != nil {
			return err
		}
		number = decision.Number()
	}
	approved, err := p.approved(c.Request.Context(), cur)
	if err != nil {
		return err
	}
	data := p.police(approved, number, state)
	data.Form = form
	return p.Render(c, status, web.Page{Title: "police.title", Wrong: form.HasProblems()}, web.With(policePage, data))
}

// recordPolice stores the number, or that none is needed.
func (p *Pages) recordPolice(c *gin.Context, cur Current, state store.PoliceState) error {
	ctx := c.Request.Context()
	if c.PostForm("action") == "decline" {
		err := p.Store.DeclinePolice(ctx, cur.Filing.ID, p.Actor(c))
		return p.finish(c, err, "flash.police_declined", web.FilingPath(c)+"/police")
	}
	values := web.PostForm(c)
	number, problems := filing.ValidatePoliceNumber(values.Get("number"))
	if len(problems) > 0 {
		form := p.policeForm(c, state, values, problems)
		return p.renderPolice(c, http.StatusUnprocessableEntity, cur, state, form)
	}
	err := p.Store.RecordPoliceNumber(ctx, cur.Filing.ID, number, p.Actor(c))
	return p.finish(c, err, "flash.police_recorded", web.FilingPath(c)+"/police")
}
