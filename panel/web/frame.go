package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
)

// checkFrameOrigins rejects invalid origins, and origins in whose frames nobody could stay signed in: inside another
// site's page, browsers send our cookies only if they are Secure (SameSite=None). On one machine every port is the same
// site, so plain HTTP works there.
func checkFrameOrigins(origins []string, secureCookies bool) error {
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || origin != u.Scheme+"://"+u.Host ||
			strings.ContainsAny(u.Host, `*;,' "@`) {
			return fmt.Errorf("BEIAN_FRAME_ORIGINS: %q is not an origin; want https://my.example.com", origin)
		}
		local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1"
		if u.Scheme == "http" && !local {
			return fmt.Errorf("BEIAN_FRAME_ORIGINS: %q can be tampered with in transit; want https", origin)
		}
		if !secureCookies && !local {
			return errors.New("BEIAN_FRAME_ORIGINS needs BEIAN_SECURE_COOKIES: browsers send only secure cookies to framed pages")
		}
	}
	return nil
}

// crossSite reports whether cookies must reach us inside other sites' frames.
func (k *Kit) crossSite() bool { return len(k.FrameOrigins) > 0 && k.SecureCookies }

// sameSite is the cookies' attribute. With crossSite they are also partitioned (CHIPS): people sign in separately
// inside each site's frames, and no site learns about another.
func (k *Kit) sameSite() http.SameSite {
	if k.crossSite() {
		return http.SameSiteNoneMode
	}
	return http.SameSiteLaxMode
}

// framed reports whether the page is loaded into a frame. Browsers say so with every navigation (Sec-Fetch-Dest),
// including forms. In browsers that don't, the frame also shows the panel's own header.
func (k *Kit) framed(c *gin.Context) bool {
	return len(k.FrameOrigins) > 0 && c.GetHeader("Sec-Fetch-Dest") == "iframe"
}

// policy is the Content-Security-Policy of every page.
func policy(frameOrigins []string) string {
	ancestors := "'none'"
	if len(frameOrigins) > 0 {
		ancestors = strings.Join(frameOrigins, " ")
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors " + ancestors
}
