package panel

import (
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
)

const formPolice = "police"

// policeData is how an order's public-security filing (公安联网备案) stands.
type policeData struct {
	form
	// Recorded is its number; empty when there is none yet.
	Recorded string
	Declined bool
	// Left is for how many days it can still be made, where that is known: when a
	// registered number's site opened isn't.
	Left    *int
	Snippet string
	// CanPlace: the footer's page is open to this filing.
	CanPlace bool
}

func policeFields() []field {
	return []field{{Name: "number", Type: "text", Required: true, Autocomplete: "off"}}
}

func (s *Server) police(t *locale.Localizer, cur current, number string, state store.PoliceState, values url.Values, problems filing.Problems) policeData {
	if values == nil {
		values = url.Values{"number": {state.Number}}
	}
	d := policeData{form: build(t, formPolice, policeFields(), values, problems), Recorded: state.Number, Declined: state.Declined}
	if state.Due() {
		d.Left = daysLeft(state.Since, s.cfg.Store.Now())
	}
	d.Snippet = s.snippet(number, cur.Order)
	d.CanPlace = footerStage(cur.Filing.Stage)
	return d
}

// daysLeft is for how many days a site that was approved at a time can still be
// filed with the public-security organs; 0 when the time is over.
func daysLeft(approved, now time.Time) *int {
	left := max(0, int(math.Ceil(approved.Add(filing.PoliceWithin).Sub(now).Hours()/24)))
	return &left
}

// footLines are the footer of an order's site: the filing number, and the
// public-security filing's where that is recorded.
func (s *Server) footLines(number string, o store.Order) []website.Line {
	return website.FootLines(number, s.cfg.Provider.LinkTargets, o.PoliceNumber.String, s.cfg.Provider.PoliceTarget)
}

// snippet is that footer as HTML.
func (s *Server) snippet(number string, o store.Order) string {
	return website.FootSnippet(s.footLines(number, o))
}

// policeForm is 公安联网备案: what it is, where to apply, and its number.
func (s *Server) policeForm(c *gin.Context, cur current) {
	if state, ok := s.policeOpen(c, cur); ok {
		s.showPolice(c, http.StatusOK, cur, state, s.keptValues(c), nil)
	}
}

func (s *Server) showPolice(c *gin.Context, status int, cur current, state store.PoliceState, values url.Values, problems filing.Problems) {
	number := cur.Order.FilingNumber.String
	if number == "" { // issued, and not on the order yet
		decision, err := s.cfg.Store.LatestDecision(c.Request.Context(), cur.Filing.ID)
		if err != nil {
			s.fail(c, err)
			return
		}
		number = decision.Number()
	}
	data := s.police(s.texts.For(s.lang(c)), cur, number, state, values, problems)
	s.render(c, status, "police", page{Title: "police.title", Data: data})
}

// policeOpen sends people whose site isn't approved (any more) to the filing.
func (s *Server) policeOpen(c *gin.Context, cur current) (store.PoliceState, bool) {
	state, err := s.cfg.Store.Police(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		s.fail(c, err)
		return state, false
	}
	if !state.Open {
		s.flash(c, "flash.moved_on")
		to(c, filingPath(c))
	}
	return state, state.Open
}

// recordPolice keeps the number, or that none is needed.
func (s *Server) recordPolice(c *gin.Context, cur current) {
	state, ok := s.policeOpen(c, cur)
	if !ok {
		return
	}
	ctx := c.Request.Context()
	if c.PostForm("action") == "decline" {
		err := s.cfg.Store.DeclinePolice(ctx, cur.Filing.ID, s.actor(c))
		if err == nil {
			s.flash(c, "flash.police_declined")
		}
		s.moveOn(c, err, filingPath(c)+"/police")
		return
	}
	values := posted(c)
	number, problems := filing.ValidatePoliceNumber(values.Get("number"))
	if len(problems) > 0 {
		s.showPolice(c, http.StatusUnprocessableEntity, cur, state, values, problems)
		return
	}
	err := s.cfg.Store.RecordPoliceNumber(ctx, cur.Filing.ID, number, s.actor(c))
	if err == nil {
		s.flash(c, "flash.police_recorded")
	}
	s.moveOn(c, err, filingPath(c)+"/police")
}
