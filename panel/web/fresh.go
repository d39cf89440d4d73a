package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"
)

// keyConfirmed is the session's key of when its owner last proved who they are, in Unix seconds.
const keyConfirmed = "confirmed"

// What decides about other people's access wants a recent proof of who is at the screen (OWASP ASVS 5.0, 7.5): a page
// opens within openFresh of it, and its form is taken within sendFresh, so that nobody who has just opened it loses
// what they typed.
const (
	openFresh = 15 * time.Minute
	sendFresh = 30 * time.Minute
)

// PathConfirm asks for the second factor, or for the password where none is enrolled.
const PathConfirm = "/account/confirm"

// Confirmed records that the reader has just proved who they are.
func (k *Kit) Confirmed(c *gin.Context) {
	k.Sessions.Put(c.Request.Context(), keyConfirmed, k.Store.Now().Unix())
}

// Fresh requires a recent proof of who the reader is: without one they give it first. back is the page to return to;
// empty: the request's own.
func (k *Kit) Fresh(back string, h Handler) Handler {
	return func(c *gin.Context) error {
		within := openFresh
		if c.Request.Method == http.MethodPost {
			within = sendFresh
		}
		at := time.Unix(k.Sessions.GetInt64(c.Request.Context(), keyConfirmed), 0)
		if k.Store.Now().Sub(at) < within {
			return h(c)
		}
		next := c.Request.URL.Path
		if query := c.Request.URL.RawQuery; query != "" {
			next += "?" + query
		}
		if back != "" {
			next = back
		}
		return Redirect(c, PathConfirm+"?"+url.Values{"next": {next}}.Encode())
	}
}
