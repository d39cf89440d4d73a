package website

import (
	"bytes"
	"slices"
	"strings"
)

// Content management systems that many sites in China run; the locale files below "footer_system." say where each
// one's settings have the number. Those that write static pages would undo an edit with the next page they write.
const (
	SystemWordPress = "wordpress"
	SystemDiscuz    = "discuz"
	SystemDede      = "dedecms"
	SystemEmpire    = "empirecms"
	SystemPHPCMS    = "phpcms"
	SystemZBlog     = "zblog"
	SystemTypecho   = "typecho"
)

// Systems lists them.
var Systems = []string{SystemWordPress, SystemDiscuz, SystemDede, SystemEmpire, SystemPHPCMS, SystemZBlog,
	SystemTypecho}

// systemMarks identify a system: words in its pages, and files or folders in its document root.
var systemMarks = []struct {
	system       string
	words, files []string
}{
	{SystemWordPress, []string{"/wp-content/", "/wp-includes/", `content="WordPress`},
		[]string{"wp-config.php", "wp-includes"}},
	{SystemDiscuz, []string{"Powered by Discuz", "discuz_uid", `content="Discuz!`}, []string{"uc_server"}},
	{SystemDede, []string{"DedeCMS", "/templets/default/", "/plus/search.php"}, []string{"templets", "dede"}},
	{SystemEmpire, []string{"EmpireCMS", "/e/search/index.php", "/e/member/"}, nil},
	{SystemPHPCMS, []string{"/phpcms/", "index.php?m=content&c=index"}, []string{"phpcms"}},
	{SystemZBlog, []string{"/zb_users/", `content="Z-Blog`}, []string{"zb_users"}},
	{SystemTypecho, []string{"/usr/themes/", `content="Typecho`}, nil},
}

// systemOf is the system that generates a page, by the page and the names next to it; empty if none is recognised.
func systemOf(page []byte, names []string) string {
	page = bytes.ToLower(page)
	for _, m := range systemMarks {
		for _, w := range m.words {
			if bytes.Contains(page, []byte(strings.ToLower(w))) {
				return m.system
			}
		}
		for _, f := range m.files {
			if slices.Contains(names, f) {
				return m.system
			}
		}
	}
	return ""
}
