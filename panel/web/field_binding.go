package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
)

// BoundField ties a form field to a field of a struct. Reading a form, filling one in and showing what was submitted
// all use it.
type BoundField struct {
	Field
	// Value points to a *string, a *bool, a code (*int), codes (*[]int) or lines (*[]string); nil if the page handles
	// the field itself.
	Value any
	// Choices returns the options; nil if there are none.
	Choices func(Choosing) []Option
}

// Choosing is what options depend on: the language, the code tables and the current values.
type Choosing struct {
	*locale.Localizer
	Codes filing.Tables
	Typed url.Values
}

// OneOf offers a single choice from a code table.
func OneOf(pick func(filing.Tables) []filing.Code) func(Choosing) []Option {
	return func(x Choosing) []Option { return Choose(x.Localizer, CodeOptions(x.Lang(), pick(x.Codes))) }
}

// AnyOf offers a multiple choice from a code table.
func AnyOf(pick func(filing.Tables) []filing.Code) func(Choosing) []Option {
	return func(x Choosing) []Option { return CodeOptions(x.Lang(), pick(x.Codes)) }
}

// Divisions offers the divisions below the one chosen in a field.
func Divisions(below string, pick func(filing.Regions, string) []filing.Region) func(Choosing) []Option {
	return func(x Choosing) []Option {
		return Choose(x.Localizer, RegionOptions(pick(x.Codes.Regions, x.Typed.Get(below))))
	}
}

// NoOrYes offers two texts; the first means no.
func NoOrYes(no, yes string) func(Choosing) []Option {
	return func(x Choosing) []Option {
		return []Option{{Value: "no", Label: x.T(no, nil)}, {Value: "yes", Label: x.T(yes, nil)}}
	}
}

// Asked returns the fields as a page asks for them.
func Asked(list []BoundField, x Choosing) []Field {
	fields := make([]Field, len(list))
	for i, f := range list {
		fields[i] = f.Field
		if f.Choices != nil {
			fields[i].Options = f.Choices(x)
		}
	}
	return fields
}

// ReadFields reads the submitted values into the bound fields.
func ReadFields(list []BoundField, v url.Values) {
	for _, f := range list {
		switch to := f.Value.(type) {
		case *string:
			*to = v.Get(f.Name)
		case *bool:
			*to = v.Get(f.Name) == "yes"
		case *int:
			*to = Number(v, f.Name)
		case *[]int:
			*to = numbers(v, f.Name)
		case *[]string:
			*to = filing.ParseLines(v.Get(f.Name))
		}
	}
}

// TypedValues returns the fields' values as if they had been typed.
func TypedValues(list []BoundField) url.Values {
	v := url.Values{}
	for _, f := range list {
		switch from := f.Value.(type) {
		case *string:
			v.Set(f.Name, *from)
		case *bool:
			v.Set(f.Name, map[bool]string{true: "yes", false: "no"}[*from])
		case *int:
			v.Set(f.Name, NumberText(*from))
		case *[]int:
			v[f.Name] = nil
			for _, n := range *from {
				v.Add(f.Name, NumberText(n))
			}
		case *[]string:
			v.Set(f.Name, strings.Join(*from, "\n"))
		}
	}
	return v
}

// NumberText is a number as a field shows it; empty for none (0).
func NumberText[N int | int64](n N) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 10)
}
