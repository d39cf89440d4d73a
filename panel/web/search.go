package web

import (
	"strings"
)

// MaxOrderSearch limits search texts: no order number or domain is longer.
const MaxOrderSearch = 255

// Search cleans up the text of a search box.
func Search(text string) string {
	text = strings.TrimSpace(strings.ToValidUTF8(text, ""))
	if len(text) > MaxOrderSearch {
		text = strings.ToValidUTF8(text[:MaxOrderSearch], "")
	}
	return text
}
