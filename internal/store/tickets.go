package store

import (
	"cmp"
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
)

// TicketKind is the kind of a ticket.
type TicketKind string

// The kinds of tickets.
const (
	// TicketAsk is a question (我要咨询).
	TicketAsk TicketKind = "ask"
	// TicketComplain is a complaint or a report (我要举报).
	TicketComplain TicketKind = "complain"
)

// TicketStatus is the status of a ticket.
type TicketStatus string

// The statuses of tickets.
const (
	TicketOpen     TicketStatus = "open"
	TicketAnswered TicketStatus = "answered"
	TicketClosed   TicketStatus = "closed"
)

// TicketStatuses lists them.
var TicketStatuses = []TicketStatus{TicketOpen, TicketAnswered, TicketClosed}

// Ticket is a question or a complaint, with which a conversation begins. It stays its customer's even if its order
// changes hands.
type Ticket struct {
	ID         int64          `db:"id"`
	Token      string         `db:"token"`
	Kind       TicketKind     `db:"kind"`
	Status     TicketStatus   `db:"status"`
	Lang       string         `db:"lang"`
	CustomerID sql.NullInt64  `db:"customer_id"`
	OrderID    sql.NullInt64  `db:"order_id"`
	Order      sql.NullString `db:"order_number"`
	Customer   sql.NullString `db:"login"`
	Sealed     []byte         `db:"sealed"`
	CreatedAt  time.Time      `db:"created_at"`
	ToldAt     sql.NullTime   `db:"notified_at"`
	ClosedAt   sql.NullTime   `db:"closed_at"`
	// LastAnswer and LastReply are the newest messages of staff and customer after the first, CustomerSeen and StaffSeen
	// what each has seen; 0: none. StaffSeen is null until staff open the ticket.
	LastAnswer   int64         `db:"last_answer_id"`
	LastReply    int64         `db:"last_reply_id"`
	CustomerSeen int64         `db:"customer_seen_id"`
	StaffSeen    sql.NullInt64 `db:"staff_seen_id"`
	TicketBody   `db:"-"`
	// Pictures are JPEGs to attach to a new ticket. They are read one by one (TicketPicture).
	Pictures [][]byte `db:"-"`
	// Network is that of a stranger who opens it, for the quotas.
	Network string `db:"-"`
}

// NewForCustomer reports whether staff wrote something that the customer hasn't seen.
func (t Ticket) NewForCustomer() bool { return t.LastAnswer > t.CustomerSeen }

// NewForStaff reports whether the customer wrote something that waits for an answer and that staff haven't seen.
func (t Ticket) NewForStaff() bool {
	return t.Status == TicketOpen && (!t.StaffSeen.Valid || t.LastReply > t.StaffSeen.Int64)
}

// TicketBody is the sealed part of a ticket.
type TicketBody struct {
	Text string `json:"text"`
	// Email is where the answer goes; customers may omit it and read the answer in the panel.
	Email string `json:"email,omitempty"`
}

// TicketAnswer is a message of the conversation after the first: staff's answer or the customer's reply.
type TicketAnswer struct {
	ID int64 `db:"id"`
	// ByCustomer marks a reply.
	ByCustomer bool         `db:"by_customer"`
	TicketID   int64        `db:"ticket_id"`
	Token      string       `db:"token"`
	Sealed     []byte       `db:"sealed"`
	CreatedBy  string       `db:"created_by"`
	CreatedAt  time.Time    `db:"created_at"`
	SentAt     sql.NullTime `db:"sent_at"`
	Failure    string       `db:"failure"`
	Text       string       `db:"-"`
}

func ticketAAD(token string) string { return "tickets/" + token }
func answerAAD(token string) string { return "ticket_answers/" + token }

// OpenTicket stores a ticket, once per token, and returns its ID; ErrQuota if its customer, or a stranger's network,
// has opened too many.
func (s *Store) OpenTicket(ctx context.Context, t Ticket) (id int64, err error) {
	sealed, err := s.keys.SealJSON(ticketAAD(t.Token), t.TicketBody)
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		now, by := s.utcNow(), map[QuotaScope]string{ByNetwork: t.Network}
		if t.CustomerID.Valid {
			by = map[QuotaScope]string{ByCustomer: strconv.FormatInt(t.CustomerID.Int64, 10)}
		}
		var stored bool
		if id, stored, err = getOptional[int64](ctx, tx, ticketByToken, t.Token); err != nil || stored {
			return err
		}
		spent := append(uploads(t.Pictures, by), spending{kind: QuotaTicket, subjects: by})
		if err := s.spend(ctx, tx, spent...); err != nil {
			return err
		}
		id, err = insert(ctx, tx, `INSERT INTO tickets (token, kind, status, lang, customer_id, order_id, sealed, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, t.Token, t.Kind, TicketOpen, t.Lang, t.CustomerID, t.OrderID, sealed, now)
		if err != nil {
			return err
		}
		return s.attach(ctx, tx, id, t.Token, t.Pictures)
	})
	if isDuplicate(err) { // a double click
		id, err = get[int64](ctx, s.db, ticketByToken, t.Token)
	}
	return id, during(err, "opening a ticket")
}

const ticketByToken = `SELECT id FROM tickets WHERE token = ?`

const answerSelect = `
	SELECT id, by_customer, ticket_id, token, sealed, created_by, created_at, sent_at, failure FROM ticket_answers `

const ticketRows = `
	SELECT t.id, t.token, t.kind, t.status, t.lang, t.customer_id, t.order_id, o.number AS order_number, u.login, t.sealed,
	t.created_at, t.notified_at, t.closed_at, t.last_answer_id, t.last_reply_id, t.customer_seen_id, t.staff_seen_id
	FROM tickets t LEFT JOIN orders o ON o.id = t.order_id LEFT JOIN users u ON u.id = t.customer_id `

func (s *Store) openTicket(t *Ticket) error {
	return s.keys.OpenJSON(ticketAAD(t.Token), t.Sealed, &t.TicketBody)
}

// Ticket returns a ticket, for staff.
func (s *Store) Ticket(ctx context.Context, id int64) (Ticket, error) {
	return s.ticket(ctx, `WHERE t.id = ?`, id)
}

// TicketOf returns a customer's own ticket; another's is ErrNotFound.
func (s *Store) TicketOf(ctx context.Context, customerID, id int64) (Ticket, error) {
	return s.ticket(ctx, `WHERE t.id = ? AND t.customer_id = ?`, id, customerID)
}

func (s *Store) ticket(ctx context.Context, where string, args ...any) (Ticket, error) {
	t, err := find[Ticket](ctx, s.db, "ticket", ticketRows+where, args...)
	if err != nil {
		return t, err
	}
	err = s.openTicket(&t)
	return t, err
}

// TicketsOf lists a customer's tickets, newest first, after an ID (0: from the newest).
func (s *Store) TicketsOf(ctx context.Context, customerID, after int64, limit int) ([]Ticket, error) {
	return s.ticketList(ctx, `WHERE t.customer_id = ? AND t.id < ? ORDER BY t.id DESC
		LIMIT ?`, customerID, idBelow(after), limit)
}

// Tickets lists the tickets with a status, newest first, after an ID (0: from the newest).
func (s *Store) Tickets(ctx context.Context, status TicketStatus, after int64, limit int) ([]Ticket, error) {
	return s.ticketList(ctx, `WHERE t.status = ? AND t.id < ? ORDER BY t.id DESC LIMIT ?`, status, idBelow(after), limit)
}

func (s *Store) ticketList(ctx context.Context, where string, args ...any) ([]Ticket, error) {
	list, err := selectAll[Ticket](ctx, s.db, ticketRows+where, args...)
	for i := 0; err == nil && i < len(list); i++ {
		err = s.openTicket(&list[i])
	}
	return list, during(err, "listing tickets")
}

// TicketNews reports whether staff answered a customer and the answer hasn't been seen.
func (s *Store) TicketNews(ctx context.Context, customerID int64) (bool, error) {
	_, news, err := getOptional[int64](ctx, s.db, `SELECT 1 FROM tickets FORCE INDEX (tickets_news) WHERE customer_id = ?
		AND last_answer_id > customer_seen_id LIMIT 1`, customerID)
	return news, during(err, "looking for answers")
}

// SeenByCustomer records that a ticket's customer has seen its messages up to one; SeenByStaff that staff have.
func (s *Store) SeenByCustomer(ctx context.Context, ticketID, messageID int64) error {
	return exec(ctx, s.db, `UPDATE tickets SET customer_seen_id = ? WHERE id = ? AND customer_seen_id < ?`,
		messageID, ticketID, messageID)
}

// SeenByStaff is SeenByCustomer for staff.
func (s *Store) SeenByStaff(ctx context.Context, ticketID, messageID int64) error {
	return exec(ctx, s.db, `UPDATE tickets SET staff_seen_id = ? WHERE id = ? AND COALESCE(staff_seen_id, -1) < ?`,
		messageID, ticketID, messageID)
}

// TicketAnswers returns a ticket's messages after the first, in order.
func (s *Store) TicketAnswers(ctx context.Context, ticketID int64) ([]TicketAnswer, error) {
	list, err := selectAll[TicketAnswer](ctx, s.db, answerSelect+`WHERE ticket_id = ? ORDER BY id`, ticketID)
	for i := 0; err == nil && i < len(list); i++ {
		list[i].Text, err = s.openText(answerAAD(list[i].Token), list[i].Sealed)
	}
	return list, err
}

// idBelow is the ID below which a list continues after one; 0 is the start.
func idBelow(after int64) int64 { return cmp.Or(after, 1<<62-1) }
