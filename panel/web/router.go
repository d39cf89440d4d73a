package web

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// Handler answers a request. Fail makes a page of the error that it returns.
type Handler func(*gin.Context) error

// errAnswered stops a handler whose answer is written.
var errAnswered = errors.New("answered already")

// Answered is what a handler's helper returns after it has answered itself, such as with a
// redirect; err is how that went.
func Answered(err error) error {
	if err != nil {
		return err
	}
	return errAnswered
}

// Group registers handlers below a path. Middleware that is given after a handler runs
// before it.
type Group struct {
	kit    *Kit
	routes *gin.RouterGroup
}

// Root is the group of all paths.
func (k *Kit) Root(g *gin.Engine) Group { return Group{k, &g.RouterGroup} }

// Group is the group below a path, behind middleware.
func (g Group) Group(path string, first ...gin.HandlerFunc) Group {
	return Group{g.kit, g.routes.Group(path, first...)}
}

// GET registers a page.
func (g Group) GET(path string, h Handler, first ...gin.HandlerFunc) {
	g.routes.GET(path, append(first, g.kit.adapt(h))...)
}

// POST registers what a form does.
func (g Group) POST(path string, h Handler, first ...gin.HandlerFunc) {
	g.routes.POST(path, append(first, g.kit.adapt(h))...)
}

// StaffGroup registers staff's routes: none without the permission that it needs.
type StaffGroup struct{ group Group }

// Staff is the group of staff's console.
func (g Group) Staff() StaffGroup {
	return StaffGroup{g.Group("/support", g.kit.RequireRole(store.RoleSupport))}
}

// GET registers a page for those who have a permission.
func (s StaffGroup) GET(path string, needs Permission, h Handler) {
	s.group.GET(path, h, s.group.kit.Require(needs))
}

// POST registers what a form does for those who have a permission.
func (s StaffGroup) POST(path string, needs Permission, h Handler) {
	s.group.POST(path, h, s.group.kit.Require(needs))
}

// adapt makes a page of the error that a handler returns.
func (k *Kit) adapt(h Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil && !errors.Is(err, errAnswered) {
			k.Fail(c, err)
		}
	}
}
