// Package orderdata has the rules for what a provider says about an order and its web space, in a file or through the
// API.
package orderdata

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/textnorm"
	"github.com/beian/beian/internal/website"
)

// The longest texts, in characters.
const (
	MaxNumber  = 64
	MaxProduct = 128
	// MaxSpace bounds each field of a web space.
	MaxSpace = 255
)

// Scientific is how spreadsheets write long numbers, whose last digits are lost.
var Scientific = regexp.MustCompile(`^[+-]?\d+([.,]\d+)?[eE][+-]?\d+$`)

// forms bring a value into the form that the pages give it; the others are a Line.
var forms = map[string]func(string) string{
	"domains": textnorm.Lines, "ips": textnorm.Lines, "protocol": textnorm.Address, "host": textnorm.Address,
	"port": textnorm.Code, "expires_on": textnorm.Address, "mobile": filing.NormaliseMobile,
	"email": filing.NormaliseEmail,
	// A host compares a password as it was issued.
	"password": func(text string) string { return strings.TrimSpace(textnorm.Clean(text)) },
}

// Form brings a value into the form in which it is stored, by the name of its column or property.
func Form(name, value string) string {
	if form, ok := forms[name]; ok {
		return form(value)
	}
	return textnorm.Line(value)
}

// CheckNumber returns the key of the problem with an order's number, which is part of addresses; empty if it is valid.
func CheckNumber(number string) (key string) {
	switch {
	case number == "":
		return "required"
	case utf8.RuneCountInString(number) > MaxNumber:
		return "too_long"
	case strings.ContainsAny(number, "/\\?#% \t") || strings.ContainsFunc(number, unicode.IsControl):
		return "order_number_characters"
	case Scientific.MatchString(number):
		return "order_number_scientific"
	}
	return ""
}

// CheckSpace finds what is wrong with a web space. It may have no password: then nothing is uploaded by itself.
func CheckSpace(w store.WebSpace) (problems filing.Problems) {
	wrong := func(field, key string, args map[string]any) {
		problems = append(problems, filing.Problem{Field: field, Key: key, Args: args})
	}
	if !slices.Contains(website.Protocols, w.Protocol) {
		wrong("protocol", "choose", nil)
	}
	if w.Port < 1 || w.Port > 65535 {
		wrong("port", "space_port", nil)
	}
	for _, f := range []struct {
		name, value string
		required    bool
	}{
		{"host", w.Host, true}, {"user", w.User, true}, {"password", w.Password, false},
		{"document_root", w.DocumentRoot, false},
	} {
		switch {
		case f.value == "" && f.required:
			wrong(f.name, "required", nil)
		case utf8.RuneCountInString(f.value) > MaxSpace:
			wrong(f.name, "too_long", map[string]any{"max": MaxSpace})
		case strings.ContainsFunc(f.value, unicode.IsControl): // a line break would inject a command
			wrong(f.name, "space_characters", nil)
		case f.name == "host" && strings.ContainsAny(f.value, " /@"):
			wrong(f.name, "space_host", nil)
		}
	}
	return problems
}
