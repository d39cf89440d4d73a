package help

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const (
	// maxTicketText bounds a question or an answer, in characters.
	maxTicketText = 2000
	ticketsShown  = 50
	// keyTicket is the session's key of a stranger's last ticket.
	keyTicket = "ticket"
)

// ticketPaths are the kinds' pages below /help/.
var ticketPaths = map[string]store.TicketKind{"ask": store.TicketAsk, "complain": store.TicketComplain}

// ticketFields are a ticket's form: customers may name an order, strangers must give an address for the answer.
func ticketFields(stranger bool) []web.Field {
	fields := []web.Field{{Name: "text", Type: "textarea", Required: true}}
	if !stranger {
		fields = append(fields, web.Field{Name: "order", Type: "text", Autocomplete: "off"})
	}
	return append(fields, web.Field{Name: "email", Type: "email", Required: stranger, Autocomplete: "email"})
}

type ticketFormData struct {
	helpHead
	web.Form
	Kind  store.TicketKind
	Token string
}

// ticketForm is 我要咨询 and 我要举报, for everybody.
func (p *Pages) ticketForm(kind store.TicketKind) web.Handler {
	return func(c *gin.Context) error {
		values := p.SavedValues(c)
		if values == nil {
			values = url.Values{"order": {c.Query("order")}}
		}
		return p.showTicketForm(c, http.StatusOK, ticketFormData{Kind: kind, Token: web.NewToken()}, values, nil)
	}
}

// stranger tells whether somebody asks who isn't signed in as a customer.
func (p *Pages) stranger(c *gin.Context) bool { return p.Role(c) != store.RoleCustomer }

func (p *Pages) showTicketForm(
	c *gin.Context, status int, data ticketFormData, values url.Values, problems filing.Problems,
) error {
	data.helpHead = p.helpHead(c)
	fields := ticketFields(p.stranger(c))
	if p.stranger(c) {
		fields = append(fields, p.CaptchaField(c))
	}
	data.Form = p.Form(c, "ticket", fields, values, problems)
	title := "tickets." + string(data.Kind) + ".title"
	return p.Render(c, status, web.Page{Title: title}, web.With(ticketFormPage, data))
}

// openTicket stores a ticket and has staff notified by mail.
func (p *Pages) openTicket(kind store.TicketKind) web.Handler {
	return func(c *gin.Context) error {
		ctx, values := c.Request.Context(), web.PostForm(c)
		data := ticketFormData{Kind: kind, Token: values.Get("token")}
		if !web.ValidToken(data.Token) {
			return web.ErrBadRequest
		}
		if web.CaptchaAgain(c) {
			return p.showTicketForm(c, http.StatusOK, data, values, nil)
		}
		stranger := p.stranger(c)
		ticket := store.Ticket{Token: data.Token, Kind: kind, Lang: p.T(c).Lang()}
		ticket.Text, ticket.Email = web.Trimmed(values, "text"), filing.NormaliseEmail(values.Get("email"))
		problems := ticketProblems(ticket.TicketBody, stranger)
		if !stranger {
			ticket.CustomerID = web.NullID(p.UserID(c))
			if number := web.Trimmed(values, "order"); number != "" {
				order, err := p.Store.OrderOf(ctx, p.UserID(c), number)
				switch {
				case errors.Is(err, store.ErrNotFound):
					problems = append(problems, filing.Problem{Field: "order", Key: "order_unknown"})
				case err != nil:
					return err
				}
				ticket.OrderID = web.NullID(order.ID)
			}
		}
		if stranger {
			wrong, err := p.CaptchaProblems(c)
			if err != nil {
				return err
			}
			problems = append(problems, wrong...)
		}
		if len(problems) > 0 {
			return p.showTicketForm(c, http.StatusUnprocessableEntity, data, values, problems)
		}
		id, err := p.Store.OpenTicket(ctx, ticket)
		switch {
		case errors.Is(err, store.ErrTooManyTickets):
			problems = filing.Problems{{Field: "text", Key: "tickets_too_many"}}
			return p.showTicketForm(c, http.StatusTooManyRequests, data, values, problems)
		case err != nil:
			return err
		}
		p.sendTicket(c, id, 0)
		if stranger {
			p.Sessions.Put(ctx, keyTicket, id)
			return web.Redirect(c, "/help/asked")
		}
		return p.RedirectWith(c, "/tickets/"+strconv.FormatInt(id, 10), "flash.ticket_sent")
	}
}

// sendTicket starts a ticket's mail. A failure is only logged: the ticket is stored, and the next sweep sends its mail.
func (p *Pages) sendTicket(c *gin.Context, ticketID, answerID int64) {
	if err := p.Filings.SendTicket(c.Request.Context(), ticketID, answerID); err != nil {
		p.Logger.Error("starting a ticket's mail failed; the next sweep retries", "ticket", ticketID, "error", err)
	}
}

func ticketProblems(body store.TicketBody, stranger bool) filing.Problems {
	problems := web.CheckText("text", body.Text, maxTicketText, "required")
	if body.Email != "" || stranger {
		if p := filing.ValidateContactAddress("", body.Email).For("email"); p != nil {
			problems = append(problems, *p)
		}
	}
	return problems
}

// ticketAsked shows a stranger the number of their ticket.
func (p *Pages) ticketAsked(c *gin.Context) error {
	id := p.Sessions.GetInt64(c.Request.Context(), keyTicket)
	if id == 0 {
		return web.Redirect(c, "/help")
	}
	head := p.helpHead(c)
	return p.Render(c, http.StatusOK, web.Page{Title: "tickets.asked"}, func(page *web.Page) templ.Component {
		return ticketSentPage(page, head, id)
	})
}

type ticketsData struct {
	Tickets []store.Ticket
	Next    int64
	// Status is that of the tickets in staff's list.
	Status store.TicketStatus
}

// ticketTable lists tickets; address is that of one of them.
func ticketTable(address string) web.TableSpec[store.Ticket] {
	return web.TableSpec[store.Ticket]{
		Row: func(t store.Ticket) templ.OrderedAttributes { return web.Mark("data-ticket", web.IdText(t.ID)) },
		Columns: []web.Column[store.Ticket]{
			{Key: "tickets.number", Cell: ticketNumber},
			{Key: "tickets.text", Cell: ticketText},
			web.TextColumn("tickets.at", func(_ *web.Page, t store.Ticket) string { return web.Time(t.CreatedAt) }),
			{Key: "tickets.status", Cell: func(p *web.Page, t store.Ticket) templ.Component {
				return web.Badge("", p.Text("tickets.status."+string(t.Status)))
			}},
			{Key: "orders.actions", Actions: true, Cell: func(p *web.Page, t store.Ticket) templ.Component {
				return viewTicket(p, web.URL(address, t.ID), web.IdText(t.ID))
			}},
		},
	}
}

// listed cuts a list that is longer than a page.
func listed(list []store.Ticket) (d ticketsData) {
	d.Tickets, d.Next = web.Paged(list, ticketsShown, func(last store.Ticket) int64 { return last.ID })
	return d
}

// ticketsOfCustomer lists a customer's own tickets.
func (p *Pages) ticketsOfCustomer(c *gin.Context) error {
	list, err := p.Store.TicketsOf(c.Request.Context(), p.UserID(c), web.QueryID(c, "after"), ticketsShown+1)
	if err != nil {
		return err
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "tickets.mine"}, web.With(ticketsPage, listed(list)))
}

type ticketData struct {
	store.Ticket
	Answers []store.TicketAnswer
	// Form is the one for staff's answer, Token its token.
	Form  web.Form
	Token string
}

// ticketOfCustomer is one of a customer's own tickets with its answers.
func (p *Pages) ticketOfCustomer(c *gin.Context) error {
	ctx, id := c.Request.Context(), web.PathID(c, "id")
	var data ticketData
	var err error
	if data.Ticket, err = p.Store.TicketOf(ctx, p.UserID(c), id); err == nil {
		data.Answers, err = p.Store.TicketAnswers(ctx, id)
	}
	if err != nil {
		return err
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "tickets.mine"}, web.With(ticketPage, data))
}
