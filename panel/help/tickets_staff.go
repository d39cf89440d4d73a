package help

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// staffTickets lists tickets by status; the open ones first of all.
func (p *Pages) staffTickets(c *gin.Context) error {
	status := store.TicketStatus(c.Query("status"))
	if !slices.Contains(store.TicketStatuses, status) {
		status = store.TicketOpen
	}
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the start
	list, err := p.Store.Tickets(c.Request.Context(), status, after, ticketsShown+1)
	if err != nil {
		return err
	}
	if err := p.AuditView(c, "ticket.list", "tickets", string(status)); err != nil { // each row shows its text
		return err
	}
	data := ticketsPage(list)
	data.Status, data.Statuses = status, store.TicketStatuses
	return p.RenderTemplate(c, http.StatusOK, "staff_tickets", web.Page{Title: "tickets.staff", Data: data})
}

// staffTicket is one ticket. It holds personal data: who looked is noted.
func (p *Pages) staffTicket(c *gin.Context) error {
	return p.showStaffTicket(c, http.StatusOK, web.NewToken(), url.Values{}, nil)
}

func (p *Pages) showStaffTicket(c *gin.Context, status int, token string, values url.Values, problems filing.Problems) error {
	ctx, id := c.Request.Context(), ticketID(c)
	data := ticketData{Token: token}
	var err error
	if data.Ticket, err = p.Store.Ticket(ctx, id); err == nil {
		data.Answers, err = p.Store.TicketAnswers(ctx, id)
	}
	if err != nil {
		return err
	}
	if err := p.AuditView(c, "ticket.view", "ticket", web.IdText(id)); err != nil {
		return err
	}
	data.Form = web.Build(p.Texts.For(p.Lang(c)), "answer", []web.Field{{Name: "text", Type: "textarea", Required: true}}, values, problems)
	return p.RenderTemplate(c, status, "staff_ticket", web.Page{Title: "tickets.staff", Data: data})
}

func ticketID(c *gin.Context) int64 {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
	return id
}

// answerTicket keeps an answer and has it mailed.
func (p *Pages) answerTicket(c *gin.Context) error {
	id, values := ticketID(c), web.PostForm(c)
	token, text := values.Get("token"), strings.TrimSpace(values.Get("text"))
	var problems filing.Problems
	switch {
	case !web.ValidToken(token):
		return web.ErrBadRequest
	case text == "":
		problems = filing.Problems{{Field: "text", Key: "required"}}
	case utf8.RuneCountInString(text) > maxTicketText:
		problems = filing.Problems{{Field: "text", Key: "too_long", Args: map[string]any{"max": maxTicketText}}}
	}
	if problems != nil {
		return p.showStaffTicket(c, http.StatusUnprocessableEntity, token, values, problems)
	}
	var answer int64
	err := p.Audited(c, p.AuditEntry(c, "ticket.answer", "ticket", web.IdText(id), ""), func(ctx context.Context) (err error) {
		answer, err = p.Store.AnswerTicket(ctx, id, token, text, p.Actor(c))
		return err
	})
	switch {
	case errors.Is(err, store.ErrConflict):
		return p.showStaffTicket(c, http.StatusConflict, token, values, filing.Problems{{Field: "text", Key: "ticket_closed"}})
	case err != nil:
		return err
	}
	p.sendTicket(c, id, answer)
	p.Flash(c, "flash.done")
	return web.Redirect(c, "/support/tickets/"+strconv.FormatInt(id, 10))
}

// closeTicket puts a ticket away.
func (p *Pages) closeTicket(c *gin.Context) error {
	id := ticketID(c)
	if err := p.Audited(c, p.AuditEntry(c, "ticket.close", "ticket", web.IdText(id), ""), func(ctx context.Context) error {
		return p.Store.CloseTicket(ctx, id, p.Actor(c))
	}); err != nil {
		return err
	}
	p.Logger.Info("staff closed a ticket", "ticket", id, "actor", p.Actor(c))
	p.Flash(c, "flash.done")
	return web.Redirect(c, "/support/tickets")
}
