package panel

import (
	"errors"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// accessLog notes method, route and status: never a query or a form, and the
// route's pattern instead of its path.
func (s *Server) accessLog(c *gin.Context) {
	start := time.Now()
	c.Next()
	s.cfg.Logger.Debug("request", "method", c.Request.Method, "route", c.FullPath(), "status", c.Writer.Status(), "took", time.Since(start))
}

// recover turns a panic into a page, and logs where it was.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		if r := recover(); r != nil {
			if r == http.ErrAbortHandler {
				panic(r)
			}
			s.cfg.Logger.Error("a page panicked", "route", c.FullPath(), "stack", string(debug.Stack()))
			s.render(c, http.StatusInternalServerError, "error", page{Title: "error.internal_title", Data: "error.internal"})
		}
	}()
	c.Next()
}

// secure sets the headers that keep a page from being framed by strangers,
// sniffed, or running what isn't ours.
func secure(policy string) gin.HandlerFunc {
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if c.FullPath() != "/assets/*filepath" {
			h.Set("Cache-Control", "no-store")
		}
		c.Next()
	}
}

func limitBody(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, bodyLimit(c.FullPath()))
	c.Next()
}

// fail answers an error with a page for people; what they can't mend is logged.
func (s *Server) fail(c *gin.Context, err error) {
	drain(c)
	switch {
	case errors.Is(err, store.ErrNotFound):
		s.render(c, http.StatusNotFound, "error", page{Title: "error.not_found_title", Data: "error.not_found"})
	case errors.Is(err, errBadRequest):
		s.render(c, http.StatusBadRequest, "error", page{Title: "error.bad_request_title", Data: "error.bad_request"})
	default:
		s.cfg.Logger.Error("a page failed", "route", c.FullPath(), "order", c.Param("number"), "error", err)
		s.render(c, http.StatusInternalServerError, "error", page{Title: "error.internal_title", Data: "error.internal"})
	}
	c.Abort()
}

// to redirects after a form (POST, redirect, GET).
func to(c *gin.Context, path string) {
	drain(c)
	c.Redirect(http.StatusSeeOther, path)
}

// moveOn ends a form that told the workflow something: the filing's page shows
// what is so now, also when somebody, or a second click, was quicker.
func (s *Server) moveOn(c *gin.Context, err error, path string) {
	switch {
	case err == nil:
		to(c, path)
	case errors.Is(err, workflows.ErrWrongStage), errors.Is(err, store.ErrConflict):
		s.flash(c, "flash.moved_on")
		to(c, filingPath(c))
	default:
		s.fail(c, err)
	}
}

func filingPath(c *gin.Context) string { return "/orders/" + c.Param("number") + "/filing" }
