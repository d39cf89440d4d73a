package website_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/simulate/webspace"
	"github.com/beian/beian/internal/website"
)

// Both sides of each limit on what a stranger's site may ask of us.
func TestLimitsOfVisits(t *testing.T) {
	const mib = 1 << 20
	hops := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if at, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/")); at < n {
				http.Redirect(w, r, fmt.Sprintf("/%d", at+1), http.StatusFound)
			}
		}
	}
	refreshes := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if at, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/")); at < n {
				_, _ = fmt.Fprintf(w, `<meta http-equiv=refresh content="0;url=/%d">`, at+1)
			}
		}
	}
	page := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
	}
	stays := func(content string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				_, _ = w.Write([]byte(`<meta http-equiv=refresh content="` + content + `">` + number))
			}
		}
	}
	for name, c := range map[string]struct {
		site http.HandlerFunc
		kind string
	}{
		"10 redirects":           {hops(10), website.NumberMissing},
		"11 redirects":           {hops(11), website.TooManyHops},
		"5 pages that lead on":   {refreshes(5), website.NumberMissing},
		"6 pages that lead on":   {refreshes(6), website.TooManyHops},
		"2 MiB":                  {page(strings.Repeat("x", 2*mib)), website.NumberMissing},
		"more than 2 MiB":        {page(strings.Repeat("x", 2*mib+1)), website.TooBig},
		"leads on in 10 seconds": {stays("10;url=/a"), website.NumberMissing},
		"stays for 11 seconds":   {stays("11;url=/a"), website.LinkMissing},
		"leads on at once":       {stays(";url=/a"), website.NumberMissing},
		"leads on, with a comma": {stays("3.5 , /a"), website.NumberMissing},
		"leads nowhere":          {stays("3"), website.LinkMissing},
		"hangs up": {func(w http.ResponseWriter, _ *http.Request) {
			panic(http.ErrAbortHandler)
		}, website.Unreachable},
		"hangs up in the middle": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9")
			_, _ = w.Write([]byte("x"))
		}, website.Unreachable},
		"60 KiB of headers": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 60<<10))
		}, website.NumberMissing},
		"70 KiB of headers": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 70<<10))
		}, website.Unreachable},
		"no content": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, website.WrongStatus},
	} {
		t.Run(name, func(t *testing.T) {
			f := checker(t, c.site).CheckHomePage(t.Context(), "http://www.example.com/", number, targets)
			require.Equal(t, c.kind, f.Kind)
			if c.kind == website.TooBig {
				require.Equal(t, "2048 KiB", f.Args["limit"])
			}
		})
	}
	longer := checker(t, page("certificate!")).CheckCertificate(t.Context(), "www.example.com", path, []byte("certificate"))
	require.Equal(t, website.Finding{Kind: website.Different, Args: map[string]any{"url": "http://www.example.com/" + path}}, longer)
}

// A site that says nothing is given up with its visitor, and nothing is said of it.
func TestSilentSites(t *testing.T) {
	c := checker(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.Equal(t, website.TimedOut, c.CheckDomain(ctx, "www.example.com").Kind)
	l := website.NewLooker(c)
	require.Equal(t, website.Look{}, l.Look(ctx, "www.example.com", number, targets))
	require.Empty(t, l.Open(ctx, []string{"www.example.com"}))
}

// Someone waits for the looks of a pre-check: no more than ten are taken.
func TestLooksAreLimited(t *testing.T) {
	l := website.NewLooker(checker(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Host {
		case "framed.example.com":
			_, _ = w.Write([]byte("<frameset><frame src=a>"))
		case "huge.example.com":
			_, _ = w.Write(make([]byte, 3<<20))
		}
	}))
	var domains []string
	for i := range 12 {
		domains = append(domains, fmt.Sprintf("d%d.example.com", i))
	}
	require.Equal(t, domains[:10], l.Open(t.Context(), domains))
	for _, open := range []string{"framed", "huge"} {
		require.Equal(t, website.Look{Looked: true, Open: true}, l.Look(t.Context(), open+".example.com", number, targets), open)
	}
	server, r := resolver(t)
	domains = nil
	for i := range 22 {
		domains = append(domains, fmt.Sprintf("d%d.example.com", i))
		server.Set(domains[i], netip.MustParseAddr("192.0.2.10"))
	}
	require.Len(t, r.Lookup(t.Context(), domains), 20)
}

// Where connections of a development's sites go, and that all others are guarded.
func TestConnectionsGoWhereTheyAreSent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	to := strings.TrimPrefix(server.URL, "http://")
	for _, c := range []struct{ pattern, domain, kind string }{
		{"www.example.com", "www.example.com", website.Answers},
		{"*.example.com", "a.b.example.com", website.Answers},
		{"*", "www.example.com", website.Answers},
		{"www.example.com", "127.0.0.1", website.ReservedAddress},
		{"*.0.0.2", "127.0.0.1", website.ReservedAddress},
		{".0.0.1", "127.0.0.1", website.ReservedAddress},
	} {
		checker := website.NewChecker(website.CheckerConfig{ConnectTo: map[string]string{c.pattern: to}})
		require.Equal(t, c.kind, checker.CheckDomain(t.Context(), c.domain).Kind, c)
	}
	allowing := website.NewChecker(website.CheckerConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	require.NotEqual(t, website.ReservedAddress, allowing.CheckDomain(t.Context(), "127.0.0.1").Kind)
}

// A certificate that nobody trusts doesn't hide the page behind it.
func TestSiteBehindABadCertificateIsSeen(t *testing.T) {
	safe := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "*/*", r.Header.Get("Accept"))
		_, _ = w.Write([]byte(website.Snippet(number, targets[0])))
	}))
	defer safe.Close()
	open := httptest.NewServer(http.RedirectHandler("https://safe.example.com/", http.StatusMovedPermanently))
	defer open.Close()
	c := website.NewChecker(website.CheckerConfig{ConnectTo: map[string]string{
		"www.example.com": strings.TrimPrefix(open.URL, "http://"), "safe.example.com": strings.TrimPrefix(safe.URL, "https://")}})
	require.Equal(t, website.Seen, c.CheckHomePage(t.Context(), "http://www.example.com/", number, targets).Kind)
}

func TestGuardAllowsPublicAddressesAndTheProvidersOwn(t *testing.T) {
	own := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32")}
	for address, want := range map[string]struct{ any, web, own bool }{
		"1.1.1.1:80":               {true, true, true},
		"1.1.1.1:443":              {true, true, true},
		"1.1.1.1:21":               {true, false, false},
		"[2606:4700::1111]:443":    {true, true, true},
		"[2606:4700::1111]:8443":   {true, false, false},
		"10.1.2.3:80":              {false, false, true},
		"10.2.2.3:80":              {false, false, false},
		"10.1.2.3:8080":            {false, false, false},
		"127.0.0.1:80":             {false, false, false},
		"169.254.169.254:80":       {false, false, false},
		"[fd00:1::1]:80":           {false, false, true},
		"[fd00:2::1]:80":           {false, false, false},
		"[::1]:80":                 {false, false, false},
		"[::ffff:169.254.1.1]:443": {false, false, false},
	} {
		network := "tcp4"
		if strings.HasPrefix(address, "[") {
			network = "tcp6"
		}
		require.Equal(t, want.any, website.Guard(nil)(network, address, nil) == nil, address)
		require.Equal(t, want.web, website.Guard(nil, 80, 443)(network, address, nil) == nil, address)
		require.Equal(t, want.own, website.Guard(own, 80, 443)(network, address, nil) == nil, address)
	}
}

// The files that servers show for a folder, in the order in which they look for them, and the programs that generate
// pages.
func TestHomePagesOfFolders(t *testing.T) {
	s, to, _ := space(t, webspace.Options{})
	require.NoError(t, s.RemoveFile("u", "index.html"))
	find := func(body, path string) (string, *website.Unfit) {
		page, err := website.FindHomePage(t.Context(), to, website.Policy{}, shownAs(body, path))
		var u *website.Unfit
		if err != nil {
			require.ErrorAs(t, err, &u)
		}
		return page.Name, u
	}
	for _, name := range []string{"index.php", "default.php", "index.asp", "default.asp", "index.aspx", "default.aspx",
		"index.jsp", "index.do"} {
		require.NoError(t, s.SetFile("u", name, []byte("x")))
		_, u := find(plain, "/")
		require.Equal(t, &website.Unfit{Reason: website.UnfitDynamic, Args: map[string]string{"file": name}}, u)
		require.NoError(t, s.RemoveFile("u", name))
	}
	for _, ending := range []string{"php", "asp", "aspx", "jsp", "do", "ACTION"} {
		_, u := find(plain, "/a."+ending)
		require.Equal(t, &website.Unfit{Reason: website.UnfitDynamic, Args: map[string]string{"file": "a." + ending}}, u)
	}
	names := []string{"default.html", "default.htm", "index.shtml", "index.htm", "index.html"}
	for _, name := range names {
		require.NoError(t, s.SetFile("u", name, []byte(plain)))
		found, u := find(plain, "")
		require.Nil(t, u)
		require.Equal(t, name, found)
		found, u = find(plain, "/"+strings.ToUpper(name))
		require.Nil(t, u)
		require.Equal(t, name, found)
	}
	_, u := find("<p>else</p>", "/")
	require.Equal(t, &website.Unfit{Reason: website.UnfitNotServed, Args: map[string]string{"file": "index.html"}}, u)
	for _, name := range names[:4] {
		require.NoError(t, s.RemoveFile("u", name))
	}
	// Of five parts, three are enough.
	require.NoError(t, s.SetFile("u", "index.html", []byte("<a>1<b>2<i>3<p>4<q>5")))
	found, u := find("<a>1<b>2<i>3<p>x", "/")
	require.Nil(t, u)
	require.Equal(t, "index.html", found)
	_, u = find("<a>1<b>2<i>x<p>x", "/")
	require.Equal(t, website.UnfitNotServed, u.Reason)
	_, u = find("<a>1<a>1<a>1<a>1<a>1", "/")
	require.Equal(t, website.UnfitNotServed, u.Reason, "each part counts as often as it is shown")
	require.NoError(t, s.SetFile("u", "index.html", make([]byte, 2<<20+1)))
	_, u = find(plain, "/")
	require.Equal(t, &website.Unfit{Reason: website.UnfitTooBig, Args: map[string]string{"limit": "2048 KiB"}}, u)
	require.NoError(t, s.SetFile("u", "index.htm", []byte(plain)))
	found, u = find(plain, "/")
	require.Nil(t, u)
	require.Equal(t, "index.htm", found, "a huge file next to it isn't the home page")
}

// The preview of a footer, and the difference that customers agree to, show text as it is read, in lines that fit.
func TestPreviewsFitThePage(t *testing.T) {
	page := []byte("<title>t</title><p>one\n two</p><p>three <b>four</b></p><script>x</script><p>" + strings.Repeat("长", 81) + "</p>\n")
	require.Equal(t, []string{"one", "two", "three", "four", strings.Repeat("长", 80)}, website.Foot(page, 9))
	require.Equal(t, []string{"four", strings.Repeat("长", 80)}, website.Foot(page, 2))
	require.Empty(t, website.Foot([]byte("<p> </p>"), 2))

	show := func(before, after string) (signs, texts []string) {
		diff, err := website.Diff([]byte(before), []byte(after))
		require.NoError(t, err)
		for _, l := range diff {
			signs, texts = append(signs, l.Sign), append(texts, l.Text)
		}
		return signs, texts
	}
	signs, texts := show("a\r\nb\rc\nd\n", "a\nb\nx\nd\n")
	require.Equal(t, []string{" ", " ", "-", "+", " "}, signs)
	require.Equal(t, []string{"a", "b", "c", "x", "d"}, texts)
	signs, _ = show("1\n2\n3\n4\n5\n", "1\n2\n3\n4\n5\nx\n")
	require.Equal(t, []string{" ", " ", " ", "+"}, signs, "only what is around it")
	fits, long := strings.Repeat("字", 239), strings.Repeat("字", 241)
	_, texts = show("", fits+"\n")
	require.Equal(t, []string{fits}, texts)
	_, texts = show("", long)
	require.Equal(t, []string{strings.Repeat("字", 240) + "…"}, texts)
	_, texts = show("", fits+"<p>a<b>c\n")
	require.Equal(t, []string{fits, "<p>a", "<b>c"}, texts, "a line that is too long ends before each tag")
}

// Text is read in the encoding that the bytes have, whatever the page says.
func TestTextOfPagesInTheirEncodings(t *testing.T) {
	const gbk = "\xd1\xf9\xc0\xfd" // 样例
	for page, text := range map[string]string{
		"样例": "样例", "\ufeff样例": "样例", gbk: "样例", "<meta charset=gb2312>" + gbk: "<meta charset=gb2312>样例",
		"<meta charset=gb18030>\x81\x30\x81\x30" + gbk: "<meta charset=gb18030>\u0080样例",
		"<meta charset=utf-8>" + gbk:                   "<meta charset=utf-8>样例",
		"<meta charset=iso-8859-1>" + gbk:              "<meta charset=iso-8859-1>样例",
		"<meta charset=big5>\xbc\xcb\xa8\xd2":          "<meta charset=big5>樣例",
		"a\xff":                                        "a�", "": "",
	} {
		require.Equal(t, text, website.PageText([]byte(page)), "%q", page)
	}
}
