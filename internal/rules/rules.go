// Package rules holds the rules that vary: by province, by provider and over the years. They are data with source and
// date (data/*.tsv); a provider's staff changes them with a file that overlays the built-in ones. docs/rules.md
// explains the format. The package does no I/O.
package rules

import (
	"cmp"
	"embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/beian/beian/internal/filing"
)

// Name is what a rule is about. The constants in names.go are those that code applies.
type Name string

// Certainty is how well a rule is known.
type Certainty string

// The values.
const (
	// Sure: two independent sources agree, or it is the rule's own text.
	Sure Certainty = "sure"
	// OneSource: one source, or sources that contradict each other.
	OneSource Certainty = "one_source"
	// Old: no source since 2021, or an edition that was replaced.
	Old Certainty = "old"
)

// Subject is whom a rule is about.
type Subject string

// The values; Everybody is also what a rule is called that is about persons and units.
const (
	Everybody Subject = all
	Person    Subject = "person"
	Unit      Subject = "unit"
)

// SubjectOf is the subject that a holder of a nature is; Everybody while the nature isn't known.
func SubjectOf(nature int) Subject {
	switch nature {
	case 0:
		return Everybody
	case filing.NaturePerson:
		return Person
	}
	return Unit
}

// all stands for every province, subject or kind in a line; without removes what it overlays.
const (
	all     = "*"
	without = "-"
)

// Origin is where a line of the data comes from.
type Origin struct {
	Certainty Certainty
	// Source names pages by the short names of Sources. Date is a day, month or year; "~2021-07/2023-08" is an estimate
	// for a page without a date; empty: unknown.
	Source, Date string
	// Own: it comes from the provider's own file.
	Own bool
}

// SuffixList is where the list of suffixes comes from, for what it doesn't have. RegistrantIsHolder is the
// common rule about registrants, where no province's own holds.
var (
	SuffixList         = Origin{Certainty: OneSource, Source: "TX 备案域名", Date: "2020-07-24"}
	RegistrantIsHolder = Origin{Certainty: Sure, Source: "HW kb/faq/备案驳回咨询; TX 常见驳回原因及其处理; QC modify_site",
		Date: "2025-12-31"}
)

// Rule is a rule of a province.
type Rule struct {
	// Province is a GB/T 2260 code; "*": every province without a rule of the same name.
	Province string
	Subject  Subject
	// Kind is a kind of filing; "*": each.
	Kind  filing.Kind
	Name  Name
	Value string
	Origin
	// Text is a sentence of the provider's own that says the rule; otherwise Sentence makes one.
	Text filing.Bilingual
}

// National reports whether it is the default for all provinces.
func (r Rule) National() bool { return r.Province == all }

// Word is a word, or a form such as <digits>, that names of sites shouldn't have.
type Word struct {
	Province string
	Subject  Subject
	Word     string
	// Reason is a key of WordReasons.
	Reason string
	Origin
}

// Suffix is a domain suffix that the ministry approved, or that a provider's file says it didn't.
type Suffix struct {
	// Name is an A-label without a leading dot.
	Name string
	// Use is who it is meant for: any, government, nonprofit, education, research or defence; no: not approved.
	Use string
	// Beijing says whether it is on the list that Beijing keeps: yes, no or unlisted.
	Beijing string
	Origin
}

// Approved reports whether a domain with the suffix can be filed.
func (s Suffix) Approved() bool { return s.Use != "no" }

// Verification is a fact about the ministry's SMS verification.
type Verification struct {
	Item string
	// Kinds are the kinds of filing, or parts of a change (change_holder …); empty: each.
	Kinds []string
	// Who are the managers it is about: holder_manager, site_manager, nobody or unclear; empty: whoever verifies.
	Who   []string
	Value string
	Origin
}

// Source is where rules come from.
type Source struct {
	Short string
	filing.Bilingual
	// URL is a page or a host, without its scheme; empty: none.
	URL string
}

// Book has all rules. It is never changed, so it is safe for concurrent use.
type Book struct {
	Rules         []Rule
	Words         []Word
	Suffixes      map[string]Suffix
	Verifications []Verification
	Sources       []Source
}

//go:embed data
var data embed.FS

// files are the built-in files in the order in which they are read.
var files = []string{"sources.tsv", "provinces.tsv", "words.tsv", "suffixes.tsv", "sms.tsv"}

// BuiltIn are the rules that apply if no setting names a file; a test checks their format.
var BuiltIn = sync.OnceValue(func() *Book {
	book, err := Load(nil)
	if err != nil {
		panic(err)
	}
	return book
})

// Load applies a provider's own file to the built-in rules; nil: there is none. Errors name the line and the column.
func Load(own []byte) (*Book, error) {
	book := &Book{Suffixes: map[string]Suffix{}}
	for _, name := range files {
		raw, err := data.ReadFile("data/" + name)
		if err == nil {
			err = book.read(raw, false)
		}
		if err != nil {
			return nil, fileError(name, err)
		}
	}
	if err := book.read(own, true); err != nil {
		return nil, err
	}
	return book, nil
}

// Case is what rules are looked up for.
type Case struct {
	// Province is the bureau's GB/T 2260 code.
	Province string
	// Subject is Everybody while it isn't known: then only rules about everybody hold.
	Subject Subject
	Kind    filing.Kind
}

// CaseOf is the case that a dossier is.
func CaseOf(d filing.Dossier) Case {
	return Case{Province: d.Province(), Subject: SubjectOf(d.Holder.Nature), Kind: d.Kind.OrNew()}
}

// For returns the rules of a name that hold in a case; most names have one at most. A province's own rules replace the
// national ones, those for the kind replace those for each kind, and those for the subject replace those for everybody.
func (b *Book) For(c Case, name Name) []Rule {
	var held []Rule
	best := 0
	for _, r := range b.Rules {
		if r.Name != name || !r.holds(c) {
			continue
		}
		switch rank := r.rank(); {
		case rank > best:
			held, best = []Rule{r}, rank
		case rank == best:
			held = append(held, r)
		}
	}
	if len(held) > 0 && held[0].Value == without {
		return nil
	}
	return held
}

// One returns the first of the rules of a name that hold in a case.
func (b *Book) One(c Case, name Name) (r Rule, ok bool) {
	held := b.For(c, name)
	if len(held) == 0 {
		return r, false
	}
	return held[0], true
}

// All returns every rule that holds in a case, in the order of the names.
func (b *Book) All(c Case) []Rule {
	names := map[Name]bool{}
	for _, r := range b.Rules {
		names[r.Name] = true
	}
	var list []Rule
	for name := range names {
		list = append(list, b.For(c, name)...)
	}
	slices.SortStableFunc(list, func(a, b Rule) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return list
}

func (r Rule) holds(c Case) bool {
	return (r.Province == all || r.Province == c.Province) && (r.Subject == Everybody || r.Subject == c.Subject) &&
		(r.Kind == all || r.Kind == c.Kind)
}

// rank orders rules of the same name; 0 is none.
func (r Rule) rank() int {
	rank := 1
	for i, own := range []bool{r.Subject != Everybody, r.Kind != all, r.Province != all} {
		if own {
			rank += 1 << i
		}
	}
	return rank
}

// WordsFor are the words for a case: the nation's, then the province's.
func (b *Book) WordsFor(c Case) []Word {
	var list []Word
	for _, w := range b.Words {
		if (w.Province == all || w.Province == c.Province) && (w.Subject == Everybody || w.Subject == c.Subject) &&
			w.Reason != without {
			list = append(list, w)
		}
	}
	slices.SortStableFunc(list, func(x, y Word) int { return cmp.Compare(nation(y.Province), nation(x.Province)) })
	return list
}

func nation(province string) int {
	if province == all {
		return 1
	}
	return 0
}

// SuffixOf is the longest listed suffix of a domain; the domain is normalised.
func (b *Book) SuffixOf(domain string) (s Suffix, known bool) {
	for rest, found := domain, true; found; {
		if _, rest, found = strings.Cut(rest, "."); found {
			if s, known = b.Suffixes[rest]; known {
				return s, true
			}
		}
	}
	return s, false
}

// Verified are the facts about an item of the SMS verification for a kind of filing, those for the kind first.
func (b *Book) Verified(item, kind string) []Verification {
	var of, each []Verification
	for _, v := range b.Verifications {
		switch {
		case v.Item != item || v.Value == without:
		case slices.Contains(v.Kinds, kind):
			of = append(of, v)
		case len(v.Kinds) == 0:
			each = append(each, v)
		}
	}
	return append(of, each...)
}

// SourcesOf are the known sources that an origin names, in its order.
func (b *Book) SourcesOf(o Origin) []Source {
	var list []Source
	for part := range strings.SplitSeq(o.Source, ";") {
		short, _, _ := strings.Cut(strings.TrimSpace(part), " ")
		i := slices.IndexFunc(b.Sources, func(s Source) bool { return s.Short == short })
		if i >= 0 && !slices.Contains(list, b.Sources[i]) {
			list = append(list, b.Sources[i])
		}
	}
	return list
}

// Credit names an origin's sources for people: short names are written out, with the titles of pages. What only finds a
// page in a copy of the source (kb/procedures, doc_0214) is left out, except in the provider's own file.
func (b *Book) Credit(o Origin, lang string) string {
	var parts []string
	for part := range strings.SplitSeq(o.Source, ";") {
		part = strings.TrimSpace(part)
		short, page, _ := strings.Cut(part, " ")
		if i := slices.IndexFunc(b.Sources, func(s Source) bool { return s.Short == short }); i >= 0 {
			part = b.Sources[i].In(lang) + titled(page, lang)
			if o.Own {
				part = strings.TrimSpace(b.Sources[i].In(lang) + " " + page)
			}
		}
		if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	if lang == "en" {
		return strings.Join(parts, "; ")
	}
	return strings.Join(parts, "；")
}

// titled is the title in a page's path, ready to follow the source's name; empty if there is none.
func titled(page, lang string) string {
	var title []string
	for segment := range strings.SplitSeq(page, "/") {
		var words []string
		for _, word := range strings.Fields(segment) {
			if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				words = append(words, strings.ReplaceAll(word, "+", "、"))
			}
		}
		if len(words) > 0 {
			title = append(title, strings.Join(words, " "))
		}
	}
	switch {
	case len(title) == 0:
		return ""
	case lang == "en":
		return ", “" + strings.Join(title, " · ") + "”"
	}
	return "《" + strings.Join(title, " · ") + "》"
}
