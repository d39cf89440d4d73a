package web

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// quotaTime is when something whose quota is used up may be tried again, to the minute.
func quotaTime(over *store.QuotaError) string {
	return Time(over.Until.Add(time.Minute - time.Nanosecond))
}

func quotaArgs(over *store.QuotaError) map[string]any { return map[string]any{"time": quotaTime(over)} }

// QuotaProblem is the problem of a field whose quota is used up, with a text that says when to try again (time); nil
// for other errors.
func QuotaProblem(err error, field, key string) filing.Problems {
	over, is := errors.AsType[*store.QuotaError](err)
	if !is {
		return nil
	}
	return filing.Problems{{Field: field, Key: key, Args: quotaArgs(over)}}
}

// CodeQuotaProblem is the problem of a form whose code can't be sent because a quota is used up; nil for other errors.
// mobile and email name its fields.
func CodeQuotaProblem(err error, mobile, email string) filing.Problems {
	over, is := errors.AsType[*store.QuotaError](err)
	if !is {
		return nil
	}
	field := email
	if over.Quota.Kind == store.QuotaSMS || over.Quota.Kind == store.QuotaSMSRecipients {
		field = mobile
	}
	return QuotaProblem(over, field, "quota")
}

// flashQuota keeps a message for the next page that says when to try again.
func (k *Kit) flashQuota(c *gin.Context, over *store.QuotaError) {
	k.Flash(c, "flash.quota\n"+quotaTime(over))
}

func (p *Page) flashText() string {
	return p.Text(p.Flash, "time", p.flashTime)
}

// quotaPage answers a request whose quota is used up.
func (k *Kit) quotaPage(c *gin.Context, over *store.QuotaError) {
	c.Header("Retry-After", strconv.Itoa(int(math.Ceil(over.Wait.Seconds()))))
	page := Page{Title: "error.quota_title"}
	k.renderOrLog(c, http.StatusTooManyRequests, page, With(quotaPage, quotaTime(over)))
}
