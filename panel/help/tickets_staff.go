package help

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// staffTickets lists the tickets of a status, the open ones by default.
func (p *Pages) staffTickets(c *gin.Context) error {
	status := store.TicketStatus(c.Query("status"))
	if !slices.Contains(store.TicketStatuses, status) {
		status = store.TicketOpen
	}
	if err := p.AuditView(c, "ticket.list", "tickets", string(status)); err != nil { // each row shows its text
		return err
	}
	list, err := p.Store.Tickets(c.Request.Context(), status, web.QueryID(c, "after"), ticketsShown+1)
	if err != nil {
		return err
	}
	data := listed(list)
	data.Status = status
	return p.Render(c, http.StatusOK, web.Page{Title: "tickets.staff"}, web.With(staffTicketsPage, data))
}

// staffTicket is one ticket. It holds personal data, so viewing it is audited.
func (p *Pages) staffTicket(c *gin.Context) error {
	return p.showStaffTicket(c, http.StatusOK, web.NewToken(), url.Values{}, nil)
}

func (p *Pages) showStaffTicket(
	c *gin.Context, status int, token string, values url.Values, problems filing.Problems,
) error {
	ctx, id := c.Request.Context(), web.PathID(c, "id")
	p.readConversationAhead(c, id)
	ticket, err := p.Store.Ticket(ctx, id)
	if err == nil {
		err = p.AuditView(c, "ticket.view", "ticket", web.IdText(id))
	}
	if err != nil {
		return err
	}
	data, err := p.conversation(c, ticket, "/support/tickets/%d")
	if err == nil && ticket.NewForStaff() {
		err = p.Store.SeenByStaff(ctx, id, data.last())
	}
	if err != nil {
		return err
	}
	data.Token, data.Seen = token, ticket.StaffSeen.Int64
	data.Form = p.Form(c, "ticket_answer", answerFields(ticket), values, problems)
	return p.Render(c, status, web.Page{Title: "tickets.staff"}, web.With(staffTicketPage, data))
}

// answerFields are those of staff's answer. A stranger has no page that shows pictures, only a mail.
func answerFields(t store.Ticket) []web.Field {
	if !t.CustomerID.Valid {
		return replyFields[:1]
	}
	return replyFields
}

// pictureOfTicket sends staff a picture of a ticket, after auditing the view.
func (p *Pages) pictureOfTicket(c *gin.Context) error {
	id := web.PathID(c, "id")
	if err := p.AuditView(c, "ticket.view_picture", "ticket", web.IdText(id)+" "+c.Param("picture")); err != nil {
		return err
	}
	return p.sendTicketPicture(c, id)
}

// mailState says whether an answer's mail went out.
func mailState(p *web.Page, a store.TicketAnswer) string {
	switch {
	case a.SentAt.Valid:
		return p.Text("tickets.mail_sent", "at", web.Time(a.SentAt.Time))
	case a.Failure != "":
		return p.Text("tickets.mail_" + a.Failure)
	}
	return p.Text("tickets.mail_waiting")
}

// answerTicket stores an answer with what is attached, and has it mailed.
func (p *Pages) answerTicket(c *gin.Context) error {
	id := web.PathID(c, "id")
	values, file, err := postTicketForm(c)
	if err != nil {
		return err
	}
	token, text := values.Get("token"), web.Trimmed(values, "text")
	if !web.ValidToken(token) {
		return web.ErrBadRequest
	}
	ticket, err := p.Store.Ticket(c.Request.Context(), id)
	if err != nil {
		return err
	}
	if !ticket.CustomerID.Valid {
		file = nil
	}
	pictures, wrong, err := p.ticketPictures(c, file)
	if err != nil {
		return err
	}
	refuse := func(status int, problems filing.Problems) error {
		return p.showStaffTicket(c, status, token, values, chooseAgain(problems, pictures))
	}
	if problems := append(web.CheckText("text", text, maxTicketText, "required"), wrong...); len(problems) > 0 {
		return refuse(http.StatusUnprocessableEntity, problems)
	}
	var answer int64
	entry := p.AuditEntry(c, "ticket.answer", "ticket", web.IdText(id), "")
	err = p.Audited(c, entry, func(ctx context.Context) (err error) {
		answer, err = p.Store.AnswerTicket(ctx, id, token, text, p.Actor(c), pictures...)
		return err
	})
	switch {
	case errors.Is(err, store.ErrConflict):
		return refuse(http.StatusConflict, filing.Problems{{Field: "text", Key: "ticket_closed"}})
	case err != nil:
		return err
	}
	p.sendTicket(c, id, answer)
	return p.RedirectWith(c, "/support/tickets/"+strconv.FormatInt(id, 10), "flash.done")
}

// closeTicket closes a ticket without an answer, or after one.
func (p *Pages) closeTicket(c *gin.Context) error {
	id := web.PathID(c, "id")
	entry := p.AuditEntry(c, "ticket.close", "ticket", web.IdText(id), "")
	err := p.Audited(c, entry, func(ctx context.Context) error { return p.Store.CloseTicket(ctx, id, p.Actor(c)) })
	if err != nil {
		return err
	}
	p.Logger.Info("ticket closed by staff", "ticket", id, "actor", p.Actor(c))
	return p.RedirectWith(c, "/support/tickets", "flash.done")
}
