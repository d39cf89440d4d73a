package web

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/textnorm"
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
	// Follows names the field whose value determines the options. Lists is the address that returns them; the value is
	// appended to it.
	Follows, Lists string
	// HiddenIf names the field that hides this one, by a script, while it has HiddenValue.
	HiddenIf, HiddenValue string
	// Update adds a button that reloads the options without JavaScript.
	Update bool

	// Form is the prefix of the texts: "field.FORM.NAME", "help.FORM.NAME". Build sets it unless the field is the same
	// in every form.
	Form   string
	Values []string
	// Hint, Advice and Problem are messages in the reader's language, or empty. Their elements have the IDs h-NAME,
	// a-NAME and e-NAME, so that screen readers read them with the field. Advice needs no correction.
	Hint, Advice, Problem string
}

// Option is a choice in a field.
type Option struct {
	Value, Label string
	Selected     bool
}

// Value is the first value, or empty.
func (f Field) Value() string {
	if len(f.Values) == 0 {
		return ""
	}
	return f.Values[0]
}

func (f Field) label(p *Page) string { return p.Text("field." + f.Form + "." + f.Name) }

// class marks a field that needs correction.
func (f Field) class() string { return "field" + When(f.Problem != "", " wrong") }

func (f Field) describedBy() string {
	return strings.Join(strings.Fields(When(f.Problem != "", "e-"+f.Name)+" "+When(f.Advice != "", "a-"+f.Name)+" "+
		When(f.Hint != "", "h-"+f.Name)), " ")
}

// hiding are the attributes that tell the script when to hide the field.
func (f Field) hiding() templ.OrderedAttributes {
	if f.HiddenIf == "" {
		return nil
	}
	return templ.OrderedAttributes{
		{Key: "data-hidden-if", Value: f.HiddenIf}, {Key: "data-hidden-value", Value: f.HiddenValue}}
}

// Aria returns the attributes that tell a screen reader about the input's field.
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

// Form is a set of fields with their values and problems.
type Form struct {
	Name     string
	Fields   []Field
	Problems []FieldProblem
	// Note is a message above the form, such as the bureau's reason.
	Note string
	// NoteHelp is the address of a page that explains the note, or empty.
	NoteHelp string
	// ReturnTo is the page to go to after the form, unless it is the usual next one.
	ReturnTo string
	// Draft is the state of the draft, for a form that is saved while people type.
	Draft DraftState
}

// FieldProblem is a line in the summary of a form's problems.
type FieldProblem struct{ Field, Text string }

// Requires reports whether any field is required; the page then explains the star.
func (f Form) Requires() bool {
	return slices.ContainsFunc(f.Fields, func(f Field) bool { return f.Required })
}

// HasProblems reports whether the page shows problems, which its title must announce.
func (f Form) HasProblems() bool { return len(f.Problems) > 0 }

// List collects the fields' problems in order, for the summary.
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

// PostForm reads a form as typed.
func PostForm(c *gin.Context) url.Values {
	if err := c.Request.ParseForm(); err != nil {
		return url.Values{}
	}
	return c.Request.PostForm
}

// notDrafted are fields that drafts leave out: one-time values and values that aren't typed.
var notDrafted = map[string]bool{
	"action": true, FieldReturnTo: true, "captcha": true, fieldCaptchaAgain: true, "code": true, "sms_code": true,
	"mail_code": true, FieldDraftVersion: true, FieldDraftTab: true, fieldFilesAgain: true,
}

// WithoutSecrets returns the values that may be stored: no passwords, no codes.
func WithoutSecrets(values url.Values) url.Values {
	public := url.Values{}
	for k, v := range values {
		if !notDrafted[k] && !strings.Contains(k, "password") {
			public[k] = v
		}
	}
	return public
}

// Digits normalises a typed code: it removes spaces and converts full-width digits (１２３).
func Digits(typed string) string { return textnorm.Code(typed) }

// CodeOptions turns a code table into options.
func CodeOptions(lang string, table []filing.Code) []Option {
	options := make([]Option, len(table))
	for i, c := range table {
		options[i] = Option{Value: strconv.Itoa(c.ID), Label: c.In(lang)}
	}
	return options
}

// RegionOptions turns administrative divisions into options.
func RegionOptions(list []filing.Region) []Option {
	options := make([]Option, len(list))
	for i, r := range list {
		options[i] = Option{Value: r.Code, Label: r.Name}
	}
	return options
}

// Choose prepends an empty choice to options.
func Choose(t *locale.Localizer, options []Option) []Option {
	return append([]Option{{Label: t.T("controls.choose", nil)}}, options...)
}

// Number parses a number that was typed or chosen; 0 if it isn't one.
func Number(values url.Values, name string) int {
	n, _ := strconv.Atoi(textnorm.Code(values.Get(name))) // 0 if it isn't a number
	return n
}

func numbers(values url.Values, name string) []int {
	var list []int
	for _, v := range values[name] {
		if n, err := strconv.Atoi(textnorm.Code(v)); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// DateTimeField is the format of datetime-local inputs.
const DateTimeField = "2006-01-02T15:04"

// QueryNumber parses a number in the query; 0 if it isn't one.
func QueryNumber(c *gin.Context, name string) int {
	n, _ := strconv.Atoi(c.Query(name))
	return n
}

// PathID is an ID in the path; nonsense is 0, which nothing has.
func PathID(c *gin.Context, name string) int64 { return parseID(c.Param(name)) }

// QueryID is an ID in the query, such as that of the last row of the page before; 0 if there is none.
func QueryID(c *gin.Context, name string) int64 { return parseID(c.Query(name)) }

func parseID(text string) int64 {
	id, _ := strconv.ParseInt(text, 10, 64)
	return id
}

// WithID passes a handler what an ID in its path names.
func WithID[T any](
	name string, find func(context.Context, int64) (T, error), handle func(*gin.Context, T) error) Handler {
	return func(c *gin.Context) error {
		found, err := find(c.Request.Context(), PathID(c, name))
		if err != nil {
			return err
		}
		return handle(c, found)
	}
}

// CheckText says what is wrong with a typed text: it has more than most characters, or is empty where that is a
// problem, whose key is empty.
func CheckText(field, text string, most int, empty string) filing.Problems {
	switch {
	case text == "" && empty != "":
		return filing.Problems{{Field: field, Key: empty}}
	case utf8.RuneCountInString(text) > most:
		return filing.Problems{{Field: field, Key: "too_long", Args: map[string]any{"max": most}}}
	}
	return nil
}

// StatusOf is the status of a form's page.
func StatusOf(problems filing.Problems) int {
	if len(problems) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// TextOptions are values as options; prefix and value are the keys of their texts.
func TextOptions[S ~string](t *locale.Localizer, prefix string, values ...S) []Option {
	options := make([]Option, len(values))
	for i, v := range values {
		options[i] = Option{Value: string(v), Label: t.T(prefix+string(v), nil)}
	}
	return options
}

// Trimmed is a value without surrounding spaces.
func Trimmed(v url.Values, name string) string { return strings.TrimSpace(v.Get(name)) }

// MaxOrderSearch limits search texts: no order number or domain is longer.
const MaxOrderSearch = 255

// Search cleans up the text of a search box.
func Search(text string) string {
	text = textnorm.Line(text)
	if len(text) > MaxOrderSearch {
		text = strings.ToValidUTF8(text[:MaxOrderSearch], "")
	}
	return text
}

// NewToken identifies one rendering of a form, so that sending it twice creates only one row.
func NewToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// ValidToken reports whether a text has the form of a token from NewToken.
func ValidToken(token string) bool {
	raw, err := hex.DecodeString(token)
	return err == nil && len(raw) == 16
}

// NullID is an ID that may be missing (0).
func NullID(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }
