package web

import (
	"html/template"
	"io/fs"
	"regexp"
)

var (
	tableTags  = regexp.MustCompile(`<(table|thead|tbody|tr|th|td)\b( scope="row")?`)
	tableRoles = map[string]string{"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "th": "columnheader", "td": "cell"}
)

// withRoles names the roles of tables and their parts: on a phone the styles show
// rows as blocks, and Safari takes what isn't displayed as a table for none.
func withRoles(source string) string {
	return tableTags.ReplaceAllStringFunc(source, func(tag string) string {
		m := tableTags.FindStringSubmatch(tag)
		role := tableRoles[m[1]]
		if m[2] != "" {
			role = "rowheader"
		}
		return tag + ` role="` + role + `"`
	})
}

// ParseFiles parses every file of templates.
func ParseFiles(t *template.Template, files fs.FS) (*template.Template, error) {
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		source, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if _, err := t.New(name).Parse(withRoles(string(source))); err != nil {
			return nil, err
		}
	}
	return t, nil
}
