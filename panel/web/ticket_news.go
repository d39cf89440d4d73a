package web

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// TicketNews reports whether staff answered a question of the reader, a customer, who hasn't seen it.
func (k *Kit) TicketNews(c *gin.Context) (bool, error) {
	if k.Role(c) != store.RoleCustomer {
		return false, nil
	}
	return k.Store.TicketNews(c.Request.Context(), k.UserID(c))
}
