package website

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
	"golang.org/x/net/publicsuffix"

	"github.com/beian/beian/internal/extcall"
)

// Limits on fetching a URL that a stranger controls, modelled on Let's Encrypt's validation authority.
const (
	// maxRedirects is the limit of browsers and Boulder.
	maxRedirects = 10
	dialTimeout  = 10 * time.Second
	// fetchTimeout bounds one fetch with all its redirects.
	fetchTimeout = 30 * time.Second
	// maxHomePage is far more than any home page's HTML; the number is in its footer.
	maxHomePage = 2 << 20
	maxHeader   = 64 << 10
	userAgent   = "Beian/1 (+ICP filing check)"
)

// Kinds of findings, keys of the locale files below "site_check.".
const (
	Seen            = extcall.OK
	NotResolved     = "dns"
	ReservedAddress = "reserved_address"
	// OtherPort is neither 80 nor 443; only these are visited.
	OtherPort     = "other_port"
	Refused       = "refused"
	TimedOut      = "timeout"
	BadTLS        = "tls"
	WrongStatus   = "status"
	TooManyHops   = "redirect_loop"
	TooBig        = "too_big"
	Different     = "different"
	NumberMissing = "number_missing"
	LinkMissing   = "link_missing"
	// NumberFramed: the home page lacks the number and shows other pages in frames, which may have it.
	NumberFramed = "number_framed"
	Unreachable  = "unreachable"
	// Answers: a domain that needs to show nothing answers; AnswersOther does so with a status other than 200, which
	// is shown.
	Answers      = "answers"
	AnswersOther = "answers_status"
	// Wildcard stands for hosts that can't be listed, so none is checked.
	Wildcard = "wildcard"
)

// Finding is what was seen at a URL.
type Finding struct {
	OK   bool
	Kind string
	// Args fill the text's placeholders with what was seen, for the site's owner.
	Args map[string]any
}

func found(kind string, args ...any) Finding {
	f := Finding{OK: kind == Seen, Kind: kind, Args: map[string]any{}}
	for i := 0; i+1 < len(args); i += 2 {
		f.Args[args[i].(string)] = args[i+1]
	}
	return f
}

// CheckerConfig says what a Checker may reach.
type CheckerConfig struct {
	// ConnectTo redirects the connections for a host ("www.example.com", "*.example.com", "*") to an address, like
	// curl's --connect-to. For development only.
	ConnectTo map[string]string
	// Allow lists reserved prefixes that may be reached: a provider's own private ranges.
	Allow []netip.Prefix
}

// Checker checks sites over HTTP. Safe for concurrent use.
type Checker struct {
	cfg       CheckerConfig
	transport *http.Transport
}

// NewChecker makes a Checker.
func NewChecker(cfg CheckerConfig) *Checker {
	c := &Checker{cfg: cfg}
	c.transport = &http.Transport{
		DialContext:            c.dial,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  fetchTimeout,
		MaxResponseHeaderBytes: maxHeader,
		DisableKeepAlives:      true, // a different host each time
		// A site is checked for what everybody sees, usually over plain HTTP; a redirect to https with an expired
		// certificate must not hide the page.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // content is compared, nothing secret is sent
	}
	return c
}

// Guard is a control function that allows only connections to public or explicitly allowed addresses, on the given
// ports (none: any).
func Guard(allow []netip.Prefix, ports ...uint16) func(network, address string, c syscall.RawConn) error {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	options := []ssrf.Option{ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...)}
	if len(ports) == 0 {
		options = append(options, ssrf.WithAnyPort())
	} else {
		options = append(options, ssrf.WithPorts(ports...))
	}
	return ssrf.New(options...).Safe
}

func (c *Checker) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if to, ok := c.connectTo(host); ok {
		return dialer.DialContext(ctx, network, to)
	}
	dialer.Control = Guard(c.cfg.Allow, 80, 443)
	return dialer.DialContext(ctx, network, address)
}

func (c *Checker) connectTo(host string) (string, bool) {
	if to, ok := c.cfg.ConnectTo[host]; ok {
		return to, true
	}
	for pattern, to := range c.cfg.ConnectTo {
		if suffix, ok := strings.CutPrefix(pattern, "*"); ok && strings.HasSuffix(host, suffix) {
			return to, true
		}
	}
	return "", false
}

// CheckCertificate checks whether http://DOMAIN/path serves exactly these bytes.
func (c *Checker) CheckCertificate(ctx context.Context, domain, path string, want []byte) (finding Finding) {
	ctx, done := extcall.Begin(ctx, extcall.Site, "certificate")
	defer func() { done(finding.Kind) }()
	target := "http://" + domain + "/" + path
	body, _, finding := c.fetch(ctx, target, int64(len(want))+1)
	if !finding.OK {
		return finding
	}
	if !bytes.Equal(body, want) {
		return found(Different, "url", target)
	}
	return finding
}

// CheckDomain checks whether a domain resolves and answers over HTTP, with any answer: a site's domains include
// mail and file hosts.
func (c *Checker) CheckDomain(ctx context.Context, domain string) Finding {
	if strings.HasPrefix(domain, "*.") {
		return Finding{OK: true, Kind: Wildcard}
	}
	_, _, finding := c.fetch(ctx, "http://"+domain+"/", maxHomePage)
	switch finding.Kind {
	case Seen, TooBig:
		finding.OK, finding.Kind = true, Answers
	case WrongStatus:
		finding.OK, finding.Kind = true, AnswersOther
	}
	return finding
}

// CheckHomePage checks whether a home page shows the number with a link to one of the targets.
func (c *Checker) CheckHomePage(ctx context.Context, homePage, number string, linkTargets []string) (finding Finding) {
	ctx, done := extcall.Begin(ctx, extcall.Site, "home_page")
	defer func() { done(finding.Kind) }()
	page, finding := c.visit(ctx, homePage, func(p Shown) bool {
		_, linked := FindNumber(p.Body, p.ContentType, number, linkTargets)
		return linked
	})
	if !finding.OK {
		return finding
	}
	shown, linked := FindNumber(page.Body, page.ContentType, number, linkTargets)
	switch {
	case !shown && hasFrames(page.Body):
		return found(NumberFramed, "url", homePage, "number", number)
	case !shown:
		return found(NumberMissing, "url", homePage, "number", number)
	case !linked:
		return found(LinkMissing, "url", homePage, "number", number, "target", linkTargets[0])
	}
	return finding
}

var errRedirects = errors.New("too many redirects")

// fetch gets a URL within all limits; limit is the maximum size of the body in bytes.
func (c *Checker) fetch(ctx context.Context, target string, limit int64) ([]byte, http.Header, Finding) {
	body, response, finding := c.fetchFrom(ctx, newJar(), target, limit)
	if response == nil {
		return body, nil, finding
	}
	return body, response.Header, finding
}

// newJar keeps the cookies of one visit: some sites set one and redirect to themselves until it comes back.
func newJar() http.CookieJar {
	jar, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never fails
	return jar
}

// fetchFrom is fetch with the whole answer, nil if nothing was found.
func (c *Checker) fetchFrom(ctx context.Context, jar http.CookieJar, target string,
	limit int64) ([]byte, *http.Response, Finding) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	client := &http.Client{Transport: c.transport, Jar: jar}
	client.CheckRedirect = func(_ *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errRedirects
		}
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, nil, found(Unreachable, "url", target)
	}
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Accept", "*/*")
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, found(fetchKind(err), "url", target)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, nil, found(WrongStatus, "url", target, "status", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, nil, found(fetchKind(err), "url", target)
	}
	if int64(len(body)) > limit {
		return nil, nil, found(TooBig, "url", target, "limit", fmt.Sprintf("%d KiB", limit>>10))
	}
	return body, response, found(Seen, "url", target)
}

func fetchKind(err error) string {
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, errRedirects):
		return TooManyHops
	case errors.Is(err, ssrf.ErrProhibitedPort):
		return OtherPort
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork):
		return ReservedAddress
	case errors.As(err, &dns):
		return NotResolved
	case errors.As(err, &timeout) && timeout.Timeout():
		return TimedOut
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch), strings.Contains(err.Error(), "tls: "):
		return BadTLS // crypto/tls has no type for a server's alert
	}
	return Unreachable
}
