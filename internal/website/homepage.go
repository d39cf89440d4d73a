package website

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

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
	return c.visit(ctx, homePage, func(Shown) bool { return false })
}

// FindHomePage finds, on a web space, the file that a site shows as its home page. Unfit says that there is none
// that can be edited.
func FindHomePage(ctx context.Context, space Space, policy Policy, shown Shown) (page HomePage, err error) {
	err = converse(ctx, space, policy, "read_page", func(s *session) error {
		page, err = s.homePage(shown)
		return err
	})
	return page, err
}

func (s *session) homePage(shown Shown) (HomePage, error) {
	folder, wanted := strings.Trim(path.Dir(shown.URL.Path+"x"), "/."), path.Base(shown.URL.Path)
	if strings.HasSuffix(shown.URL.Path, "/") || shown.URL.Path == "" {
		wanted = ""
	}
	names, refusal := s.names(folder)
	if refusal != nil && refusal.Reason != reasonListing {
		return HomePage{}, refusal
	}
	root, _ := s.names("")
	if system := systemOf(shown.Body, append(slices.Clone(names), root...)); system != "" {
		return HomePage{}, unfit(UnfitSystem, "system", system)
	}
	if slices.Contains(dynamicEndings, strings.ToLower(path.Ext(wanted))) {
		return HomePage{}, unfit(UnfitDynamic, "file", wanted)
	}
	guessed := len(names) == 0 // refused, or empty, as some servers say when they refuse; files may be readable
	if guessed {
		names = slices.Concat(staticNames, dynamicNames)
		if wanted != "" {
			names = []string{wanted}
		}
	}
	page, err := s.mostAlike(folder, candidates(names, wanted), firstOf(names, dynamicNames), shown.Body, guessed)
	var u *Unfit
	if refusal != nil && errors.As(err, &u) && u.Reason == UnfitNoPage {
		return page, refusal // there may be one
	}
	return page, err
}

// names are the names in a folder; some servers report an empty folder as an error.
func (s *session) names(folder string) ([]string, *Error) {
	names, err := s.list(folder)
	var e *Error
	if err == nil || errors.Is(err, errMissing) || !errors.As(problem("list", err), &e) {
		return names, nil
	}
	return nil, e
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

// mostAlike is the page that is most like what is shown. Guessed names may be missing.
func (s *session) mostAlike(folder string, names, dynamic []string, shown []byte,
	guessed bool) (best HomePage, err error) {
	if guessed {
		names, dynamic = s.present(folder, names), s.present(folder, dynamic)
	}
	most := 0.0
	for _, name := range names {
		content, err := s.page(path.Join(folder, name))
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

// present are the names that exist.
func (s *session) present(folder string, names []string) []string {
	return slices.DeleteFunc(names, func(n string) bool { return !s.has(path.Join(folder, n)) })
}

// page gets a page, or errMissing.
func (s *session) page(name string) ([]byte, error) {
	content, err := s.read(name, maxHomePage)
	switch {
	case errors.Is(err, errTooMuch):
		return nil, unfit(UnfitTooBig, "limit", fmt.Sprintf("%d KiB", maxHomePage>>10))
	case err != nil && !errors.Is(err, errMissing):
		return nil, problem("read", err)
	}
	return content, err
}
