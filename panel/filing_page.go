package panel

import (
	"errors"
	"net/http"
	"net/url"
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

// task is a line of the task list.
type task struct {
	Key    string // of its text, "task.KEY"
	Status string // done, now, later, of "status.STATUS"
	Path   string // where it is done; empty when there is nothing to do
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
	CheckLeft   *int   // hours for the bureau's own SMS check
	Next        string // key of what comes next
	// Turn is whose turn it is, a key below "turn."; empty: nobody's.
	Turn      string
	CanRevoke bool
	// Revoke is the key of what withdrawing is called.
	Revoke string
	// SiteBad: the number stands on the order, but its site no longer shows it, or
	// not its certificate.
	SiteBad bool
	// FollowUps are what a filing that is done can be followed by.
	FollowUps []filing.Kind
	// Over: the filing is over and the order can be filed anew.
	Over bool
	// CanTakeOff: a registered number that is on the order.
	CanTakeOff bool
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
		if e.Kind == "ended" || e.Kind == "taken_off" {
			d.Next = "next." + e.Kind
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
	data := filingData{current: cur, Timeline: lines, Earlier: earlier, Expected: expected, Tasks: tasks(cur, events), CheckLeft: checkLeft(cur.Filing, events, s.cfg.Store.Now()), Next: "next." + string(cur.Filing.Stage), CanRevoke: cur.Filing.Kind.Withdrawable(cur.Filing.Stage)}
	data.Turn = turnOf(cur.Filing)
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
	if cur.over() {
		data.ended(events)
	}
	if cur.Filing.Attention == filing.AttentionRefusedOurs {
		data.Next = "next." + filing.AttentionRefusedOurs
	}
	refused, err := s.refusalOf(c, cur)
	data.Refusal, data.RefusalHelp = refused.Note, refused.Help
	return data, err
}

type taskStep struct {
	key    string
	stages []filing.Stage
	path   string
}

// taskSteps are the steps of a kind of filing: what follows one that is done has
// its contact, and what ends one has nothing to install.
func taskSteps(kind filing.Kind, base string) []taskStep {
	first := "kind"
	if kind.FollowsUp() {
		first = formsOf(kind)[0]
	}
	steps := []taskStep{
		{"contact", []filing.Stage{filing.Contact}, base + "notice"},
		{"verify", []filing.Stage{filing.Verifying}, base + "verify"},
		{"forms", []filing.Stage{filing.Preparing, filing.Correcting}, base + first},
		{"checking", []filing.Stage{filing.Checking, filing.Submitting}, ""},
		{"reviewing", []filing.Stage{filing.Reviewing}, ""},
		{"installing", []filing.Stage{filing.Installing}, base + "result"},
		{"filed", []filing.Stage{filing.Filed}, base + "result"},
	}
	if kind.Registers() {
		steps = append([]taskStep{{"register", nil, ""}}, steps[len(steps)-2:]...)
		steps[1].key = "register_installing"
	}
	if kind.FollowsUp() {
		steps = steps[2:]
	}
	if kind.Ends() {
		steps[0].key = "ending"
		steps = append(steps[:len(steps)-2], taskStep{"ended", []filing.Stage{filing.Deregistered}, ""})
	}
	return steps
}

// tasks are the steps of a filing; what lies behind is done, what is now is
// linked, what lies ahead waits.
func tasks(cur current, events []store.Event) []task {
	base := "/orders/" + url.PathEscape(cur.Order.Number) + "/filing/"
	steps := taskSteps(cur.Filing.Kind, base)
	now := slices.IndexFunc(steps, func(step taskStep) bool { return slices.Contains(step.stages, cur.Filing.Stage) })
	if now < 0 {
		now = len(steps)
	}
	list := make([]task, len(steps))
	for i, step := range steps {
		list[i] = task{Key: step.key, Status: "later"}
		switch {
		case i < now || cur.Filing.Stage == filing.Filed:
			list[i].Status = "done"
		case i == now:
			list[i].Status, list[i].Path = "now", step.path
		}
	}
	list = withCheck(list, cur, events)
	if cur.Filing.Stage == filing.Filed {
		list[len(list)-1].Path = base + "result"
	}
	return list
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
