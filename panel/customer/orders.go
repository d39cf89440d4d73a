package customer

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// ordersPerPage fits a screen or two.
const ordersPerPage = 50

// expiresSoon is how long before its last day the list marks an order.
const expiresSoon = 30 * 24 * time.Hour

type orderLine struct {
	store.OrderRow
	// Action is the key of the row's main action, "action.ACTION".
	Action string
	// Expiry is past, near or empty; a key below "orders.expiry_".
	Expiry string
}

type ordersData struct {
	Orders []orderLine
	Filter store.OrderFilter
	// Chosen is the state or stage that is filtered for.
	Chosen string
	States []filing.OrderState
	Stages []filing.Stage
	// Filtered: some filter is set. Cut: more was found than is shown.
	Filtered, Cut bool
	Next          string // query of the next page; empty on the last
	// Announcements are the provider's newest.
	Announcements []web.ShownAnnouncement
	// TicketNews: there is an answer to a question.
	TicketNews bool
}

// orderList is 网站空间管理.
func (p *Pages) orderList(c *gin.Context) error {
	after, err := web.ParseCursor(c.Query("after"))
	if err != nil {
		return web.ErrBadRequest
	}
	filter := orderFilter(c.Request.URL.Query())
	news := p.TicketNews(c)
	var announcements []web.ShownAnnouncement
	var list store.OrderPage
	if err := web.AtOnce(
		func() (err error) { announcements, err = p.Announcements(c, web.AnnouncementsOnOrders); return err },
		func() (err error) {
			list, err = p.Store.OrdersOf(c.Request.Context(), p.UserID(c), filter, after, ordersPerPage+1)
			return err
		}); err != nil {
		return err
	}
	data := ordersData{
		Announcements: announcements,
		Filter:        filter, Chosen: chosenStanding(filter), States: actingStates, Stages: filing.OrderStages,
		Filtered: filter != store.OrderFilter{}, Cut: list.Cut,
	}
	rows := list.Rows
	if len(rows) > ordersPerPage {
		rows = rows[:ordersPerPage]
		last := rows[len(rows)-1]
		query := filterQuery(filter)
		query.Set("after", web.FormatCursor(store.Cursor{CreatedAt: last.CreatedAt, ID: last.ID}))
		data.Next = query.Encode()
	}
	now := p.Store.Now()
	for _, r := range rows {
		data.Orders = append(data.Orders, orderLine{OrderRow: r, Action: actionFor(r), Expiry: expiry(r.Order, now)})
	}
	if data.TicketNews, err = news(); err != nil {
		return err
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "orders.title"}, web.With(ordersPage, data))
}

// orderFilter reads the filter and ignores invalid values.
func orderFilter(v url.Values) store.OrderFilter {
	f := store.OrderFilter{Text: web.Search(v.Get("q")), Product: web.Search(v.Get("product"))}
	if state := filing.OrderState(v.Get("state")); slices.Contains(filing.OrderStates, state) {
		f.State = state
	} else if stage := filing.Stage(v.Get("state")); slices.Contains(filing.OrderStages, stage) {
		f.Stage = stage
	}
	return f
}

// actingStates are the states by who must act, rather than by stage.
var actingStates = []filing.OrderState{filing.OrderYours, filing.OrderUnderWay}

func chosenStanding(f store.OrderFilter) string { return cmp.Or(string(f.Stage), string(f.State)) }

func filterQuery(f store.OrderFilter) url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"q": f.Text, "product": f.Product, "state": chosenStanding(f)} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

// expiry tells whether an order's last day is past or near, in China's time zone.
func expiry(o store.Order, now time.Time) string {
	if !o.ExpiresOn.Valid {
		return ""
	}
	end := o.ExpiresOn.Time.AddDate(0, 0, 1).Add(-8 * time.Hour) // the day's end in China, in UTC
	switch {
	case !now.Before(end):
		return "past"
	case end.Sub(now) <= expiresSoon:
		return "near"
	}
	return ""
}

const actionStart = "start"

func actionFor(r store.OrderRow) string {
	switch stage := filing.Stage(r.Stage.String); {
	case !r.FilingID.Valid:
		return actionStart
	case r.State != string(filing.OrderYours):
		return "view"
	case stage == filing.Correcting:
		return "correct"
	}
	return "continue"
}
