package web

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// TicketNews looks, while the page reads other things, whether staff answered a question of the reader, a customer, who
// hasn't seen it. The function that it returns waits for the answer.
func (k *Kit) TicketNews(c *gin.Context) (wait func() (bool, error)) {
	if k.Role(c) != store.RoleCustomer {
		return func() (bool, error) { return false, nil }
	}
	ctx, customer := c.Request.Context(), k.UserID(c)
	var news bool
	done := Begin(func() (err error) {
		news, err = k.Store.TicketNews(ctx, customer)
		return err
	})
	return func() (bool, error) {
		err := done()
		return news, err
	}
}
