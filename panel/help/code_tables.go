package help

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/width"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/panel/web"
)

// rowsShown bounds how many rows of a table a search shows.
const rowsShown = 60

// codeTable is one of the code tables as the look-up shows it; Name is also its
// anchor, and "codes.NAME" its text.
type codeTable struct {
	Name string
	Rows []codeRow
	// More is the text's key, below "codes.", that says which rows aren't shown.
	More string
}

type codeRow struct {
	Code, Name, English string
	// Open leads to the divisions below a place.
	Open string
	// Note is who must act about a result code: a key below "codes.acts."
	Note string
	// Help leads to what explains a result code.
	Help string
	// places are a place's names in Latin letters.
	places []string
}

type helpCodesData struct {
	helpHead
	Tables []codeTable
	// Region is the place whose divisions are shown, Above what it lies in.
	Region filing.Region
	Above  []filing.Region
	// None: nothing was found.
	None bool
}

// helpCodes is 代码查询: every table that forms choose from, the places, and the
// bureau's result codes.
func (p *Pages) helpCodes(c *gin.Context) error {
	data := helpCodesData{helpHead: p.helpHead(c)}
	query := searched(c)
	data.Tables = p.codeTables(c, query)
	data.Query = ""
	if code := c.Query("region"); query == "" && code != "" {
		regions := p.Tables(c.Request.Context()).Regions
		if data.Region = (filing.Region{Code: code, Name: regions.Name(code)}); data.Region.Name == "" {
			return web.ErrBadRequest
		}
		data.Above = regionsAbove(regions, code)
		data.Tables = []codeTable{{Name: "regions", Rows: regionRows(regionsBelow(regions, code))}}
	}
	data.None = len(data.Tables) == 0
	return p.RenderTemplate(c, http.StatusOK, "help_codes", web.Page{Title: "codes.title", Data: struct {
		helpCodesData
		Search string
	}{data, query}})
}

// codeTables are the tables with the rows that a query names by number or by
// part of the name; all rows without one, but of places the provinces only.
func (p *Pages) codeTables(c *gin.Context, query string) []codeTable {
	t := p.Tables(c.Request.Context())
	tables := []codeTable{
		{Name: "natures", Rows: codeRows(t.Natures)},
		{Name: "documents", Rows: codeRows(t.DocumentTypes)},
		{Name: "regions", Rows: placeRows(t.Regions, query)},
		{Name: "access_modes", Rows: codeRows(t.AccessModes)},
		{Name: "server_places", Rows: codeRows(t.ServerPlaces)},
		{Name: "pre_approvals", Rows: codeRows(t.PreApprovals)},
		{Name: "services", Rows: codeRows(t.Services)},
		{Name: "languages", Rows: codeRows(t.Languages)},
		{Name: "reasons", Rows: codeRows(t.EndingReasons)},
		{Name: "results", Rows: p.resultRows(c)},
	}
	if query == "" {
		results := &tables[len(tables)-1] // most are for staff
		results.Rows = slices.DeleteFunc(results.Rows, func(r codeRow) bool { return r.Note != "customer" })
		results.More = "more_results"
		return tables
	}
	var found []codeTable
	for _, table := range tables {
		table.Rows = slices.DeleteFunc(table.Rows, func(r codeRow) bool { return !r.matches(query) })
		// The place that is called so comes first: Xi'an before Xiangyang.
		same := func(name, query string) bool { return name == query }
		if i := slices.IndexFunc(table.Rows, func(r codeRow) bool { return r.isPlace(query, same) }); i > 0 {
			table.Rows = slices.Concat(table.Rows[i:i+1], table.Rows[:i], table.Rows[i+1:])
		}
		if len(table.Rows) > rowsShown {
			table.Rows, table.More = table.Rows[:rowsShown], "more"
		}
		if len(table.Rows) > 0 {
			found = append(found, table)
		}
	}
	return found
}

func (r codeRow) matches(query string) bool {
	query = strings.ToLower(width.Fold.String(query))
	if r.isPlace(query, strings.HasPrefix) {
		return true
	}
	return r.Code == query || len(query) > 2 && strings.HasPrefix(r.Code, query) || strings.Contains(r.Name, query) || strings.Contains(strings.ToLower(r.English), query)
}

// isPlace tells whether one of a place's names in Latin letters is as a query, or
// begins like it.
func (r codeRow) isPlace(query string, is func(name, query string) bool) bool {
	if len(r.places) == 0 {
		return false
	}
	wanted := filing.FoldPlace(query)
	return wanted != "" && slices.ContainsFunc(r.places, func(name string) bool { return is(filing.FoldPlace(name), wanted) })
}

func codeRows(table []filing.Code) []codeRow {
	rows := make([]codeRow, len(table))
	for i, c := range table {
		rows[i] = codeRow{Code: strconv.Itoa(c.ID), Name: c.Name, English: c.English}
	}
	return rows
}

func (p *Pages) resultRows(c *gin.Context) []codeRow {
	var rows []codeRow
	for _, r := range filing.Refusals() {
		row := codeRow{Code: strconv.Itoa(r.Code), Name: r.Chinese, English: r.English, Note: "customer", Help: p.ReasonHelp(c, r.Code)}
		switch {
		case r.Done:
			row.Note = "done"
		case r.Staff:
			row.Note = "staff"
		}
		rows = append(rows, row)
	}
	return rows
}

// placeRows are the provinces, or every place where something is looked for.
func placeRows(regions filing.Regions, query string) []codeRow {
	list := slices.Clone(regions.Provinces()) // it is everybody's
	if query != "" {
		for _, province := range regions.Provinces() {
			for _, city := range regions.Cities(province.Code) {
				list = append(append(list, city), regions.Counties(city.Code)...)
			}
		}
	}
	return regionRows(list)
}

func regionRows(list []filing.Region) []codeRow {
	rows := make([]codeRow, len(list))
	for i, r := range list {
		rows[i] = codeRow{Code: r.Code, Name: r.Name}
		if names := filing.PlaceNames(r.Code); len(names) > 0 {
			rows[i].English, rows[i].places = names[0], names
		}
		if strings.HasSuffix(r.Code, "00") {
			rows[i].Open = "/help/codes?region=" + r.Code + "#regions"
		}
	}
	return rows
}

// regionsBelow lists the divisions below a province or a city.
func regionsBelow(regions filing.Regions, parent string) []filing.Region {
	if strings.HasSuffix(parent, "0000") {
		return regions.Cities(parent)
	}
	return regions.Counties(parent)
}

func regionsAbove(regions filing.Regions, code string) []filing.Region {
	if len(code) != 6 || strings.HasSuffix(code, "0000") {
		return nil
	}
	province := code[:2] + "0000"
	return []filing.Region{{Code: province, Name: regions.Name(province)}}
}
