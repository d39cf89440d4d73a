package config

import (
	"fmt"
	"reflect"
	"strings"
)

// words are the fixed texts of the settings table.
type words struct{ head, required, secret, separator string }

var tableWords = map[string]words{
	"en": {
		head:      "| setting | meaning | default |",
		required:  "required",
		secret:    "secret: environment or `%s_FILE` only",
		separator: "; ",
	},
	"zh": {
		head:      "| 设置项 | 含义 | 默认值 |",
		required:  "必填",
		secret:    "机密：只能用环境变量，或用 `%s_FILE` 指定文件",
		separator: "；",
	},
}

// Table lists the settings as the rows of docs/settings.md or, for "zh", of its Chinese edition.
func Table(lang string) string {
	w := tableWords[lang]
	var b strings.Builder
	b.WriteString(w.head + "\n| --- | --- | --- |\n")
	for _, g := range []any{
		Base{}, Provider{}, Panel{}, SMS{}, Mail{}, Staff{}, Bureau{}, Retention{}, Website{}, Worker{}, Status{},
	} {
		t := reflect.TypeOf(g)
		for i := range t.NumField() {
			tag := t.Field(i).Tag
			help, notes := tag.Get("help"), []string(nil)
			if lang == "zh" {
				help = chinese[tag.Get("env")]
			}
			if note := tag.Get("default"); note != "" {
				notes = append(notes, note)
			}
			if tag.Get("required") != "" {
				notes = []string{w.required}
			}
			if tag.Get("secret") != "" {
				notes = append(notes, fmt.Sprintf(w.secret, tag.Get("env")))
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", tag.Get("env"), help, strings.Join(notes, w.separator))
		}
	}
	return b.String()
}
