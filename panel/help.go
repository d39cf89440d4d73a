package panel

import (
	"html/template"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

const (
	// hitsShown is about two screens.
	hitsShown = 20
	// maxSearch bounds what the search box takes, in characters.
	maxSearch = 80
	// noticesOnHelp are shown on the first page of the help centre, noticesOnOrders
	// above the orders.
	noticesOnHelp, noticesOnOrders = 5, 2
	// pageProcess is the page that has the flow chart, pagePrecheck the one that has
	// an anchor for each rule of the pre-check.
	pageProcess, pagePrecheck = "process", "precheck"
	// pagePapers has an anchor for each paper, pageFields for every other field.
	pagePapers, pageFields = "papers", "fields"
)

// helpRoutes are open to everybody; signed-in people see them in their panel.
func (s *Server) helpRoutes(g *gin.Engine) {
	h := g.Group("/help")
	h.GET("", s.helpHome)
	h.GET("/search", s.helpSearch)
	h.GET("/codes", s.helpCodes)
	h.GET("/notices", s.noticeList)
	h.GET("/notices/:id", s.noticePage)
	for path, kind := range ticketPaths {
		h.GET("/"+path, s.ticketForm(kind))
		h.POST("/"+path, s.dropsKept, s.openTicket(kind))
	}
	h.GET("/asked", s.ticketAsked)
	h.GET("/:page", s.helpPage)
}

func (s *Server) book(c *gin.Context) *help.Book { return s.help.Book(s.texts.For(s.lang(c)).Lang()) }

// helpHead is what every page of the help centre has beside its content.
type helpHead struct {
	Query string
	// Slug is the page that is shown; empty elsewhere.
	Slug  string
	Pages []help.Page
}

func (s *Server) helpHead(c *gin.Context) helpHead { return helpHead{Pages: s.book(c).Pages} }

type helpHomeData struct {
	helpHead
	Notices []noticeShown
	More    bool
}

func (s *Server) helpHome(c *gin.Context) {
	data := helpHomeData{helpHead: s.helpHead(c)}
	var err error
	if data.Notices, err = s.notices(c, noticesOnHelp+1); err != nil {
		s.fail(c, err)
		return
	}
	if data.More = len(data.Notices) > noticesOnHelp; data.More {
		data.Notices = data.Notices[:noticesOnHelp]
	}
	s.render(c, http.StatusOK, "help", page{Title: "help_centre.title", Data: data})
}

type helpPageData struct {
	helpHead
	Page help.Page
	// Flow is the flow chart of the page that has one.
	Flow *flow
}

func (s *Server) helpPage(c *gin.Context) {
	p, ok := s.book(c).Page(c.Param("page"))
	if !ok {
		s.fail(c, store.ErrNotFound)
		return
	}
	data := helpPageData{helpHead: s.helpHead(c), Page: p}
	data.helpHead.Slug = p.Slug
	if p.Slug == pageProcess {
		data.Flow = drawFlow(s.texts.For(s.lang(c)))
	}
	s.render(c, http.StatusOK, "help_page", page{Title: "help_centre.title", Heading: p.Title, Data: data})
}

type helpSearchData struct {
	helpHead
	Hits []help.Hit
	// Codes are values of the code tables that the query names.
	Codes []codeTable
}

// helpSearch looks for a query in the pages and in the code tables.
func (s *Server) helpSearch(c *gin.Context) {
	query := searched(c)
	data := helpSearchData{helpHead: s.helpHead(c), Hits: s.book(c).Search(query, hitsShown)}
	data.Query = query
	if query != "" {
		data.Codes = s.codeTables(c, query)
	}
	s.render(c, http.StatusOK, "help_search", page{Title: "help_centre.search_title", Data: data})
}

// searched is what was typed into a search box, within bounds.
func searched(c *gin.Context) string {
	query := strings.TrimSpace(strings.ToValidUTF8(c.Query("q"), ""))
	if utf8.RuneCountInString(query) > maxSearch {
		query = string([]rune(query)[:maxSearch])
	}
	return query
}

// fieldHelp is the address that explains a form's field; empty when no page does.
// What a name has after a dot tells one such field from the next (approval.3).
func (s *Server) fieldHelp(t *locale.Localizer, form, name string) string {
	name, _, _ = strings.Cut(name, ".")
	page := pageFields
	if form == formPapers {
		page = pagePapers
	}
	return s.placeHelp(t, page, form+"-"+name)
}

// ruleHelp is the address that explains a rule of the pre-check; empty when no
// page does.
func (s *Server) ruleHelp(t *locale.Localizer, rule string) string {
	return s.placeHelp(t, pagePrecheck, rule)
}

func (s *Server) placeHelp(t *locale.Localizer, page, anchor string) string {
	if !s.help.Book(t.Lang()).Has(page, anchor) {
		return ""
	}
	return "/help/" + page + "#" + anchor
}

// reasonHelp is the address that explains a result code of the bureau; empty
// when no page does.
func (s *Server) reasonHelp(c *gin.Context, code int) string {
	if place := s.book(c).Reason(code); place != "" {
		return "/help/" + place
	}
	return ""
}

// helpFuncs are what templates need of the help centre.
func (s *Server) helpFuncs() template.FuncMap {
	return template.FuncMap{
		"fieldHelp": s.fieldHelp,
		"add":       func(a, b int) int { return a + b },
		"minus":     func(a, b int) int { return a - b },
	}
}
