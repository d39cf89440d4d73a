package help

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const (
	// maxTicketText bounds a question or an answer, in characters.
	maxTicketText = 2000
	ticketsShown  = 50
	// keyTicket is the number of a stranger's last ticket.
	keyTicket = "ticket"
)

// ticketPaths are the pages of the kinds, below /help/.
var ticketPaths = map[string]store.TicketKind{"ask": store.TicketAsk, "complain": store.TicketComplain}

// ticketFields are a ticket's form: customers may name an order, strangers must
// say where to answer.
func ticketFields(_ *locale.Localizer, stranger bool) []web.Field {
	fields := []web.Field{{Name: "text", Type: "textarea", Required: true}}
	if !stranger {
		fields = append(fields, web.Field{Name: "order", Type: "text", Autocomplete: "off"})
	}
	return append(fields, web.Field{Name: "email", Type: "email", Required: stranger, Autocomplete: "email"})
}

type ticketFormData struct {
	helpHead
	web.Form
	Kind     store.TicketKind
	Token    string
	Stranger bool
}

// ticketForm is 我要咨询 and 我要举报, for everybody.
func (p *Pages) ticketForm(kind store.TicketKind) web.Handler {
	return func(c *gin.Context) error {
		values := p.SavedValues(c)
		if values == nil {
			values = url.Values{"order": {c.Query("order")}}
		}
		return p.showTicketForm(c, http.StatusOK, kind, web.NewToken(), values, nil)
	}
}

func (p *Pages) showTicketForm(c *gin.Context, status int, kind store.TicketKind, token string, values url.Values, problems filing.Problems) error {
	t := p.Texts.For(p.Lang(c))
	data := ticketFormData{helpHead: p.helpHead(c), Kind: kind, Token: token, Stranger: p.Role(c) != store.RoleCustomer}
	fields := ticketFields(t, data.Stranger)
	if data.Stranger {
		fields = append(fields, p.CaptchaField(c))
	}
	data.Form = web.Build(t, "ticket", fields, values, problems)
	title := "tickets." + string(kind) + ".title"
	return p.RenderTemplate(c, status, "ticket_form", web.Page{Title: title, Data: data})
}

// openTicket writes a ticket down and has staff told. When the mail can't be
// started now it goes out with the next sweep.
func (p *Pages) openTicket(kind store.TicketKind) web.Handler {
	return func(c *gin.Context) error {
		ctx, values := c.Request.Context(), web.PostForm(c)
		token := values.Get("token")
		if !web.ValidToken(token) {
			return web.ErrBadRequest
		}
		if web.CaptchaAgain(c) {
			return p.showTicketForm(c, http.StatusOK, kind, token, values, nil)
		}
		stranger := p.Role(c) != store.RoleCustomer
		ticket := store.Ticket{Token: token, Kind: kind, Lang: p.Texts.For(p.Lang(c)).Lang()}
		ticket.Text, ticket.Email = strings.TrimSpace(values.Get("text")), strings.TrimSpace(values.Get("email"))
		problems := ticketProblems(ticket.TicketBody, stranger)
		if !stranger {
			ticket.CustomerID = web.NullID(p.UserID(c))
			if number := strings.TrimSpace(values.Get("order")); number != "" {
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
			problems = append(problems, p.CaptchaProblems(c)...)
		}
		if len(problems) > 0 {
			return p.showTicketForm(c, http.StatusUnprocessableEntity, kind, token, values, problems)
		}
		id, err := p.Store.OpenTicket(ctx, ticket)
		switch {
		case errors.Is(err, store.ErrTooManyTickets):
			return p.showTicketForm(c, http.StatusTooManyRequests, kind, token, values, filing.Problems{{Field: "text", Key: "tickets_too_many"}})
		case err != nil:
			return err
		}
		p.sendTicket(c, id, 0)
		if stranger {
			p.Sessions.Put(ctx, keyTicket, id)
			return web.Redirect(c, "/help/asked")
		}
		p.Flash(c, "flash.ticket_sent")
		return web.Redirect(c, "/tickets/"+strconv.FormatInt(id, 10))
	}
}

// sendTicket starts a ticket's mail. It is written down already, so a failure
// here is no news for who wrote it.
func (p *Pages) sendTicket(c *gin.Context, ticketID, answerID int64) {
	if err := p.Filings.SendTicket(c.Request.Context(), ticketID, answerID); err != nil {
		p.Logger.Error("a ticket's mail waits for the next sweep", "ticket", ticketID, "error", err)
	}
}

func ticketProblems(body store.TicketBody, stranger bool) filing.Problems {
	var problems filing.Problems
	switch n := utf8.RuneCountInString(body.Text); {
	case n == 0:
		problems = append(problems, filing.Problem{Field: "text", Key: "required"})
	case n > maxTicketText:
		problems = append(problems, filing.Problem{Field: "text", Key: "too_long", Args: map[string]any{"max": maxTicketText}})
	}
	if body.Email != "" || stranger {
		if p := filing.ValidateContactAddress("", body.Email).For("email"); p != nil {
			problems = append(problems, *p)
		}
	}
	return problems
}

// ticketAsked tells a stranger the number to name later.
func (p *Pages) ticketAsked(c *gin.Context) error {
	id := p.Sessions.GetInt64(c.Request.Context(), keyTicket)
	if id == 0 {
		return web.Redirect(c, "/help")
	}
	return p.RenderTemplate(c, http.StatusOK, "ticket_asked", web.Page{Title: "tickets.asked", Data: struct {
		helpHead
		ID int64
	}{p.helpHead(c), id}})
}

type ticketsData struct {
	Tickets []store.Ticket
	Next    int64
	Status  store.TicketStatus
	// Statuses are what the list can be of.
	Statuses []store.TicketStatus
}

func ticketsPage(list []store.Ticket) ticketsData {
	data := ticketsData{Tickets: list}
	if len(list) > ticketsShown {
		data.Tickets = list[:ticketsShown]
		data.Next = list[ticketsShown-1].ID
	}
	return data
}

// ticketsOfCustomer are a customer's own tickets with their state.
func (p *Pages) ticketsOfCustomer(c *gin.Context) error {
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the start
	list, err := p.Store.TicketsOf(c.Request.Context(), p.UserID(c), after, ticketsShown+1)
	if err != nil {
		return err
	}
	return p.RenderTemplate(c, http.StatusOK, "tickets", web.Page{Title: "tickets.mine", Data: ticketsPage(list)})
}

type ticketData struct {
	store.Ticket
	Answers []store.TicketAnswer
	// Form is staff's for an answer, Token its form's.
	Form  web.Form
	Token string
}

// ticketOfCustomer is one of a customer's own tickets with its answers.
func (p *Pages) ticketOfCustomer(c *gin.Context) error {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
	var data ticketData
	var err error
	if data.Ticket, err = p.Store.TicketOf(c.Request.Context(), p.UserID(c), id); err == nil {
		data.Answers, err = p.Store.TicketAnswers(c.Request.Context(), id)
	}
	if err != nil {
		return err
	}
	return p.RenderTemplate(c, http.StatusOK, "ticket", web.Page{Title: "tickets.mine", Data: data})
}
