package web

import (
	"strings"
)

// MaxOrderSearch bounds what is searched for: no order number or domain is longer.
const MaxOrderSearch = 255

// Search cleans what was typed into a search box.
func Search(text string) string {
	text = strings.TrimSpace(strings.ToValidUTF8(text, ""))
	if len(text) > MaxOrderSearch {
		text = strings.ToValidUTF8(text[:MaxOrderSearch], "")
	}
	return text
}
