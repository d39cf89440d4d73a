package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"
	"golang.org/x/text/width"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
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
	// Follows is the field on whose value the options depend, Lists the address that
	// has them for a value, which is put behind it.
	Follows, Lists string
	// Update: the form has a button for this where there is no JavaScript.
	Update bool

	// Form is the prefix of its texts: "field.FORM.NAME", "help.FORM.NAME". build
	// fills it in, but where a field is the same in every form.
	Form   string
	Values []string
	// Hint and Problem are messages in the reader's language; empty: none. What is
	// read with the field is named by their elements' IDs, h-NAME and e-NAME.
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
	// Note is a message above the form, such as the bureau's reason.
	Note string
	// NoteHelp is the address of what explains the note; empty: nothing does.
	NoteHelp string
	// ReturnTo is the page that a form goes back to, where it isn't the next one.
	ReturnTo string
	// Draft is the mark of a form that is kept while it is typed.
	Draft DraftState
}

// FieldProblem is a line of the summary of a form's problems.
type FieldProblem struct{ Field, Text string }

// Requires tells whether a field must be filled: the page then explains the star.
func (f Form) Requires() bool {
	return slices.ContainsFunc(f.Fields, func(f Field) bool { return f.Required })
}

// HasProblems tells whether the page shows problems, which its title then says.
func (f Form) HasProblems() bool { return len(f.Problems) > 0 }

// List gathers the problems of the fields, in their order, for the summary.
func (f *Form) List(t *locale.Localizer) {
	f.Problems = nil
	for _, field := range f.Fields {
		if field.Problem != "" {
			f.Problems = append(f.Problems,
				FieldProblem{field.Name, t.Labelled(t.T("field."+field.Form+"."+field.Name, nil), field.Problem)})
		}
	}
}

// Build fills a form's fields with values and problems.
func Build(t *locale.Localizer, name string, fields []Field, values url.Values, problems filing.Problems) Form {
	f := Form{Name: name}
	for _, field := range fields {
		if field.Form == "" {
			field.Form = name
		}
		field.Values = values[field.Name]
		field.Options = slices.Clone(field.Options)
		for i := range field.Options {
			field.Options[i].Selected = slices.Contains(field.Values, field.Options[i].Value)
		}
		if hint := "help." + field.Form + "." + field.Name; t.Has(hint) {
			field.Hint = t.T(hint, nil)
		}
		if p := problems.For(field.Name); p != nil {
			field.Problem = t.T("problem."+p.Key, p.Args)
		}
		if field.Type == "password" || field.Type == "captcha" {
			field.Values = nil
		}
		f.Fields = append(f.Fields, field)
	}
	f.List(t)
	return f
}

// PostForm reads a form as it was typed.
func PostForm(c *gin.Context) url.Values {
	if err := c.Request.ParseForm(); err != nil {
		return url.Values{}
	}
	return c.Request.PostForm
}

// notDrafted are fields that no draft has: what is used up, and what isn't typed.
var notDrafted = map[string]bool{
	"action": true, FieldReturnTo: true, "captcha": true, fieldCaptchaAgain: true, "code": true, "sms_code": true,
	"mail_code": true, FieldDraftVersion: true, FieldDraftTab: true, fieldFilesAgain: true,
}

// WithoutSecrets is what may be kept of a form: no password, no code.
func WithoutSecrets(values url.Values) url.Values {
	public := url.Values{}
	for k, v := range values {
		if !notDrafted[k] && !strings.Contains(k, "password") {
			public[k] = v
		}
	}
	return public
}

// Digits reads a code as people type it: with spaces, or by a Chinese keyboard in
// full width (１２３).
func Digits(typed string) string {
	return strings.Join(strings.Fields(width.Fold.String(typed)), "")
}

// CodeOptions offers a code table.
func CodeOptions(lang string, table []filing.Code) []Option {
	options := make([]Option, len(table))
	for i, c := range table {
		options[i] = Option{Value: strconv.Itoa(c.ID), Label: c.In(lang)}
	}
	return options
}

// RegionOptions offers administrative divisions.
func RegionOptions(list []filing.Region) []Option {
	options := make([]Option, len(list))
	for i, r := range list {
		options[i] = Option{Value: r.Code, Label: r.Name}
	}
	return options
}

// Choose puts an empty first choice before options.
func Choose(t *locale.Localizer, options []Option) []Option {
	return append([]Option{{Label: t.T("form.choose", nil)}}, options...)
}

// Number reads a number that was typed or chosen; 0 if it is none.
func Number(values url.Values, name string) int {
	n, _ := strconv.Atoi(values.Get(name)) // what isn't a number is no choice
	return n
}

func numbers(values url.Values, name string) []int {
	var list []int
	for _, v := range values[name] {
		if n, err := strconv.Atoi(v); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// DateTimeField is how a browser sends a field of type datetime-local.
const DateTimeField = "2006-01-02T15:04"

// QueryNumber is a number of the query; nonsense is 0.
func QueryNumber(c *gin.Context, name string) int {
	n, _ := strconv.Atoi(c.Query(name))
	return n
}

// Trimmed is a value without the spaces around it.
func Trimmed(v url.Values, name string) string { return strings.TrimSpace(v.Get(name)) }
