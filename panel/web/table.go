package web

import (
	"cmp"
	"context"
	"io"

	"github.com/a-h/templ"
)

// TableSpec describes a table whose rows are of type R, once for its headings, its cells
// and what a screen reader or a phone needs of both.
type TableSpec[R any] struct {
	// Class is put behind the class of every list.
	Class   string
	Columns []Column[R]
	// Row are the attributes of a row, such as the mark that tests find it by.
	Row func(R) templ.OrderedAttributes
	// Empty is the key of what is said where there are no rows.
	Empty string
}

func (t TableSpec[R]) class() string {
	if t.Class == "" {
		return "list"
	}
	return "list " + t.Class
}

func (t TableSpec[R]) attributes(row R) templ.OrderedAttributes {
	if t.Row == nil {
		return nil
	}
	return t.Row(row)
}

// Column is a column of a table.
type Column[R any] struct {
	// Key is the text of the heading, which labels the cells on a phone.
	Key  string
	Cell func(p *Page, row R) templ.Component
	// Actions is a column of buttons: its heading is only heard.
	Actions bool
	// RowHead: its cells name their rows.
	RowHead bool
	// Unlabelled: its cells say by themselves what they are.
	Unlabelled bool
	// Class is of the cells.
	Class string
}

func (c Column[R]) class() string {
	if c.Actions {
		return "act"
	}
	return c.Class
}

func (c Column[R]) labelled() bool { return !c.Actions && !c.RowHead && !c.Unlabelled }

// Mark is one attribute, such as data-order.
func Mark(name, value string) templ.OrderedAttributes {
	return templ.OrderedAttributes{{Key: name, Value: value}}
}

// Text is a component of text alone.
func Text(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(text))
		return err
	})
}

// When is a text under a condition, for attributes that are never left out.
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
	{Key: "draft.theirs", Cell: func(_ *Page, l ConflictLine) templ.Component { return Text(cmp.Or(l.Theirs, "–")) }},
	{Key: "draft.mine", Cell: func(_ *Page, l ConflictLine) templ.Component { return Text(cmp.Or(l.Mine, "–")) }},
}}

// labels are the columns' headings, looked up once for all rows.
func (t TableSpec[R]) labels(p *Page) []string {
	labels := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		labels[i] = p.Text(c.Key)
	}
	return labels
}
