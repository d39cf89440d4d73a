package bureau

import (
	_ "embed"
	"slices"
	"strings"
)

// codeTablesXML has every table of JCDM. Its divisions are all provinces, and the cities and counties of two of them;
// unlike GB/T 2260, Shanghai has one new county and one that no longer exists.
//
//go:embed data/codetables.xml
var codeTablesXML string

var codeTables = func() *node {
	n, err := parse([]byte(codeTablesXML))
	if err != nil {
		panic("data/codetables.xml: " + err.Error())
	}
	return n
}()

// codeTables is JCDM with every table.
func (s *Server) codeTables() string {
	unit := func(id int64, name string) string {
		return "<Bbdw>" + el("Id", id) + el("Dwmc", name) + el("Dwfl", 2) + el("Shengid", s.province()) + el("Sfyx", 1) +
			"</Bbdw>"
	}
	return "<JCDM><Bbdwlb>" + unit(s.options.ISPID, "样例接入服务有限公司") + unit(otherProvider, "另一接入服务有限公司") +
		"</Bbdwlb>" + strings.ReplaceAll(codeTablesXML, "\n", "") + "</JCDM>"
}

// documentTypes are the rows of the table of document types.
const documentTypes = "Zjlx_dms/Zjlx_xx"

// isCode reports whether a table has a value.
func isCode(rows string, id int64) bool {
	return slices.ContainsFunc(codeTables.all(rows), func(n *node) bool { return n.number("Id") == id })
}

// signOf is a province's short name; empty for an unknown province.
func signOf(province string) string {
	if len(province) == 6 {
		for _, n := range codeTables.all("Gj_dms/Gj_dm_xx") {
			if n.text("Shengid")[:2] == province[:2] {
				return n.text("Shengjc")
			}
		}
	}
	return ""
}
