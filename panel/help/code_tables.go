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

// tableResults is the table of the bureau's result codes.
const tableResults = "results"

// rowsShown bounds the rows of a table that a search shows.
const rowsShown = 60

// codeTable is a code table as the look-up shows it. Name is also its anchor; "codes.NAME" is its title.
type codeTable struct {
	Name string
	Rows []codeRow
	// More says which rows aren't shown: a key below "code_tables."
	More string
}

type codeRow struct {
	Code, Name, English string
	// Open leads to the divisions below a place.
	Open string
	// Note is who must act on a result code: a key below "code_tables.acts."
	Note string
	// Help is the address that explains a result code.
	Help string
	// places are a place's names in the Latin alphabet.
	places []string
}

type helpCodesData struct {
	helpHead
	Tables []codeTable
	// Region is the place whose divisions are shown, Above the places that it lies in.
	Region filing.Region
	Above  []filing.Region
	// Search is the search; None: nothing matches.
	Search string
	None   bool
}

// codeColumns are the columns of a table; of result codes it also says who must act.
func codeColumns(name string) web.TableSpec[codeRow] {
	columns := []web.Column[codeRow]{{Key: "code_tables.code", Cell: codeCell}, {Key: "code_tables.name", Cell: codeName}}
	if name == tableResults {
		columns = append(columns, web.TextColumn("code_tables.who", func(p *web.Page, r codeRow) string {
			return p.Text("code_tables.acts." + r.Note)
		}))
	}
	return web.TableSpec[codeRow]{Columns: columns}
}

// name is what a row is called in a language: only result codes have texts of ours in both.
func (r codeRow) name(lang string) string {
	if lang == "en" && r.Note != "" {
		return r.English
	}
	return r.Name
}

// english is the translation that stands behind a Chinese name; empty: none is needed.
func (r codeRow) english(lang string) string {
	if lang != "en" || r.Note != "" || r.Open == "" && r.English == r.Name {
		return ""
	}
	return r.English
}

// helpCodes is 代码查询: the tables that forms choose from, the places, and the bureau's result codes.
func (p *Pages) helpCodes(c *gin.Context) error {
	query := searched(c)
	data := helpCodesData{helpHead: p.helpHead(c), Search: query, Tables: p.codeTables(c, query)}
	if code := c.Query("region"); query == "" && code != "" {
		regions := p.Tables(c.Request.Context()).Regions
		if data.Region = (filing.Region{Code: code, Name: regions.Name(code)}); data.Region.Name == "" {
			return web.ErrBadRequest
		}
		data.Above = regionsAbove(regions, code)
		data.Tables = []codeTable{{Name: "regions", Rows: regionRows(regionsBelow(regions, code))}}
	}
	data.None = len(data.Tables) == 0
	return p.Render(c, http.StatusOK, web.Page{Title: "code_tables.title"}, web.With(codesPage, data))
}

// codeTables are the tables with the rows whose code or name matches a query. Without a query they
// have all rows, but only the provinces of the places.
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
		{Name: tableResults, Rows: p.resultRows(c)},
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
		// An exact match comes first: Xi'an before Xiangyang.
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
	return r.Code == query || len(query) > 2 && strings.HasPrefix(r.Code, query) ||
		strings.Contains(r.Name, query) || strings.Contains(strings.ToLower(r.English), query)
}

// isPlace tells whether one of a place's Latin names compares to a query as is says.
func (r codeRow) isPlace(query string, is func(name, query string) bool) bool {
	if len(r.places) == 0 {
		return false
	}
	wanted := filing.FoldPlace(query)
	return wanted != "" && slices.ContainsFunc(r.places, func(name string) bool {
		return is(filing.FoldPlace(name), wanted)
	})
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
		row := codeRow{
			Code: strconv.Itoa(r.Code), Name: r.Chinese, English: r.English,
			Note: "customer", Help: p.ReasonHelp(c, r.Code),
		}
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

// placeRows are the provinces; for a search they are all places.
func placeRows(regions filing.Regions, query string) []codeRow {
	list := slices.Clone(regions.Provinces()) // the original is shared
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
			rows[i].Open = regionURL(r.Code)
		}
	}
	return rows
}

// regionURL shows the divisions of a place.
func regionURL(code string) string { return web.URL("/help/codes?region=%s#regions", code) }

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
