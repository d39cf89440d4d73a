package panel

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// current is the filing that a page is about, with its order: the customer's own.
type current struct {
	Order  store.Order
	Filing store.Filing
}

// withFiling finds the customer's filing for a handler; another's order is
// "not found". Where the filing is over, its page says so instead.
func (s *Server) withFiling(h func(*gin.Context, current)) gin.HandlerFunc {
	return s.withLastFiling(func(c *gin.Context, cur current) {
		if cur.over() {
			s.flash(c, "flash.moved_on")
			to(c, filingPath(c))
			return
		}
		h(c, cur)
	})
}

// over tells that the order has no filing any more: this is its last one.
func (cur current) over() bool {
	return cur.Filing.Stage == filing.Withdrawn || cur.Filing.Stage == filing.Deregistered
}

// withLastFiling is withFiling for what can be read of a filing that is over: the
// order's last one, where none is open.
func (s *Server) withLastFiling(h func(*gin.Context, current)) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		order, err := s.cfg.Store.OrderOf(ctx, s.userID(c), c.Param("number"))
		if err != nil {
			s.fail(c, err)
			return
		}
		f, err := s.cfg.Store.FilingOfOrder(ctx, order.ID)
		if errors.Is(err, store.ErrNotFound) {
			var last []store.Filing
			if last, err = s.cfg.Store.FilingsOfOrder(ctx, order.ID, 1); err == nil {
				if len(last) == 0 || !last[0].Stage.Final() {
					to(c, "/orders")
					return
				}
				f = last[0]
			}
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		h(c, current{order, f})
	}
}

// openFiling is the 备案 button.
func (s *Server) openFiling(c *gin.Context) {
	ctx := c.Request.Context()
	order, err := s.cfg.Store.OrderOf(ctx, s.userID(c), c.Param("number"))
	if err != nil {
		s.fail(c, err)
		return
	}
	f, err := s.cfg.Store.OpenFiling(ctx, order.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	if err := s.startFiling(ctx, f); err != nil {
		s.fail(c, err)
		return
	}
	to(c, filingPath(c))
}

type filingData struct {
	current
	Tasks    []task
	Timeline []timelineLine
	// Earlier are the order's other filings.
	Earlier []earlierFiling
	// Expected is how long the bureau will take, while it has the filing.
	Expected *expectation
	Refusal  string
	// RefusalHelp is the address of what explains the refusal; empty: nothing does.
	RefusalHelp string
	// Refused are the fields that the refusal is about.
	Refused []refusedField
	// Continue is where the customer goes on; empty: there is nothing to do.
	Continue  string
	CheckLeft *int   // hours for the bureau's own SMS check
	Next      string // key of what comes next
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

// wrong is as form's.
func (d filingData) wrong() bool { return d.Unsure != "" }

// unsure shows the filing's page again, and on it what must be ticked.
func (s *Server) unsure(c *gin.Context, what string) { to(c, filingPath(c)+"?unsure="+what) }

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

func (s *Server) showFiling(c *gin.Context, cur current) {
	// A crash between making the row and starting the workflow heals here.
	if cur.Filing.Seq == 0 && !cur.over() {
		if err := s.startFiling(c.Request.Context(), cur.Filing); err != nil {
			s.fail(c, err)
			return
		}
	}
	data, err := s.filingData(c, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	switch unsure := c.Query("unsure"); {
	case unsure == "withdraw" && data.CanRevoke, unsure == "take_off" && data.CanTakeOff:
		data.Unsure = unsure
	}
	s.render(c, http.StatusOK, "filing", page{Title: "filing.title", Data: data})
}

// progress is the part of the page that renews itself.
func (s *Server) progress(c *gin.Context, cur current) {
	data, err := s.filingData(c, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "progress", page{Data: data})
}

func (s *Server) filingData(c *gin.Context, cur current) (filingData, error) {
	ctx := c.Request.Context()
	events, err := s.cfg.Store.Events(ctx, cur.Filing.ID)
	if err != nil {
		return filingData{}, err
	}
	lines, err := s.timeline(c, cur.Filing.ID, events)
	if err != nil {
		return filingData{}, err
	}
	earlier, err := s.earlier(c, cur)
	if err != nil {
		return filingData{}, err
	}
	expected, err := s.expected(ctx, cur.Filing, events)
	if err != nil {
		return filingData{}, err
	}
	data := filingData{current: cur, Timeline: lines, Earlier: earlier, Expected: expected, CheckLeft: checkLeft(cur.Filing, events, s.cfg.Store.Now()), Next: "next." + string(cur.Filing.Stage), CanRevoke: cur.Filing.Kind.Withdrawable(cur.Filing.Stage)}
	data.Turn = cur.Filing.Turn()
	if data.Confirm, err = s.toConfirm(ctx, cur); err != nil {
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
		checks, err := s.cfg.Store.SiteChecks(ctx, cur.Filing.ID)
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
	refused, err := s.refusalOf(c, cur)
	if err != nil {
		return data, err
	}
	data.Refusal, data.RefusalHelp = refused.Note, refused.Help
	if data.Tasks, data.Refused, err = s.tasks(c, cur, events, refused); err != nil {
		return data, err
	}
	data.Continue = data.next()
	if cur.over() {
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
func (s *Server) inStage(c *gin.Context, cur current, stages ...filing.Stage) bool {
	for _, stage := range stages {
		if cur.Filing.Stage == stage {
			return true
		}
	}
	s.flash(c, "flash.moved_on")
	to(c, filingPath(c))
	return false
}
