package panel

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// ordersPerPage fits a screen or two.
const ordersPerPage = 50

type orderLine struct {
	store.OrderRow
	// Action is the key of the row's one button, "action.ACTION".
	Action string
}

type ordersData struct {
	Orders []orderLine
	Next   string // cursor; empty on the last page
	// Notices are the provider's newest.
	Notices []noticeShown
}

func (s *Server) orderList(c *gin.Context) {
	after, err := parseCursor(c.Query("after"))
	if err != nil {
		s.fail(c, errBadRequest)
		return
	}
	rows, err := s.cfg.Store.OrdersOf(c.Request.Context(), s.userID(c), after, ordersPerPage+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	var data ordersData
	if len(rows) > ordersPerPage {
		rows = rows[:ordersPerPage]
		last := rows[len(rows)-1]
		data.Next = formatCursor(store.Cursor{CreatedAt: last.CreatedAt, ID: last.ID})
	}
	for _, r := range rows {
		data.Orders = append(data.Orders, orderLine{r, actionFor(r)})
	}
	if data.Notices, err = s.notices(c, noticesOnOrders); err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "orders", page{Title: "orders.title", Data: data})
}

func actionFor(r store.OrderRow) string {
	switch stage := filing.Stage(r.Stage.String); {
	case !r.FilingID.Valid:
		return "start"
	case stage == filing.Correcting:
		return "correct"
	case stage == filing.Contact, stage == filing.Verifying, stage == filing.Preparing:
		return "continue"
	}
	return "view"
}

func formatCursor(c store.Cursor) string { return fmt.Sprintf("%d-%d", c.CreatedAt.UnixMicro(), c.ID) }

func parseCursor(text string) (store.Cursor, error) {
	if text == "" {
		return store.Cursor{}, nil
	}
	at, id, _ := strings.Cut(text, "-")
	micros, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return store.Cursor{}, err
	}
	n, err := strconv.ParseInt(id, 10, 64)
	return store.Cursor{CreatedAt: time.UnixMicro(micros).UTC(), ID: n}, err
}
