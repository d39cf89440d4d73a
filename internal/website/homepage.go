package website

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/jlaffaye/ftp"

	"github.com/beian/beian/internal/extcall"
)

// HomePage is a home page's file on a web space.
type HomePage struct {
	// Name is its path below the document root.
	Name    string
	Content []byte
}

// staticNames are the index files that servers show for a folder, in their usual order; dynamicEndings belong to
// generated pages.
var (
	staticNames  = []string{"index.html", "index.htm", "index.shtml", "default.htm", "default.html"}
	dynamicNames = []string{"index.php", "default.php", "index.asp", "default.asp", "index.aspx", "default.aspx",
		"index.jsp", "index.do"}
	dynamicEndings = []string{".php", ".asp", ".aspx", ".jsp", ".do", ".action"}
)

const (
	// minLikeness is how much of a file the site must show for it to be that page: servers and accelerators insert
	// things into pages, but never most of them.
	minLikeness = 0.6
	// maxCandidates exceeds the number of names.
	maxCandidates = 12
)

// Shown is what a site shows as its home page.
type Shown struct {
	Body []byte
	// URL is where the redirects led.
	URL         *url.URL
	ContentType string
}

// HomePageOf fetches a home page as a visitor does.
func (c *Checker) HomePageOf(ctx context.Context, homePage string) (_ Shown, finding Finding) {
	ctx, done := extcall.Begin(ctx, extcall.Site, "page")
	defer func() { done(finding.Kind) }()
	body, response, finding := c.fetchFrom(ctx, homePage, maxHomePage)
	if !finding.OK {
		return Shown{}, finding
	}
	return Shown{Body: body, URL: response.Request.URL, ContentType: response.Header.Get("Content-Type")}, finding
}

// FindHomePage finds, on a web space, the file that a site shows as its home page. Unfit says that there is none
// that can be edited.
func FindHomePage(ctx context.Context, space Space, policy Policy, shown Shown) (_ HomePage, err error) {
	ctx, done := extcall.Begin(ctx, extcall.WebSpace, "read_page")
	defer func() { done(result(err)) }()
	s, end, err := open(ctx, space, policy)
	if err != nil {
		return HomePage{}, err
	}
	defer end()
	folder, wanted := strings.Trim(path.Dir(shown.URL.Path+"x"), "/."), path.Base(shown.URL.Path)
	if strings.HasSuffix(shown.URL.Path, "/") || shown.URL.Path == "" {
		wanted = ""
	}
	names := s.list(folder)
	if system := systemOf(shown.Body, append(names, s.list("")...)); system != "" {
		return HomePage{}, unfit(UnfitSystem, "system", system)
	}
	if slices.Contains(dynamicEndings, strings.ToLower(path.Ext(wanted))) {
		return HomePage{}, unfit(UnfitDynamic, "file", wanted)
	}
	return s.mostAlike(folder, candidates(names, wanted), firstOf(names, dynamicNames), shown.Body)
}

// candidates are the files of a folder that could be its home page, or the one in the address.
func candidates(names []string, wanted string) []string {
	if wanted != "" {
		return firstOf(names, []string{strings.ToLower(wanted)})
	}
	return firstOf(names, staticNames)
}

// firstOf returns the names that are wanted, ignoring case, in the order of wanted.
func firstOf(names, wanted []string) (list []string) {
	for _, w := range wanted {
		for _, n := range names {
			if strings.EqualFold(n, w) && !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
	}
	return list[:min(len(list), maxCandidates)]
}

func (s *session) mostAlike(folder string, names, dynamic []string, shown []byte) (best HomePage, err error) {
	most := 0.0
	for _, name := range names {
		content, err := s.read(path.Join(folder, name))
		var u *Unfit
		if errors.As(err, &u) && len(names) > 1 {
			continue
		}
		if err != nil {
			return best, err
		}
		if likeness := likeness(content, shown); likeness > most {
			most, best = likeness, HomePage{Name: path.Join(folder, name), Content: content}
		}
	}
	switch {
	case most >= minLikeness:
		return best, nil
	case len(dynamic) > 0:
		return best, unfit(UnfitDynamic, "file", dynamic[0])
	case len(names) > 0:
		return best, unfit(UnfitNotServed, "file", names[0])
	}
	return best, unfit(UnfitNoPage)
}

// likeness is the share of a file, cut at its tags, that the site shows.
func likeness(file, shown []byte) float64 {
	if bytes.Equal(file, shown) {
		return 1.1 // more than one that is merely contained
	}
	there := map[string]int{}
	for piece := range bytes.SplitSeq(shown, []byte("<")) {
		there[string(bytes.TrimSpace(piece))]++
	}
	all, seen := 0, 0
	for piece := range bytes.SplitSeq(file, []byte("<")) {
		text := string(bytes.TrimSpace(piece))
		if text == "" {
			continue
		}
		all++
		if there[text] > 0 {
			there[text]--
			seen++
		}
	}
	if all == 0 {
		return 0
	}
	return float64(seen) / float64(all)
}

// session is an FTP session with a web space, in its document root.
type session struct{ c *ftp.ServerConn }

// open opens a session; end closes it.
func open(ctx context.Context, space Space, policy Policy) (s *session, end func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, conversationTimeout)
	c, err := connect(ctx, space, policy)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	end = func() {
		_ = c.Quit() // the work is done or has failed by now
		cancel()
	}
	if err := c.Login(space.User, space.Password); err != nil {
		end()
		return nil, nil, problem("login", err)
	}
	if space.DocumentRoot != "" {
		if err := c.ChangeDir(space.DocumentRoot); err != nil {
			end()
			return nil, nil, problem("directory", err)
		}
	}
	return &session{c}, end, nil
}

// list is the names in a folder; some servers report an empty folder as an error.
func (s *session) list(folder string) (names []string) {
	entries, err := s.c.NameList(folder)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		names = append(names, path.Base(strings.ReplaceAll(e, `\`, "/")))
	}
	return names
}

// errMissing says that there is no such file.
var errMissing = errors.New("no such file")

// read gets a page, or errMissing.
func (s *session) read(name string) ([]byte, error) {
	r, err := s.c.Retr(name)
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code == 550 {
		return nil, errMissing
	}
	if err != nil {
		return nil, problem("read", err)
	}
	content, err := io.ReadAll(io.LimitReader(r, maxHomePage+1))
	if len(content) > maxHomePage {
		_ = r.SetDeadline(time.Now()) // the rest isn't needed
		_ = r.Close()
		return nil, unfit(UnfitTooBig, "limit", fmt.Sprintf("%d KiB", maxHomePage>>10))
	}
	if closeErr := r.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, problem("read", err)
	}
	return content, nil
}
