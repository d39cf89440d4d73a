package web

import (
	"net/http"
	"slices"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// Permission is something that staff may do, or not: what a route needs. Its texts
// are below "permission." of the locale files.
type Permission string

// The permissions.
const (
	// CanSee is lists and pages without personal data, or with it masked.
	CanSee Permission = "see"
	// CanSeePersonal is personal data in the clear: dossiers, papers, data files, tickets.
	CanSeePersonal Permission = "see_personal"
	// CanActOnFilings resumes filings, sends codes, corrects contacts and web spaces and withdraws
	// for customers, and submits and records at bureaus without an interface.
	CanActOnFilings Permission = "act_on_filings"
	// CanActInBulk resumes many filings at once: one wrong click reaches thousands.
	CanActInBulk Permission = "act_in_bulk"
	// CanActOnTasks answers the bureau's tasks and hands papers in.
	CanActOnTasks    Permission = "act_on_tasks"
	CanAnswerTickets Permission = "answer_tickets"
	// CanVet passes dossiers and sends them back (初审).
	CanVet Permission = "vet"
	// CanManageVetting takes dossiers from colleagues who check them, and sees everybody's figures.
	CanManageVetting Permission = "manage_vetting"
	// CanWriteAnnouncements publishes notices to everybody.
	CanWriteAnnouncements Permission = "write_announcements"
	// CanRunBureau starts accounts with bureaus and reports addresses.
	CanRunBureau Permission = "run_bureau"
	// CanManageStaff gives people accounts and roles; CanReadAudit is the log of what they did.
	CanManageStaff Permission = "manage_staff"
	CanReadAudit   Permission = "read_audit"
)

// granted is what each of staff's roles may do: what the one before may, and more.
var granted = func() map[store.StaffRole][]Permission {
	viewer := []Permission{CanSee}
	agent := slices.Concat(viewer, []Permission{CanSeePersonal, CanActOnFilings, CanActOnTasks, CanAnswerTickets})
	reviewer := slices.Concat(agent, []Permission{CanVet, CanActInBulk})
	administrator := slices.Concat(reviewer,
		[]Permission{CanManageVetting, CanWriteAnnouncements, CanRunBureau, CanManageStaff, CanReadAudit})
	return map[store.StaffRole][]Permission{
		store.StaffViewer: viewer, store.StaffAgent: agent, store.StaffReviewer: reviewer,
		store.StaffAdministrator: administrator,
	}
}()

// Granted reports whether a role has a permission.
func Granted(role store.StaffRole, p Permission) bool { return slices.Contains(granted[role], p) }

// ContextStaff holds the reader's StaffRole, as it is now, in a request's context.
const ContextStaff = "staff"

// staffRole is what the reader is among staff; empty of everybody else.
func (k *Kit) staffRole(c *gin.Context) store.StaffRole {
	role, _ := c.Get(ContextStaff)
	staff, _ := role.(store.StaffRole)
	return staff
}

// Allowed tells whether the reader may do something.
func (k *Kit) Allowed(c *gin.Context, p Permission) bool { return Granted(k.staffRole(c), p) }

// Require lets those staff pass who may do something; the others are told that it is there,
// and that it isn't theirs.
func (k *Kit) Require(p Permission) gin.HandlerFunc {
	return func(c *gin.Context) {
		if k.Allowed(c, p) {
			c.Next()
			return
		}
		k.Logger.Warn("staff asked for what they may not do", "route", c.FullPath(), "needs", p, "actor", k.Actor(c))
		k.renderOrLog(c, http.StatusForbidden, Page{Title: "forbidden.title"}, func(page *Page) templ.Component {
			return forbiddenPage(page, p)
		})
		c.Abort()
	}
}

// Can tells a template whether the page's reader may do something.
func (p Page) Can(what Permission) bool { return Granted(p.Staff, what) }
