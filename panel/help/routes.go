// Package help is the help centre, the public query, announcements, and questions and
// complaints, with the staff's side of them.
package help

import (
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// Pages are the pages of the help centre.
type Pages struct{ *web.Kit }

// New makes them.
func New(k *web.Kit) *Pages { return &Pages{k} }

// Routes registers the pages: for everybody, for who is signed in, and for staff.
func (p *Pages) Routes(all, in web.Group, support web.StaffGroup) {
	all.GET("/query", p.queryForm)
	all.POST("/query", p.query, p.DropSavedPost)
	all.GET("/privacy", p.privacyNotice)
	h := all.Group("/help")
	h.GET("", p.helpHome)
	h.GET("/search", p.helpSearch)
	h.GET("/codes", p.helpCodes)
	h.GET("/provinces", p.helpProvinces)
	h.GET("/reasons", p.helpReasons)
	h.GET("/announcements", p.announcementList)
	h.GET("/announcements/:id", p.announcementPage)
	for path, kind := range ticketPaths {
		h.GET("/"+path, p.ticketForm(kind))
		h.POST("/"+path, p.openTicket(kind), p.DropSavedPost)
	}
	h.GET("/asked", p.ticketAsked)
	h.GET("/:page", p.helpPage)

	tickets := in.Group("/tickets", p.RequireRole(store.RoleCustomer))
	tickets.GET("", p.ticketsOfCustomer)
	for path, kind := range ticketPaths {
		tickets.GET("/"+path, p.ticketForm(kind))
		tickets.POST("/"+path, p.openTicket(kind))
	}
	tickets.GET("/:id", p.ownTicket(p.ticketOfCustomer))
	tickets.POST("/:id", p.ownTicket(p.replyToTicket))
	tickets.GET("/:id/pictures/:picture", p.ownTicket(p.pictureOfOwnTicket))

	support.GET("/announcements", web.CanSee, p.staffAnnouncements)
	support.GET("/announcements/:id", web.CanWriteAnnouncements, p.editAnnouncement)
	support.POST("/announcements/:id", web.CanWriteAnnouncements, p.saveAnnouncement)
	support.POST("/announcements/:id/withdraw", web.CanWriteAnnouncements, p.withdrawAnnouncement)
	support.GET("/tickets", web.CanSeePersonal, p.staffTickets)
	support.GET("/tickets/:id", web.CanSeePersonal, p.staffTicket)
	support.GET("/tickets/:id/pictures/:picture", web.CanSeePersonal, p.pictureOfTicket)
	support.POST("/tickets/:id/answer", web.CanAnswerTickets, p.answerTicket)
	support.POST("/tickets/:id/close", web.CanAnswerTickets, p.closeTicket)
}

// Forms are the forms of these pages by their names, which the help centre explains.
func Forms() map[string][]web.Field {
	return map[string][]web.Field{
		"ticket": ticketFields(false), "ticket_reply": replyFields, "query": {{Name: "asked"}},
	}
}
