package website

import (
	"bytes"
	"slices"
	"strings"
)

// Systems that make home pages and that many sites in China run; the place of
// the number in each one's settings is in the locale files below
// "footer_system.". Those that write static pages would undo an edit with the
// next one they write.
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
var Systems = []string{SystemWordPress, SystemDiscuz, SystemDede, SystemEmpire, SystemPHPCMS, SystemZBlog, SystemTypecho}

// systemMarks are what gives a system away: words in its pages, and files or
// folders in its document root.
var systemMarks = []struct {
	system       string
	words, files []string
}{
	{SystemWordPress, []string{"/wp-content/", "/wp-includes/", `content="WordPress`}, []string{"wp-config.php", "wp-includes"}},
	{SystemDiscuz, []string{"Powered by Discuz", "discuz_uid", `content="Discuz!`}, []string{"uc_server"}},
	{SystemDede, []string{"DedeCMS", "/templets/default/", "/plus/search.php"}, []string{"templets", "dede"}},
	{SystemEmpire, []string{"EmpireCMS", "/e/search/index.php", "/e/member/"}, nil},
	{SystemPHPCMS, []string{"/phpcms/", "index.php?m=content&c=index"}, []string{"phpcms"}},
	{SystemZBlog, []string{"/zb_users/", `content="Z-Blog`}, []string{"zb_users"}},
	{SystemTypecho, []string{"/usr/themes/", `content="Typecho`}, nil},
}

// systemOf names the system that makes a page, by the page and the names beside
// it; empty: none that is known.
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
