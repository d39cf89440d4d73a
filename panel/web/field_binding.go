package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
)

// BoundField is a field of a form that fills a struct: how it is asked, and where its value
// goes. Reading a form, filling one in, and showing what was submitted all follow it.
type BoundField struct {
	Field
	// Value points to a *string, a *bool, a code (*int), codes (*[]int) or lines (*[]string);
	// nil: the field is the page's own.
	Value any
	// Choices are the options, where there are any.
	Choices func(Choosing) []Option
}

// Choosing is what options depend on: the language, the code tables, and what is chosen already.
type Choosing struct {
	*locale.Localizer
	Codes filing.Tables
	Typed url.Values
}

// OneOf offers a code table to choose one value from.
func OneOf(pick func(filing.Tables) []filing.Code) func(Choosing) []Option {
	return func(x Choosing) []Option { return Choose(x.Localizer, CodeOptions(x.Lang(), pick(x.Codes))) }
}

// AnyOf offers a code table to choose any number of values from.
func AnyOf(pick func(filing.Tables) []filing.Code) func(Choosing) []Option {
	return func(x Choosing) []Option { return CodeOptions(x.Lang(), pick(x.Codes)) }
}

// Divisions offers the divisions below what is chosen in a field.
func Divisions(below string, pick func(filing.Regions, string) []filing.Region) func(Choosing) []Option {
	return func(x Choosing) []Option {
		return Choose(x.Localizer, RegionOptions(pick(x.Codes.Regions, x.Typed.Get(below))))
	}
}

// NoOrYes offers two texts, of which the first stands for no.
func NoOrYes(no, yes string) func(Choosing) []Option {
	return func(x Choosing) []Option {
		return []Option{{Value: "no", Label: x.T(no, nil)}, {Value: "yes", Label: x.T(yes, nil)}}
	}
}

// Asked are the fields as a page asks them.
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

// ReadFields reads what was typed to where the fields' values go.
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

// TypedValues are the fields' values as they would be typed.
func TypedValues(list []BoundField) url.Values {
	v := url.Values{}
	for _, f := range list {
		switch from := f.Value.(type) {
		case *string:
			v.Set(f.Name, *from)
		case *bool:
			v.Set(f.Name, map[bool]string{true: "yes", false: "no"}[*from])
		case *int:
			v.Set(f.Name, code(*from))
		case *[]int:
			v[f.Name] = nil
			for _, n := range *from {
				v.Add(f.Name, code(n))
			}
		case *[]string:
			v.Set(f.Name, strings.Join(*from, "\n"))
		}
	}
	return v
}

func code(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
