package panel

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
)

// staffTickets lists tickets by status; the open ones first of all.
func (s *Server) staffTickets(c *gin.Context) {
	status := store.TicketStatus(c.Query("status"))
	if !slices.Contains(store.TicketStatuses, status) {
		status = store.TicketOpen
	}
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the start
	list, err := s.cfg.Store.Tickets(c.Request.Context(), status, after, ticketsShown+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	if err := s.saw(c, "ticket.list", "tickets", string(status)); err != nil { // each row shows its text
		s.fail(c, err)
		return
	}
	data := ticketsPage(list)
	data.Status, data.Statuses = status, store.TicketStatuses
	s.render(c, http.StatusOK, "staff_tickets", page{Title: "tickets.staff", Data: data})
}

// staffTicket is one ticket. It holds personal data: who looked is noted.
func (s *Server) staffTicket(c *gin.Context) {
	s.showStaffTicket(c, http.StatusOK, newToken(), url.Values{}, nil)
}

func (s *Server) showStaffTicket(c *gin.Context, status int, token string, values url.Values, problems filing.Problems) {
	ctx, id := c.Request.Context(), ticketID(c)
	data := ticketData{Token: token}
	var err error
	if data.Ticket, err = s.cfg.Store.Ticket(ctx, id); err == nil {
		data.Answers, err = s.cfg.Store.TicketAnswers(ctx, id)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if err := s.saw(c, "ticket.view", "ticket", idText(id)); err != nil {
		s.fail(c, err)
		return
	}
	data.Form = build(s.texts.For(s.lang(c)), "answer", []field{{Name: "text", Type: "textarea", Required: true}}, values, problems)
	s.render(c, status, "staff_ticket", page{Title: "tickets.staff", Data: data})
}

func ticketID(c *gin.Context) int64 {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
	return id
}

// answerTicket keeps an answer and has it mailed.
func (s *Server) answerTicket(c *gin.Context) {
	id, values := ticketID(c), posted(c)
	token, text := values.Get("token"), strings.TrimSpace(values.Get("text"))
	var problems filing.Problems
	switch {
	case !validToken(token):
		s.fail(c, errBadRequest)
		return
	case text == "":
		problems = filing.Problems{{Field: "text", Key: "required"}}
	case utf8.RuneCountInString(text) > maxTicketText:
		problems = filing.Problems{{Field: "text", Key: "too_long", Args: map[string]any{"max": maxTicketText}}}
	}
	if problems != nil {
		s.showStaffTicket(c, http.StatusUnprocessableEntity, token, values, problems)
		return
	}
	var answer int64
	err := s.did(c, s.deed(c, "ticket.answer", "ticket", idText(id), ""), func(ctx context.Context) (err error) {
		answer, err = s.cfg.Store.AnswerTicket(ctx, id, token, text, s.actor(c))
		return err
	})
	switch {
	case errors.Is(err, store.ErrConflict):
		s.showStaffTicket(c, http.StatusConflict, token, values, filing.Problems{{Field: "text", Key: "ticket_closed"}})
		return
	case err != nil:
		s.fail(c, err)
		return
	}
	s.sendTicket(c, id, answer)
	s.flash(c, "flash.done")
	to(c, "/support/tickets/"+strconv.FormatInt(id, 10))
}

// closeTicket puts a ticket away.
func (s *Server) closeTicket(c *gin.Context) {
	id := ticketID(c)
	if err := s.did(c, s.deed(c, "ticket.close", "ticket", idText(id), ""), func(ctx context.Context) error {
		return s.cfg.Store.CloseTicket(ctx, id, s.actor(c))
	}); err != nil {
		s.fail(c, err)
		return
	}
	s.cfg.Logger.Info("staff closed a ticket", "ticket", id, "actor", s.actor(c))
	s.flash(c, "flash.done")
	to(c, "/support/tickets")
}
