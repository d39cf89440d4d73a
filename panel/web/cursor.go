package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// FormatCursor formats a cursor for a URL.
func FormatCursor(c store.Cursor) string { return fmt.Sprintf("%d-%d", c.CreatedAt.UnixMicro(), c.ID) }

// QueryCursor is where a page of a list starts according to its address; nonsense is the start.
func QueryCursor(c *gin.Context) store.Cursor {
	cursor, err := ParseCursor(c.Query("after"))
	if err != nil {
		return store.Cursor{}
	}
	return cursor
}

// Paged cuts a list, which was read with one row more than a page has; next is the address of the next page.
func Paged[R, A any](list []R, size int, after func(last R) A) (page []R, next A) {
	if len(list) <= size {
		return list, next
	}
	return list[:size], after(list[size-1])
}

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
