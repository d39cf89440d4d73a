package web

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"
)

// Field is one field of a form, ready to be drawn.
type Field struct {
	Name string
	// Type is text, email, tel, password, code, textarea, select, checkboxes, captcha or fixed.
	Type         string
	Required     bool
	Autocomplete string
	Maxlength    int
	Options      []Option
	// Follows is the field on whose value the options depend, Lists the address that has
	// them for a value, which is put behind it.
	Follows, Lists string
	// Update: the form has a button for this where there is no JavaScript.
	Update bool

	// Form is the prefix of its texts: "field.FORM.NAME", "help.FORM.NAME".
	Form   string
	Values []string
	// Hint and Problem are messages in the reader's language; empty: none. The input names
	// their elements, h-NAME and e-NAME, as its description.
	Hint, Problem string
}

// Option is a choice of a field.
type Option struct {
	Value, Label string
	Selected     bool
}

// Value is the first of the values.
func (f Field) Value() string {
	if len(f.Values) == 0 {
		return ""
	}
	return f.Values[0]
}

func (f Field) label(p *Page) string { return p.Text("field." + f.Form + "." + f.Name) }

// class marks a field that must be corrected.
func (f Field) class() string {
	if f.Problem != "" {
		return "field wrong"
	}
	return "field"
}

func (f Field) describedBy() string {
	switch {
	case f.Problem == "" && f.Hint == "":
		return ""
	case f.Problem == "":
		return "h-" + f.Name
	case f.Hint == "":
		return "e-" + f.Name
	}
	return "e-" + f.Name + " h-" + f.Name
}

// Aria says of an input what a screen reader tells of its field.
func (f Field) Aria() templ.OrderedAttributes {
	var attrs templ.OrderedAttributes
	add := func(name, value string) { attrs = append(attrs, templ.KeyValue[string, any]{Key: name, Value: value}) }
	if f.Maxlength > 0 {
		add("maxlength", strconv.Itoa(f.Maxlength))
	}
	if f.Required {
		add("aria-required", "true")
	}
	if f.Problem != "" {
		add("aria-invalid", "true")
	}
	if ids := f.describedBy(); ids != "" {
		add("aria-describedby", ids)
	}
	return attrs
}

// Form is a form of fields with what was typed and what is wrong.
type Form struct {
	Name     string
	Fields   []Field
	Problems []FieldProblem
	// Note is a message above the form, such as the bureau's reason; NoteHelp the address
	// of what explains it, if any.
	Note, NoteHelp string
	// From is the page that a form returns to, where it isn't the next one.
	From string
	// Draft is the state of a form that is saved while it is typed.
	Draft DraftState
}

// FieldProblem is a line of the summary of problems.
type FieldProblem struct{ Field, Text string }

// Requires tells whether a field must be filled: the page then explains the star.
func (f Form) Requires() bool {
	return slices.ContainsFunc(f.Fields, func(f Field) bool { return f.Required })
}

// DraftState is what a page carries of its draft.
type DraftState struct {
	Version int64
	Tab     string
	// Key seals what the browser keeps of the form while it can't be saved.
	Key string
	// Conflict: another page saved since this one was made; Lines are the fields that differ.
	Conflict bool
	Lines    []ConflictLine
}

// ConflictLine is a field that two pages filled differently; Label is its name where that
// isn't the text of the Key.
type ConflictLine struct{ Key, Label, Mine, Theirs string }
