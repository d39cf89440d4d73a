package panel

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// permission is something that staff may do, or not: what a route needs. Its texts
// are below "permission." of the locale files.
type permission string

// The permissions.
const (
	// canSee is lists and pages without personal data, or with it masked.
	canSee permission = "see"
	// canSeePersonal is personal data in the clear: dossiers, papers, data files, tickets.
	canSeePersonal permission = "see_personal"
	// canActOnFilings resumes filings, sends codes, corrects contacts and web spaces and withdraws
	// for customers, and hands in and records at bureaus without an interface.
	canActOnFilings permission = "act_on_filings"
	// canActInBulk resumes many filings at once: one wrong click reaches thousands.
	canActInBulk permission = "act_in_bulk"
	// canActOnTasks answers the bureau's tasks and hands papers in.
	canActOnTasks    permission = "act_on_tasks"
	canAnswerTickets permission = "answer_tickets"
	// canCheck passes dossiers and sends them back (初审).
	canCheck permission = "check"
	// canRunChecks takes dossiers from colleagues who check them, and sees everybody's figures.
	canRunChecks permission = "run_checks"
	// canWriteNotices publishes notices to everybody.
	canWriteNotices permission = "write_notices"
	// canRunBureau starts accounts with bureaus and reports addresses.
	canRunBureau permission = "run_bureau"
	// canManageStaff gives people accounts and roles; readAudit is the log of what they did.
	canManageStaff permission = "manage_staff"
	canReadAudit   permission = "read_audit"
)

// granted is what each of staff's roles may do: what the one before may, and more.
var granted = func() map[store.StaffRole][]permission {
	viewer := []permission{canSee}
	agent := slices.Concat(viewer, []permission{canSeePersonal, canActOnFilings, canActOnTasks, canAnswerTickets})
	reviewer := slices.Concat(agent, []permission{canCheck, canActInBulk})
	administrator := slices.Concat(reviewer, []permission{canRunChecks, canWriteNotices, canRunBureau, canManageStaff, canReadAudit})
	return map[store.StaffRole][]permission{
		store.StaffViewer: viewer, store.StaffAgent: agent, store.StaffReviewer: reviewer, store.StaffAdministrator: administrator,
	}
}()

func may(role store.StaffRole, p permission) bool { return slices.Contains(granted[role], p) }

// contextStaff holds the reader's StaffRole, as it is now, in a request's context.
const contextStaff = "staff"

// staffRole is what the reader is among staff; empty of everybody else.
func (s *Server) staffRole(c *gin.Context) store.StaffRole {
	role, _ := c.Get(contextStaff)
	staff, _ := role.(store.StaffRole)
	return staff
}

// may tells whether the reader may do something.
func (s *Server) may(c *gin.Context, p permission) bool { return may(s.staffRole(c), p) }

// can lets those staff pass who may do something; the others are told that it is there,
// and that it isn't theirs.
func (s *Server) can(p permission) gin.HandlerFunc {
	return func(c *gin.Context) {
		if s.may(c, p) {
			c.Next()
			return
		}
		s.cfg.Logger.Warn("staff asked for what they may not do", "route", c.FullPath(), "needs", p, "actor", s.actor(c))
		s.render(c, http.StatusForbidden, "forbidden", page{Title: "forbidden.title", Data: p})
		c.Abort()
	}
}

// staffRoutes registers staff's routes: none without the permission that it needs.
type staffRoutes struct {
	group *gin.RouterGroup
	can   func(permission) gin.HandlerFunc
}

func (r staffRoutes) GET(path string, needs permission, handlers ...gin.HandlerFunc) {
	r.group.GET(path, append([]gin.HandlerFunc{r.can(needs)}, handlers...)...)
}

func (r staffRoutes) POST(path string, needs permission, handlers ...gin.HandlerFunc) {
	r.group.POST(path, append([]gin.HandlerFunc{r.can(needs)}, handlers...)...)
}

// Can tells a template whether the page's reader may do something.
func (p page) Can(what permission) bool { return may(p.Staff, what) }
