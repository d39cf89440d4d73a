package panel

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
func ticketFields(_ *locale.Localizer, stranger bool) []field {
	fields := []field{{Name: "text", Type: "textarea", Required: true}}
	if !stranger {
		fields = append(fields, field{Name: "order", Type: "text", Autocomplete: "off"})
	}
	return append(fields, field{Name: "email", Type: "email", Required: stranger, Autocomplete: "email"})
}

type ticketFormData struct {
	helpHead
	form
	Kind     store.TicketKind
	Token    string
	Stranger bool
}

// ticketForm is 我要咨询 and 我要举报, for everybody.
func (s *Server) ticketForm(kind store.TicketKind) gin.HandlerFunc {
	return func(c *gin.Context) {
		values := s.keptValues(c)
		if values == nil {
			values = url.Values{"order": {c.Query("order")}}
		}
		s.showTicketForm(c, http.StatusOK, kind, newToken(), values, nil)
	}
}

func (s *Server) showTicketForm(c *gin.Context, status int, kind store.TicketKind, token string, values url.Values, problems filing.Problems) {
	t := s.texts.For(s.lang(c))
	data := ticketFormData{helpHead: s.helpHead(c), Kind: kind, Token: token, Stranger: s.role(c) != store.RoleCustomer}
	fields := ticketFields(t, data.Stranger)
	if data.Stranger {
		fields = append(fields, s.captchaField(c))
	}
	data.form = build(t, "ticket", fields, values, problems)
	title := "tickets." + string(kind) + ".title"
	s.render(c, status, "ticket_form", page{Title: title, Data: data})
}

// openTicket writes a ticket down and has staff told. When the mail can't be
// started now it goes out with the next sweep.
func (s *Server) openTicket(kind store.TicketKind) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, values := c.Request.Context(), posted(c)
		token := values.Get("token")
		if !validToken(token) {
			s.fail(c, errBadRequest)
			return
		}
		if captchaAgain(c) {
			s.showTicketForm(c, http.StatusOK, kind, token, values, nil)
			return
		}
		stranger := s.role(c) != store.RoleCustomer
		ticket := store.Ticket{Token: token, Kind: kind, Lang: s.texts.For(s.lang(c)).Lang()}
		ticket.Text, ticket.Email = strings.TrimSpace(values.Get("text")), strings.TrimSpace(values.Get("email"))
		problems := ticketProblems(ticket.TicketBody, stranger)
		if !stranger {
			ticket.CustomerID = nullID(s.userID(c))
			if number := strings.TrimSpace(values.Get("order")); number != "" {
				order, err := s.cfg.Store.OrderOf(ctx, s.userID(c), number)
				switch {
				case errors.Is(err, store.ErrNotFound):
					problems = append(problems, filing.Problem{Field: "order", Key: "order_unknown"})
				case err != nil:
					s.fail(c, err)
					return
				}
				ticket.OrderID = nullID(order.ID)
			}
		}
		if stranger {
			problems = append(problems, s.captchaProblems(c)...)
		}
		if len(problems) > 0 {
			s.showTicketForm(c, http.StatusUnprocessableEntity, kind, token, values, problems)
			return
		}
		id, err := s.cfg.Store.OpenTicket(ctx, ticket)
		switch {
		case errors.Is(err, store.ErrTooManyTickets):
			s.showTicketForm(c, http.StatusTooManyRequests, kind, token, values, filing.Problems{{Field: "text", Key: "tickets_too_many"}})
			return
		case err != nil:
			s.fail(c, err)
			return
		}
		s.sendTicket(c, id, 0)
		if stranger {
			s.sessions.Put(ctx, keyTicket, id)
			to(c, "/help/asked")
			return
		}
		s.flash(c, "flash.ticket_sent")
		to(c, "/tickets/"+strconv.FormatInt(id, 10))
	}
}

// sendTicket starts a ticket's mail. It is written down already, so a failure
// here is no news for who wrote it.
func (s *Server) sendTicket(c *gin.Context, ticketID, answerID int64) {
	if err := s.cfg.Filings.SendTicket(c.Request.Context(), ticketID, answerID); err != nil {
		s.cfg.Logger.Error("a ticket's mail waits for the next sweep", "ticket", ticketID, "error", err)
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
		if p := filing.ValidateReach("", body.Email).For("email"); p != nil {
			problems = append(problems, *p)
		}
	}
	return problems
}

// ticketAsked tells a stranger the number to name later.
func (s *Server) ticketAsked(c *gin.Context) {
	id := s.sessions.GetInt64(c.Request.Context(), keyTicket)
	if id == 0 {
		to(c, "/help")
		return
	}
	s.render(c, http.StatusOK, "ticket_asked", page{Title: "tickets.asked", Data: struct {
		helpHead
		ID int64
	}{s.helpHead(c), id}})
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
func (s *Server) ticketsOfCustomer(c *gin.Context) {
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the start
	list, err := s.cfg.Store.TicketsOf(c.Request.Context(), s.userID(c), after, ticketsShown+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "tickets", page{Title: "tickets.mine", Data: ticketsPage(list)})
}

type ticketData struct {
	store.Ticket
	Answers []store.TicketAnswer
	// Form is staff's for an answer, Token its form's.
	Form  form
	Token string
}

// ticketOfCustomer is one of a customer's own tickets with its answers.
func (s *Server) ticketOfCustomer(c *gin.Context) {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
	var data ticketData
	var err error
	if data.Ticket, err = s.cfg.Store.TicketOf(c.Request.Context(), s.userID(c), id); err == nil {
		data.Answers, err = s.cfg.Store.TicketAnswers(c.Request.Context(), id)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "ticket", page{Title: "tickets.mine", Data: data})
}
