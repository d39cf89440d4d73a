package rules

import (
	"strconv"
	"strings"
	"sync"

	"github.com/beian/beian/internal/filing"
)

// sentences are the texts of rules by name and form of value.
var sentences = sync.OnceValue(func() map[Name]map[string]filing.Bilingual {
	texts := map[Name]map[string]filing.Bilingual{}
	for _, cells := range lines("texts.tsv") {
		name := Name(cells[0])
		if texts[name] == nil {
			texts[name] = map[string]filing.Bilingual{}
		}
		texts[name][cells[1]] = filing.Bilingual{Chinese: cells[2], English: cells[3]}
	}
	return texts
})

// lines are the cells of a built-in file's lines, without its comments; a test checks its format.
func lines(name string) (list [][]string) {
	raw, err := data.ReadFile("data/" + name)
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(raw)) {
		if !strings.HasPrefix(line, "#") {
			list = append(list, strings.Split(strings.TrimRight(line, "\n"), "\t"))
		}
	}
	return list
}

// WordReasons says why a word isn't taken, by the reasons' keys.
func WordReasons() map[string]filing.Bilingual { return sentences()["word"] }

// Sentence says a rule in plain words. For a rule that only the provider's file has, that is its own text, or else its
// name and value.
func (r Rule) Sentence(lang string) string {
	if own := r.Text.In(lang); own != "" {
		return own
	}
	texts := sentences()[r.Name]
	for _, form := range []string{r.Value, digits.ReplaceAllString(r.Value, "#"), all} {
		if text, ok := texts[form]; ok {
			return r.fill(text.In(lang), lang)
		}
	}
	return string(r.Name) + ": " + r.Value
}

// fill puts a rule's value into its sentence.
func (r Rule) fill(text, lang string) string {
	separator := "、"
	if lang == "en" {
		separator = ", "
	}
	pairs := []string{"{v}", strings.ReplaceAll(r.Value, "|", separator)}
	for i, n := range digits.FindAllString(r.Value, -1) {
		pairs = append(pairs, "{"+strconv.Itoa(i+1)+"}", n)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Coverage says what code does with a rule.
type Coverage struct {
	// Group is the part of the page on which it is shown, one of Groups.
	Group string
	// File applies it; empty: none does, and Why says the reason.
	File, Why string
}

// Groups are the parts of the page of rules, in its order.
var Groups = []string{"holder", "manager", "address", "site", "domain", "papers", "change", "review"}

// CoverageOf says what code does with each rule of the built-in data.
var CoverageOf = sync.OnceValue(func() map[Name]Coverage {
	covered := map[Name]Coverage{}
	for _, cells := range lines("coverage.tsv") {
		c := Coverage{Group: cells[1], File: cells[2]}
		if len(cells) > 3 {
			c.Why = cells[3]
		}
		covered[Name(cells[0])] = c
	}
	return covered
})

// Group is the part of the page on which a rule is shown.
func (r Rule) Group() string {
	if c, known := CoverageOf()[r.Name]; known {
		return c.Group
	}
	return "site"
}
