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

// hitsShown is about two screens.
const hitsShown = 20

// maxSearch bounds what the search box takes, in characters.
const maxSearch = 80

// helpHead is what every page of the help centre has beside its content.
type helpHead struct {
	Query string
	// Slug is the page that is shown; empty elsewhere.
	Slug  string
	Pages []help.Page
}

func (p *Pages) helpHead(c *gin.Context) helpHead { return helpHead{Pages: p.Book(c).Pages} }

type helpHomeData struct {
	helpHead
	Announcements []web.ShownAnnouncement
	More          bool
}

func (p *Pages) helpHome(c *gin.Context) error {
	data := helpHomeData{helpHead: p.helpHead(c)}
	var err error
	if data.Announcements, err = p.Announcements(c, web.AnnouncementsOnHelp+1); err != nil {
		return err
	}
	if data.More = len(data.Announcements) > web.AnnouncementsOnHelp; data.More {
		data.Announcements = data.Announcements[:web.AnnouncementsOnHelp]
	}
	return p.RenderTemplate(c, http.StatusOK, "help", web.Page{Title: "help_centre.title", Data: data})
}

type helpPageData struct {
	helpHead
	Page help.Page
	// Flow is the flow chart of the page that has one.
	Flow *flow
}

func (p *Pages) helpPage(c *gin.Context) error {
	thePage, ok := p.Book(c).Page(c.Param("page"))
	if !ok {
		return store.ErrNotFound
	}
	data := helpPageData{helpHead: p.helpHead(c), Page: thePage}
	data.helpHead.Slug = thePage.Slug
	if thePage.Slug == web.PageProcess {
		data.Flow = drawFlow(p.Texts.For(p.Lang(c)))
	}
	return p.RenderTemplate(c, http.StatusOK, "help_page", web.Page{Title: "help_centre.title", Heading: thePage.Title, Data: data})
}

type helpSearchData struct {
	helpHead
	Hits []help.Hit
	// Codes are values of the code tables that the query names.
	Codes []codeTable
}

// helpSearch looks for a query in the pages and in the code tables.
func (p *Pages) helpSearch(c *gin.Context) error {
	query := searched(c)
	data := helpSearchData{helpHead: p.helpHead(c), Hits: p.Book(c).Search(query, hitsShown)}
	data.Query = query
	if query != "" {
		data.Codes = p.codeTables(c, query)
	}
	return p.RenderTemplate(c, http.StatusOK, "help_search", web.Page{Title: "help_centre.search_title", Data: data})
}

// searched is what was typed into a search box, within bounds.
func searched(c *gin.Context) string {
	query := strings.TrimSpace(strings.ToValidUTF8(c.Query("q"), ""))
	if utf8.RuneCountInString(query) > maxSearch {
		query = string([]rune(query)[:maxSearch])
	}
	return query
}
