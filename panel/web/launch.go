package web

import (
	"cmp"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// A launch (POST /api/v1/launches) signs a customer of the provider's panel on. Its link opens a page that posts
// itself, so that whoever only looks at links uses nothing up.

// LaunchPath is what links of launches begin with; the token follows.
const LaunchPath = "/launch/"

// Targets of launches that lead to an order.
const (
	LaunchOrder  = "order"
	LaunchFiling = "filing"
)

// LaunchTarget is the page that a launch leads to.
func LaunchTarget(target, order string) string {
	switch target {
	case LaunchOrder:
		return URL("/orders/%s", order)
	case LaunchFiling:
		return URL("/orders/%s/filing", order)
	case "account":
		return "/account"
	case "help":
		return "/help"
	case "questions":
		return "/tickets"
	}
	return "/orders"
}

// Origin is the scheme and host of the panel's links.
func (k *Kit) Origin(r *http.Request) string {
	return cmp.Or(k.PublicURL, When(k.SecureCookies, "https://"+r.Host), "http://"+r.Host)
}

const (
	// cookieProbe shows whether the browser keeps cookies where the page is: in frames, many keep none.
	cookieProbe   = "beian_probe"
	probeLifetime = 10 * time.Minute
)

// ProbeCookies sets a cookie that CookiesStick looks for when the page's form comes back.
func (k *Kit) ProbeCookies(c *gin.Context) { k.setCookie(c, cookieProbe, "1", probeLifetime) }

// CookiesStick reports whether the browser keeps the panel's cookies.
func (k *Kit) CookiesStick(c *gin.Context) bool { return k.cookie(c, cookieProbe) != "" }
