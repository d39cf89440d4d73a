package web

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// TableSpec describes a table with rows of type R once, for its headings, its cells, and their labels for screen
// readers and phones.
type TableSpec[R any] struct {
	// Class is appended to the class that every list has.
	Class   string
	Columns []Column[R]
	// Attributes returns the table's own, such as the mark that tests find it by.
	Attributes templ.OrderedAttributes
	// Row returns a row's attributes, such as the mark that tests find it by.
	Row func(R) templ.OrderedAttributes
	// Empty is the key of the text shown if there are no rows.
	Empty string
}

func (t TableSpec[R]) class() string { return strings.TrimSpace("list " + t.Class) }

func (t TableSpec[R]) attributes(row R) templ.OrderedAttributes {
	if t.Row == nil {
		return nil
	}
	return t.Row(row)
}

// headed reports whether the table has a heading row, that is, whether any column has a key.
func (t TableSpec[R]) headed() bool {
	return slices.ContainsFunc(t.Columns, func(c Column[R]) bool { return c.Key != "" })
}

// Column is a column of a table.
type Column[R any] struct {
	// Key is the text of the heading, which labels the cells on a phone.
	Key  string
	Cell func(p *Page, row R) templ.Component
	// Actions marks a column of buttons: only screen readers get its heading.
	Actions bool
	// RowHead marks the column whose cells name their rows.
	RowHead bool
	// Unlabelled marks cells that need no label on a phone.
	Unlabelled bool
	// Class is the class of the cells.
	Class string
	// Attributes are a cell's own; may be nil.
	Attributes func(R) templ.OrderedAttributes
}

func (c Column[R]) class() string {
	if c.Actions {
		return "act"
	}
	return c.Class
}

// TextColumn is a column of plain text.
func TextColumn[R any](key string, text func(*Page, R) string) Column[R] {
	return Column[R]{Key: key, Cell: func(p *Page, row R) templ.Component { return Text(text(p, row)) }}
}

// NumberColumn is a column of numbers.
func NumberColumn[R any](key string, number func(R) int) Column[R] {
	return TextColumn(key, func(_ *Page, row R) string { return strconv.Itoa(number(row)) })
}

func (c Column[R]) labelled() bool { return c.Key != "" && !c.Actions && !c.RowHead && !c.Unlabelled }

func (c Column[R]) attributes(row R) templ.OrderedAttributes {
	if c.Attributes == nil {
		return nil
	}
	return c.Attributes(row)
}

// Mark is a single attribute, such as data-order.
func Mark(name, value string) templ.OrderedAttributes {
	return templ.OrderedAttributes{{Key: name, Value: value}}
}

// Text is a component of plain text.
func Text(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(text))
		return err
	})
}

// When is a text under a condition, for attributes that are always present.
func When(condition bool, text string) string {
	if condition {
		return text
	}
	return ""
}

var conflicts = TableSpec[ConflictLine]{Columns: []Column[ConflictLine]{
	{Key: "draft.field", Unlabelled: true, Cell: func(p *Page, l ConflictLine) templ.Component {
		if l.Label != "" {
			return Text(l.Label)
		}
		return Text(p.Text(l.Key))
	}},
	TextColumn("draft.theirs", func(_ *Page, l ConflictLine) string { return cmp.Or(l.Theirs, "–") }),
	TextColumn("draft.mine", func(_ *Page, l ConflictLine) string { return cmp.Or(l.Mine, "–") }),
}}

// labels are the columns' headings, looked up once for all rows.
func (t TableSpec[R]) labels(p *Page) []string {
	labels := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		if c.Key != "" {
			labels[i] = p.Text(c.Key)
		}
	}
	return labels
}

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
