package web

import (
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// Permission is what a staff route requires. Its texts are under "permission." in the locale files.
type Permission string

// The permissions.
const (
	// CanSee covers lists and pages without personal data, or with it masked.
	CanSee Permission = "see"
	// CanSeePersonal covers personal data in the clear: dossiers, papers, data files, tickets.
	CanSeePersonal Permission = "see_personal"
	// CanActOnFilings covers resuming filings, sending codes, correcting contacts and web spaces, withdrawing for
	// customers, and submitting and recording at bureaus without an interface.
	CanActOnFilings Permission = "act_on_filings"
	// CanActInBulk covers resuming many filings at once: one wrong click affects thousands.
	CanActInBulk Permission = "act_in_bulk"
	// CanActOnTasks covers answering the bureau's tasks and handing in papers.
	CanActOnTasks    Permission = "act_on_tasks"
	CanAnswerTickets Permission = "answer_tickets"
	// CanVet covers passing dossiers and sending them back (初审).
	CanVet Permission = "vet"
	// CanManageVetting covers taking dossiers from the colleagues who hold them, and seeing everybody's figures.
	CanManageVetting Permission = "manage_vetting"
	// CanWriteAnnouncements covers publishing announcements to everybody.
	CanWriteAnnouncements Permission = "write_announcements"
	// CanRunBureau covers starting accounts with bureaus and reporting addresses.
	CanRunBureau Permission = "run_bureau"
	// CanManageStaff covers giving people accounts and roles; CanReadAudit covers the log of what they did.
	CanManageStaff Permission = "manage_staff"
	CanReadAudit   Permission = "read_audit"
	// CanResetQuotas covers letting somebody who is blocked start over, and closing a circuit breaker: who does so for an
	// attacker pays for the SMS.
	CanResetQuotas Permission = "reset_quotas"
	// CanManageAPI covers keys of the API, with which the provider's own panel writes orders.
	CanManageAPI Permission = "manage_api"
	// CanHandlePersonalData covers handing out all that is held about a customer, and erasing it.
	CanHandlePersonalData Permission = "handle_personal_data"
)

// granted lists the permissions of each role; each role has those of the one before, and more.
var granted = func() map[store.StaffRole][]Permission {
	viewer := []Permission{CanSee}
	agent := slices.Concat(viewer, []Permission{CanSeePersonal, CanActOnFilings, CanActOnTasks, CanAnswerTickets})
	reviewer := slices.Concat(agent, []Permission{CanVet, CanActInBulk})
	administrator := slices.Concat(reviewer,
		[]Permission{CanManageVetting, CanWriteAnnouncements, CanRunBureau, CanManageStaff, CanReadAudit,
			CanResetQuotas, CanManageAPI, CanHandlePersonalData})
	return map[store.StaffRole][]Permission{
		store.StaffViewer: viewer, store.StaffAgent: agent, store.StaffReviewer: reviewer,
		store.StaffAdministrator: administrator,
	}
}()

// Granted reports whether a role has a permission.
func Granted(role store.StaffRole, p Permission) bool { return slices.Contains(granted[role], p) }

// ContextStaff is the request context's key of the reader's current StaffRole.
const ContextStaff = "staff"

// staffRole is the reader's staff role; empty for everybody else.
func (k *Kit) staffRole(c *gin.Context) store.StaffRole {
	role, _ := c.Get(ContextStaff)
	staff, _ := role.(store.StaffRole)
	return staff
}

// Allowed reports whether the reader has a permission.
func (k *Kit) Allowed(c *gin.Context, p Permission) bool { return Granted(k.staffRole(c), p) }

// DeniedError says which permission the reader lacks: staff see that the page exists but isn't for them.
type DeniedError struct{ Needs Permission }

func (e DeniedError) Error() string { return "permission denied: needs " + string(e.Needs) }

// Demand returns a DeniedError unless the reader has a permission.
func (k *Kit) Demand(c *gin.Context, p Permission) error {
	if k.Allowed(c, p) {
		return nil
	}
	return DeniedError{p}
}

// Require admits staff with a permission.
func (k *Kit) Require(p Permission) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := k.Demand(c, p); err != nil {
			k.Fail(c, err)
		}
	}
}

// Can reports, for templates, whether the page's reader has a permission.
func (p Page) Can(what Permission) bool { return Granted(p.Staff, what) }
