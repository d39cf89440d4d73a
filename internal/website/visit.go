package website

import (
	"bytes"
	"context"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

const (
	// maxRefreshes bounds how many pages in a row may lead on by <meta http-equiv="refresh">.
	maxRefreshes = 5
	// refreshWithin is the longest delay, in seconds, of a page that leads on; pages that stay longer are shown.
	refreshWithin = 10
)

// visit gets a page as a visitor does: with cookies, and through pages that lead on to another. enough says of a page
// that it needs no next one.
func (c *Checker) visit(ctx context.Context, target string, enough func(Shown) bool) (Shown, Finding) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	jar, left := newJar(), maxRefreshes
	for next := target; ; {
		body, response, finding := c.fetchFrom(ctx, jar, next, maxHomePage)
		if !finding.OK {
			return Shown{}, finding
		}
		page := Shown{Body: body, URL: response.Request.URL, ContentType: response.Header.Get("Content-Type")}
		onward := refresh(page)
		if onward == "" || enough(page) {
			return page, finding
		}
		if left--; left < 0 {
			return Shown{}, found(TooManyHops, "url", target)
		}
		next = onward
	}
}

var refreshForm = regexp.MustCompile(`(?i)^\s*(\d*)[\d.]*\s*[;,]\s*(?:url\s*=)?\s*["']?\s*([^"']+)`)

// refresh is where a page leads by <meta http-equiv="refresh"> before anybody reads it; empty if it stays.
func refresh(page Shown) string {
	next := ""
	tags(page.Body, func(t html.Token) bool {
		if t.Data != "meta" || !strings.EqualFold(attribute(t, "http-equiv"), "refresh") {
			return true
		}
		m := refreshForm.FindStringSubmatch(attribute(t, "content"))
		if m == nil {
			return true
		}
		delay, _ := strconv.Atoi("0" + m[1])
		to, err := url.Parse(strings.TrimSpace(m[2]))
		if err != nil || delay > refreshWithin {
			return true
		}
		to = page.URL.ResolveReference(to)
		reloads := to.String() == page.URL.String()
		if (to.Scheme == "http" || to.Scheme == "https") && !reloads {
			next = to.String()
		}
		return next == ""
	})
	return next
}

// hasFrames reports whether a page shows others in it.
func hasFrames(page []byte) (has bool) {
	tags(page, func(t html.Token) bool {
		has = has || t.Data == "frame" || t.Data == "iframe" && attribute(t, "src") != ""
		return !has
	})
	return has
}

// tags calls f for each start tag until it returns false. Scripts, styles and what stands in <noscript> are no tags.
func tags(page []byte, f func(html.Token) bool) {
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			if !f(z.Token()) {
				return
			}
		}
	}
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
