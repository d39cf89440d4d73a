package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// accessLog logs method, route and status: never a query or a form, and the route's pattern rather than the path.
func (k *Kit) accessLog(c *gin.Context) {
	start := time.Now()
	c.Next()
	k.Logger.Debug("request",
		"method", c.Request.Method, "route", c.FullPath(), "status", c.Writer.Status(), "took", time.Since(start))
}

// recover turns a panic into an error page and logs where it happened.
func (k *Kit) recover(c *gin.Context) {
	defer func() {
		if r := recover(); r != nil {
			if r == http.ErrAbortHandler {
				panic(r)
			}
			k.Logger.Error("request panicked", "route", c.FullPath(), "stack", string(debug.Stack()))
			k.errorPage(c, http.StatusInternalServerError, "error.internal")
		}
	}()
	c.Next()
}

// hsts is the value of Strict-Transport-Security (RFC 6797); empty where the panel isn't reached over HTTPS.
func (k *Kit) hsts() string {
	if !k.SecureCookies || k.HSTS <= 0 {
		return ""
	}
	return fmt.Sprintf("max-age=%d", int(k.HSTS.Seconds()))
}

// secure sets the headers that prevent framing by strangers, content sniffing and foreign scripts.
// Staff pages have a policy of their own: nobody frames them, whoever may frame customers'.
// A browser that has seen hsts, if it isn't empty, opens this site over HTTPS only.
func secure(pages, staffPages, hsts string) gin.HandlerFunc {
	return func(c *gin.Context) {
		h, policy := c.Writer.Header(), pages
		if path := c.Request.URL.Path; path == "/support" || strings.HasPrefix(path, "/support/") {
			policy = staffPages
			h.Set("X-Frame-Options", "DENY")
		}
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		if hsts != "" {
			h.Set("Strict-Transport-Security", hsts)
		}
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if c.FullPath() != "/assets/*filepath" {
			h.Set("Cache-Control", "no-store")
		}
		c.Next()
	}
}

// noPage is the Content-Security-Policy of an answer that a browser has nothing to show of.
const noPage = "default-src 'none'; frame-ancestors 'none'"

func limitBody(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, bodyLimit(PageRoute(c)))
	c.Next()
}

// pageTime is how long a page may take; FormTime a form or a request to the API, whose workflow may take updateTime of
// it.
const (
	pageTime = 10 * time.Second
	FormTime = 30 * time.Second
)

// limitTime bounds what a request may wait for. Uploads, exports and streams are as long as their data.
func limitTime(c *gin.Context) {
	limit := pageTime
	switch {
	case IsEventStream(c.Request), bodyLimit(PageRoute(c)) > MaxBody, exportRoutes[c.FullPath()]:
		c.Next()
		return
	case c.Request.Method == http.MethodPost:
		limit = FormTime
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), limit)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

// exportRoutes send as much as there is.
var exportRoutes = map[string]bool{"/support/filings.csv": true, "/support/vetting/figures.csv": true,
	"/support/audit/export": true}

// Fail answers with an error page, and logs errors that the reader can't resolve.
func (k *Kit) Fail(c *gin.Context, err error) {
	Drain(c)
	// The page is written even if there is no time left.
	c.Request = c.Request.WithContext(context.WithoutCancel(c.Request.Context()))
	denied, isDenied := errors.AsType[DeniedError](err)
	over, isOver := errors.AsType[*store.QuotaError](err)
	switch {
	case isDenied:
		k.Logger.Warn("permission denied", "route", c.FullPath(), "needs", denied.Needs, "actor", k.Actor(c))
		k.renderOrLog(c, http.StatusForbidden, Page{Title: "permission_denied.title"}, With(forbiddenPage, denied.Needs))
	case errors.Is(err, workflows.ErrSlow):
		k.errorPage(c, http.StatusAccepted, "error.received")
	case store.Unavailable(err), workflows.Unavailable(err):
		k.Logger.Error("a page failed", "route", c.FullPath(), "order", c.Param("number"), "error", err)
		c.Header("Retry-After", "10")
		k.errorPage(c, http.StatusServiceUnavailable, "error.unavailable")
	case errors.Is(err, store.ErrNotFound):
		k.errorPage(c, http.StatusNotFound, "error.not_found")
	case errors.Is(err, ErrBusy):
		c.Header("Retry-After", "5")
		k.errorPage(c, http.StatusServiceUnavailable, "error.busy")
	case isOver:
		k.quotaPage(c, over)
	case errors.Is(err, ErrBadRequest):
		k.errorPage(c, http.StatusBadRequest, "error.bad_request")
	default:
		k.Logger.Error("request failed", "route", c.FullPath(), "order", c.Param("number"), "error", err)
		k.errorPage(c, http.StatusInternalServerError, "error.internal")
	}
	c.Abort()
}

// errorPage says what went wrong. The title's key is the text's with "_title".
func (k *Kit) errorPage(c *gin.Context, status int, key string) {
	k.renderOrLog(c, status, Page{Title: key + "_title"}, With(ErrorPage, key))
}

// renderOrLog is Render for callers that can't return an error.
func (k *Kit) renderOrLog(c *gin.Context, status int, p Page, page Component) {
	if err := k.Render(c, status, p, page); err != nil {
		k.Logger.Error("rendering an error page failed", "route", c.FullPath(), "error", err)
		c.Status(status)
	}
}

// Redirect redirects after a form (POST, redirect, GET).
func Redirect(c *gin.Context, path string) error {
	Drain(c)
	c.Redirect(http.StatusSeeOther, path)
	return nil
}

// RedirectWith redirects with a message for the next page, unless flash is empty.
func (k *Kit) RedirectWith(c *gin.Context, path, flash string) error {
	if flash != "" {
		k.Flash(c, flash)
	}
	return Redirect(c, path)
}

// Refusals are the messages of errors that refuse a form. None of the errors may wrap another.
type Refusals map[error]string

// MovedOn are the refusals of a form whose object has changed since its page was drawn.
var MovedOn = Refusals{workflows.ErrWrongStage: "flash.moved_on", store.ErrConflict: "flash.moved_on"}

// Finish ends a form on a page, with the message done or that of its refusal; where a quota is used up, it says when to
// try again. It returns other errors.
func (k *Kit) Finish(c *gin.Context, err error, path, done string, refusals Refusals) error {
	if err == nil {
		return k.RedirectWith(c, path, done)
	}
	if over, is := errors.AsType[*store.QuotaError](err); is {
		k.flashQuota(c, over)
		return Redirect(c, path)
	}
	for refusal, flash := range refusals {
		if errors.Is(err, refusal) {
			return k.RedirectWith(c, path, flash)
		}
	}
	return err
}

// FinishUpdate answers a form that updated a workflow. The filing's page shows the current state, even if somebody else
// or a second click was faster.
func (k *Kit) FinishUpdate(c *gin.Context, err error, path string) error {
	if err == nil {
		return Redirect(c, path)
	}
	if errors.Is(err, workflows.ErrSlow) {
		k.Flash(c, "flash.received")
		return Redirect(c, path)
	}
	return k.Finish(c, err, FilingPath(c), "", MovedOn)
}

// OrderPath is the path of the request's order.
func OrderPath(c *gin.Context) string { return URL("/orders/%s", c.Param("number")) }

// SitePath is the path of the request's site; for an order's only site, the order's.
func SitePath(c *gin.Context) string {
	if domain := c.Param("domain"); domain != "" {
		return URL("/orders/%s/sites/%s", c.Param("number"), domain)
	}
	return OrderPath(c)
}

// FilingPath is the path of the request's filing.
func FilingPath(c *gin.Context) string { return SitePath(c) + "/filing" }

// PageRoute is a request's route, without the part that names one of several sites: the pages below are the same.
func PageRoute(c *gin.Context) string {
	return strings.Replace(c.FullPath(), "/orders/:number/sites/:domain/", "/orders/:number/", 1)
}
