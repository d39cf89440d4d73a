package help

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/picture"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

const (
	// maxTicketText bounds a question or an answer, in characters.
	maxTicketText = 2000
	ticketsShown  = 50
	// maxTicketPictures bounds the pictures of a ticket or a reply: the pages of a PDF.
	maxTicketPictures = 5
	fieldPicture      = "picture"
	// keyTicket is the session's key of a stranger's last ticket.
	keyTicket = "ticket"
)

// ticketPaths are the kinds' pages below /help/.
var ticketPaths = map[string]store.TicketKind{"ask": store.TicketAsk, "complain": store.TicketComplain}

// ticketFields are a ticket's form: customers may name an order and attach a picture, strangers must give an address
// for the answer.
func ticketFields(stranger bool) []web.Field {
	fields := []web.Field{{Name: "text", Type: "textarea", Required: true}}
	if !stranger {
		fields = append(fields, pictureField, web.Field{Name: "order", Type: "text", Autocomplete: "off"})
	}
	return append(fields, web.Field{Name: "email", Type: "email", Required: stranger, Autocomplete: "email"})
}

var (
	pictureField = web.Field{Name: fieldPicture, Type: "file"}
	replyFields  = []web.Field{{Name: "text", Type: "textarea", Required: true}, pictureField}
)

type ticketFormData struct {
	helpHead
	web.Form
	Kind  store.TicketKind
	Token string
	// Stranger: the reader isn't signed in as a customer.
	Stranger bool
}

// action is where the form goes: a customer's may carry a file.
func (d ticketFormData) action() string {
	for path, kind := range ticketPaths {
		if kind == d.Kind {
			return web.When(d.Stranger, "/help/") + web.When(!d.Stranger, "/tickets/") + path
		}
	}
	return ""
}

// ticketForm is 我要咨询 and 我要举报, for everybody.
func (p *Pages) ticketForm(kind store.TicketKind) web.Handler {
	return func(c *gin.Context) error {
		values, err := p.SavedValues(c)
		if err != nil {
			return err
		}
		if values == nil {
			values = url.Values{"order": {c.Query("order")}}
		}
		data := ticketFormData{Kind: kind, Token: web.NewToken()}
		return p.showTicketForm(c, http.StatusOK, data, values, web.FilesAgain(values, "paper_again"))
	}
}

// stranger tells whether somebody asks who isn't signed in as a customer.
func (p *Pages) stranger(c *gin.Context) bool { return p.Role(c) != store.RoleCustomer }

func (p *Pages) showTicketForm(
	c *gin.Context, status int, data ticketFormData, values url.Values, problems filing.Problems,
) error {
	data.helpHead, data.Stranger = p.helpHead(c), p.stranger(c)
	fields := ticketFields(data.Stranger)
	if data.Stranger {
		fields = append(fields, p.CaptchaField(c))
	}
	data.Form = p.Form(c, "ticket", fields, values, problems)
	title := "tickets." + string(data.Kind) + ".title"
	return p.Render(c, status, web.Page{Title: title}, web.With(ticketFormPage, data))
}

// openTicket stores a ticket and has staff notified by mail.
func (p *Pages) openTicket(kind store.TicketKind) web.Handler {
	return func(c *gin.Context) error {
		ctx := c.Request.Context()
		values, file, err := postTicketForm(c)
		if err != nil {
			return err
		}
		data := ticketFormData{Kind: kind, Token: values.Get("token")}
		if !web.ValidToken(data.Token) {
			return web.ErrBadRequest
		}
		if web.CaptchaAgain(c) {
			return p.showTicketForm(c, http.StatusOK, data, values, nil)
		}
		stranger := p.stranger(c)
		ticket := store.Ticket{Token: data.Token, Kind: kind, Lang: p.T(c).Lang(), Network: web.Network(c)}
		ticket.Text, ticket.Email = web.Trimmed(values, "text"), filing.NormaliseEmail(values.Get("email"))
		problems := ticketProblems(ticket.TicketBody, stranger)
		var wrong filing.Problems
		if stranger {
			wrong, err = p.CaptchaProblems(c)
		} else {
			wrong, err = p.addCustomer(c, &ticket, web.Trimmed(values, "order"), file)
		}
		if err != nil {
			return err
		}
		if problems = append(problems, wrong...); len(problems) > 0 {
			problems = chooseAgain(problems, ticket.Pictures)
			return p.showTicketForm(c, http.StatusUnprocessableEntity, data, values, problems)
		}
		id, err := p.Store.OpenTicket(ctx, ticket)
		if over := web.QuotaProblem(err, "text", "tickets_too_many"); over != nil {
			return p.showTicketForm(c, http.StatusTooManyRequests, data, values, chooseAgain(over, ticket.Pictures))
		} else if err != nil {
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

// addCustomer adds to a ticket what only customers give: whose it is, the order with a number, and what they attached.
func (p *Pages) addCustomer(
	c *gin.Context, ticket *store.Ticket, number string, file []byte,
) (problems filing.Problems, err error) {
	ticket.CustomerID = web.NullID(p.UserID(c))
	if number != "" {
		order, err := p.Store.OrderOf(c.Request.Context(), p.UserID(c), number)
		switch {
		case errors.Is(err, store.ErrNotFound):
			problems = filing.Problems{{Field: "order", Key: "order_unknown"}}
		case err != nil:
			return nil, err
		}
		ticket.OrderID = web.NullID(order.ID)
	}
	var wrong filing.Problems
	ticket.Pictures, wrong, err = p.ticketPictures(c, file)
	return append(problems, wrong...), err
}

// postTicketForm reads a form of a ticket, with its file if it has one.
func postTicketForm(c *gin.Context) (values url.Values, file []byte, err error) {
	u, err := web.PostFormWithFile(c, fieldPicture, picture.MaxUpload)
	if err != nil {
		return nil, nil, web.PartError(err)
	}
	return u.Values, u.File, nil
}

// ticketPictures encodes what was attached to a message; nil: nothing.
func (p *Pages) ticketPictures(c *gin.Context, file []byte) ([][]byte, filing.Problems, error) {
	if file == nil {
		return nil, nil, nil
	}
	pictures, wrong, err := p.Pictures(c.Request.Context(), fieldPicture, file, maxTicketPictures)
	if wrong != nil {
		return nil, filing.Problems{*wrong}, err
	}
	return pictures, nil, err
}

// chooseAgain adds to a form's problems that browsers don't keep files.
func chooseAgain(problems filing.Problems, pictures [][]byte) filing.Problems {
	if len(pictures) > 0 {
		problems = append(problems, filing.Problem{Field: fieldPicture, Key: "proof_again"})
	}
	return problems
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

// ticketTable lists tickets; address is that of one of them, isNew tells whether the reader hasn't seen what it says.
func ticketTable(address string, isNew func(store.Ticket) bool) web.TableSpec[store.Ticket] {
	return web.TableSpec[store.Ticket]{
		Row: func(t store.Ticket) templ.OrderedAttributes { return web.Mark("data-ticket", web.IdText(t.ID)) },
		Columns: []web.Column[store.Ticket]{
			{Key: "tickets.number", Cell: ticketNumber},
			{Key: "tickets.text", Cell: ticketText},
			web.TextColumn("tickets.at", func(_ *web.Page, t store.Ticket) string { return web.Time(t.CreatedAt) }),
			{Key: "tickets.status", Cell: func(p *web.Page, t store.Ticket) templ.Component {
				return ticketStatus(p, t, isNew(t))
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
	// Answers are the messages after the first. Those after Seen are new to the reader.
	Answers []store.TicketAnswer
	Seen    int64
	// Pictures are by the token of what they came with, and below Path.
	Pictures map[string][]store.TicketPicture
	Path     string
	// Form is the one for staff's answer or the customer's reply, Token its token.
	Form  web.Form
	Token string
}

// last is the newest message after the first; 0: there is none.
func (d ticketData) last() int64 {
	if len(d.Answers) == 0 {
		return 0
	}
	return d.Answers[len(d.Answers)-1].ID
}

// conversation reads the messages of a ticket.
func (p *Pages) conversation(c *gin.Context, ticket store.Ticket, path string) (d ticketData, err error) {
	ctx := c.Request.Context()
	d = ticketData{Ticket: ticket, Path: web.URL(path, ticket.ID)}
	if d.Answers, err = p.Store.TicketAnswers(ctx, ticket.ID); err == nil {
		d.Pictures, err = p.Store.TicketPictures(ctx, ticket.ID)
	}
	return d, err
}

// readConversationAhead reads the messages along with their ticket.
func (p *Pages) readConversationAhead(c *gin.Context, id int64) {
	ctx := c.Request.Context()
	web.Ahead(c,
		func() error { _, err := p.Store.TicketAnswers(ctx, id); return err },
		func() error { _, err := p.Store.TicketPictures(ctx, id); return err })
}

// ownTicket finds one of the reader's own tickets.
func (p *Pages) ownTicket(handle func(*gin.Context, store.Ticket) error) web.Handler {
	return func(c *gin.Context) error {
		ticket, err := p.Store.TicketOf(c.Request.Context(), p.UserID(c), web.PathID(c, "id"))
		if err != nil {
			return err
		}
		return handle(c, ticket)
	}
}

// ticketOfCustomer is one of a customer's own tickets with the conversation.
func (p *Pages) ticketOfCustomer(c *gin.Context, ticket store.Ticket) error {
	saved, err := p.SavedValues(c)
	if err != nil {
		return err
	}
	return p.showTicket(c, http.StatusOK, ticket, web.NewToken(), saved, web.FilesAgain(saved, "paper_again"))
}

func (p *Pages) showTicket(
	c *gin.Context, status int, ticket store.Ticket, token string, values url.Values, problems filing.Problems,
) error {
	p.readConversationAhead(c, ticket.ID)
	data, err := p.conversation(c, ticket, "/tickets/%d")
	if err == nil && ticket.NewForCustomer() {
		err = p.Store.SeenByCustomer(c.Request.Context(), ticket.ID, data.last())
	}
	if err != nil {
		return err
	}
	data.Token, data.Seen = token, ticket.CustomerSeen
	data.Form = p.Form(c, "ticket_reply", replyFields, values, problems)
	return p.Render(c, status, web.Page{Title: "tickets.mine"}, web.With(ticketPage, data))
}

// replyToTicket adds to a customer's own ticket, and has staff notified by mail.
func (p *Pages) replyToTicket(c *gin.Context, ticket store.Ticket) error {
	values, file, err := postTicketForm(c)
	if err != nil {
		return err
	}
	token := values.Get("token")
	if !web.ValidToken(token) {
		return web.ErrBadRequest
	}
	reply := store.TicketReply{CustomerID: p.UserID(c), TicketID: ticket.ID, Token: token,
		Text: web.Trimmed(values, "text"), By: p.Actor(c)}
	problems := web.CheckText("text", reply.Text, maxTicketText, "required")
	var wrong filing.Problems
	if reply.Pictures, wrong, err = p.ticketPictures(c, file); err != nil {
		return err
	}
	refuse := func(status int, problems filing.Problems) error {
		return p.showTicket(c, status, ticket, token, values, chooseAgain(problems, reply.Pictures))
	}
	if problems = append(problems, wrong...); len(problems) > 0 {
		return refuse(http.StatusUnprocessableEntity, problems)
	}
	id, err := p.Store.ReplyToTicket(c.Request.Context(), reply)
	over := web.QuotaProblem(err, "text", "tickets_too_many")
	switch {
	case over != nil:
		return refuse(http.StatusTooManyRequests, over)
	case errors.Is(err, store.ErrConflict):
		return p.RedirectWith(c, web.URL("/tickets/%d", ticket.ID), "flash.ticket_closed")
	case err != nil:
		return err
	}
	p.sendTicket(c, ticket.ID, id)
	return p.RedirectWith(c, web.URL("/tickets/%d", ticket.ID), "flash.ticket_sent")
}

// pictureOfOwnTicket sends a customer a picture of their own ticket.
func (p *Pages) pictureOfOwnTicket(c *gin.Context, ticket store.Ticket) error {
	return p.sendTicketPicture(c, ticket.ID)
}

func (p *Pages) sendTicketPicture(c *gin.Context, ticketID int64) error {
	id := web.PathID(c, "picture")
	content, err := p.Store.TicketPictureContent(c.Request.Context(), ticketID, id)
	if err != nil {
		return err
	}
	dossierview.SendPicture(c, fmt.Sprintf("ticket-%d-%d.jpg", ticketID, id), content)
	return nil
}
