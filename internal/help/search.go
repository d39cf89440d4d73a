package help

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

const (
	// maxQuery limits a query's length, in characters.
	maxQuery = 80
	// titleWeight is how much more a word in a heading counts.
	titleWeight = 4
	// snippetRunes is about three lines on a phone.
	snippetRunes = 90
	// relevant is the minimum score of a hit relative to the best one.
	relevant = 0.05
	// BM25's usual constants: saturation and the weight of length.
	bm25K, bm25B = 1.2, 0.6
)

// Hit is a section that matches a query.
type Hit struct {
	Slug, Anchor, PageTitle string
	Title, Snippet          []Part
	score                   float64
}

// Part is a piece of a text; Marked if it matches the query.
type Part struct {
	Text   string
	Marked bool
}

// index is an inverted index over sections. Chinese has no spaces between words, so its terms are pairs of characters,
// and single characters for queries of one. Letters and digits form whole words.
type index struct {
	sections []indexed
	postings map[string]map[int]float64 // term to weighted count by section
	length   float64                    // average
}

type indexed struct {
	slug, anchor, pageTitle, title, text string
	length                               float64
}

// token is a term with its position in the text.
type token struct {
	term     string
	from, to int
	pair     bool
}

func newIndex(pages []Page) index {
	x := index{postings: map[string]map[int]float64{}}
	for _, p := range pages {
		all := append([]Section{{Title: p.Title, text: p.Lead}}, p.Sections...)
		for _, s := range all {
			x.add(indexed{slug: p.Slug, anchor: s.Anchor, pageTitle: p.Title, title: s.Title, text: s.text})
		}
	}
	for _, s := range x.sections {
		x.length += s.length / float64(len(x.sections))
	}
	return x
}

func (x *index) add(s indexed) {
	id := len(x.sections)
	count := func(text string, weight float64) {
		for _, t := range tokens(text) {
			if x.postings[t.term] == nil {
				x.postings[t.term] = map[int]float64{}
			}
			x.postings[t.term][id] += weight
			s.length++
		}
	}
	count(s.title, titleWeight)
	count(s.text, 1)
	x.sections = append(x.sections, s)
}

// tokens returns a text's terms in order.
func tokens(text string) []token {
	var list []token
	var before rune // the previous Chinese character, for pairs
	beforeAt, wordAt := 0, -1
	endWord := func(to int) {
		if wordAt >= 0 {
			list = append(list, token{term: fold(text[wordAt:to]), from: wordAt, to: to})
			wordAt = -1
		}
	}
	for i, r := range text {
		han := unicode.Is(unicode.Han, r)
		switch {
		case han:
			endWord(i)
			to := i + utf8.RuneLen(r)
			list = append(list, token{term: string(r), from: i, to: to})
			if before != 0 {
				list = append(list, token{term: string(before) + string(r), from: beforeAt, to: to, pair: true})
			}
			before, beforeAt = r, i
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if wordAt < 0 {
				wordAt = i
			}
		default:
			endWord(i)
		}
		before = 0
	}
	endWord(len(text))
	return list
}

// fold makes equal words compare equal: full-width forms, case, the English plural.
func fold(word string) string {
	word = strings.ToLower(width.Fold.String(word))
	if len(word) > 3 && !strings.HasSuffix(word, "ss") {
		word = strings.TrimSuffix(word, "s")
	}
	return word
}

// wanted returns a query's terms: pairs for Chinese, and a character only if it stands alone; a word of three letters
// or more also matches as a prefix.
func (x *index) wanted(query string) []map[string]bool {
	list := tokens(query)
	paired := map[int]bool{}
	for _, t := range list {
		if t.pair {
			_, size := utf8.DecodeRuneInString(query[t.from:])
			paired[t.from], paired[t.from+size] = true, true
		}
	}
	var terms []map[string]bool
	seen := map[string]bool{}
	for _, t := range list {
		r, _ := utf8.DecodeRuneInString(t.term)
		if seen[t.term] || unicode.Is(unicode.Han, r) && !t.pair && paired[t.from] {
			continue
		}
		seen[t.term] = true
		same := map[string]bool{t.term: true}
		if !unicode.Is(unicode.Han, r) && len(t.term) >= 3 {
			for term := range x.postings {
				if strings.HasPrefix(term, t.term) {
					same[term] = true
				}
			}
		}
		terms = append(terms, same)
	}
	return terms
}

// Search finds the sections that match a query, best first, at most limit.
func (b *Book) Search(query string, limit int) []Hit {
	if r := []rune(query); len(r) > maxQuery {
		query = string(r[:maxQuery])
	}
	x := &b.index
	terms := x.wanted(query)
	scores, matched := map[int]float64{}, map[int]int{}
	marks := map[string]bool{}
	for _, same := range terms {
		counts := map[int]float64{}
		for term := range same {
			marks[term] = true
			for id, n := range x.postings[term] {
				counts[id] += n
			}
		}
		rarity := math.Log(1 + (float64(len(x.sections))-float64(len(counts))+0.5)/(float64(len(counts))+0.5))
		for id, n := range counts {
			long := 1 - bm25B + bm25B*x.sections[id].length/x.length
			scores[id] += rarity * n * (bm25K + 1) / (n + bm25K*long)
			matched[id]++
		}
	}
	var hits []Hit
	for id, score := range scores {
		share := float64(matched[id]) / float64(len(terms))
		s := x.sections[id]
		hits = append(hits, Hit{
			Slug: s.slug, Anchor: s.anchor, PageTitle: s.pageTitle, score: score * share * share,
			Title: marked(s.title, marks), Snippet: snippet(s.text, marks),
		})
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.Slug, b.Slug), cmp.Compare(a.Anchor, b.Anchor))
	})
	for i, h := range hits { // sharing one common pair with a long question doesn't make it an answer
		if h.score < hits[0].score*relevant {
			hits = hits[:i]
			break
		}
	}
	return hits[:min(limit, len(hits))]
}
