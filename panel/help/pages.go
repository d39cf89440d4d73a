package help

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// sectionsOpen is the longest table of contents that is open from the start.
const sectionsOpen = 12

// hitsShown bounds the results of a search: about two screens.
const hitsShown = 20

// maxSearch is the longest search, in characters.
const maxSearch = 80

// helpHead is the navigation of a page of the help centre.
type helpHead struct {
	// Slug is the help page that is shown; empty on other pages.
	Slug  string
	Pages []help.Page
}

func (p *Pages) helpHead(c *gin.Context) helpHead { return helpHead{Pages: p.Book(c).Pages} }

type helpHomeData struct {
	helpHead
	Announcements []web.ShownAnnouncement
	More          bool
	// TicketNews: there is an answer to a question of the reader.
	TicketNews bool
}

func (p *Pages) helpHome(c *gin.Context) error {
	data := helpHomeData{helpHead: p.helpHead(c)}
	news := p.TicketNews(c)
	list, err := p.Announcements(c, web.AnnouncementsOnHelp+1)
	if err == nil {
		data.TicketNews, err = news()
	}
	if err != nil {
		return err
	}
	data.More = len(list) > web.AnnouncementsOnHelp
	data.Announcements = list[:min(len(list), web.AnnouncementsOnHelp)]
	return p.Render(c, http.StatusOK, web.Page{Title: "help_centre.title"}, web.With(homePage, data))
}

type helpPageData struct {
	helpHead
	Page help.Page
	// Flow is the page's flow chart, if it has one.
	Flow *flow
}

func (p *Pages) helpPage(c *gin.Context) error {
	found, ok := p.Book(c).Page(c.Param("page"))
	if !ok {
		return store.ErrNotFound
	}
	data := helpPageData{helpHead: p.helpHead(c), Page: found}
	data.Slug = found.Slug
	if found.Slug == web.PageProcess {
		data.Flow = drawFlow(p.T(c))
	}
	page := web.Page{Title: "help_centre.title", Heading: data.Page.Title}
	return p.Render(c, http.StatusOK, page, web.With(helpPage, data))
}

type helpSearchData struct {
	helpHead
	Query string
	Hits  []help.Hit
	// Codes are the rows of code tables that match.
	Codes []codeTable
}

// helpSearch searches the pages and the code tables.
func (p *Pages) helpSearch(c *gin.Context) error {
	query := searched(c)
	data := helpSearchData{helpHead: p.helpHead(c), Query: query, Hits: p.Book(c).Search(query, hitsShown)}
	if query != "" {
		data.Codes = p.codeTables(c, query)
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "help_centre.search_title"}, web.With(searchPage, data))
}

// hitURL leads to a section that was found.
func hitURL(hit help.Hit) string {
	address := web.URL("/help/%s", hit.Slug)
	if hit.Anchor != "" {
		address += "#" + hit.Anchor
	}
	return address
}

// searched is the text of a search, cut to its longest.
func searched(c *gin.Context) string {
	query := strings.TrimSpace(strings.ToValidUTF8(c.Query("q"), ""))
	if utf8.RuneCountInString(query) > maxSearch {
		query = string([]rune(query)[:maxSearch])
	}
	return query
}
