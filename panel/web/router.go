package web

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// Handler answers a request. Fail turns the returned error into a page.
type Handler func(*gin.Context) error

// errAnswered stops a handler that has already written its answer.
var errAnswered = errors.New("response already written")

// Answered is what a helper returns after answering the request itself, for example with a redirect; err is that
// answer's result.
func Answered(err error) error {
	if err != nil {
		return err
	}
	return errAnswered
}

// Group registers handlers below a path. Middleware passed after a handler runs before it.
type Group struct {
	kit    *Kit
	routes *gin.RouterGroup
}

// Root is the group of all paths.
func (k *Kit) Root(g *gin.Engine) Group { return Group{k, &g.RouterGroup} }

// Group returns the group below a path, behind middleware.
func (g Group) Group(path string, first ...gin.HandlerFunc) Group {
	return Group{g.kit, g.routes.Group(path, first...)}
}

// GET registers a page.
func (g Group) GET(path string, h Handler, first ...gin.HandlerFunc) {
	g.routes.GET(path, append(first, g.kit.adapt(h))...)
}

// POST registers a form's handler.
func (g Group) POST(path string, h Handler, first ...gin.HandlerFunc) {
	g.routes.POST(path, append(first, g.kit.adapt(h))...)
}

// StaffGroup registers staff routes; each must name the permission that it requires.
type StaffGroup struct{ group Group }

// Staff is the group of the staff console.
func (g Group) Staff() StaffGroup {
	return StaffGroup{g.Group("/support", g.kit.RequireRole(store.RoleSupport))}
}

// GET registers a page that requires a permission.
func (s StaffGroup) GET(path string, needs Permission, h Handler) {
	s.group.GET(path, h, s.group.kit.Require(needs))
}

// POST registers a form's handler that requires a permission.
func (s StaffGroup) POST(path string, needs Permission, h Handler) {
	s.group.POST(path, h, s.group.kit.Require(needs))
}

// adapt cleans what was typed, and turns a handler's error into a page.
func (k *Kit) adapt(h Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		cleanRequest(c.Request)
		Remembering(c)
		if err := h(c); err != nil && !errors.Is(err, errAnswered) {
			k.Fail(c, err)
		}
	}
}
