package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/beian/beian/internal/store"
)

// FormatCursor formats a cursor for a URL.
func FormatCursor(c store.Cursor) string { return fmt.Sprintf("%d-%d", c.CreatedAt.UnixMicro(), c.ID) }

// ParseCursor parses what FormatCursor wrote; an empty text is the start.
func ParseCursor(text string) (store.Cursor, error) {
	if text == "" {
		return store.Cursor{}, nil
	}
	at, id, _ := strings.Cut(text, "-")
	micros, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return store.Cursor{}, err
	}
	n, err := strconv.ParseInt(id, 10, 64)
	return store.Cursor{CreatedAt: time.UnixMicro(micros).UTC(), ID: n}, err
}
