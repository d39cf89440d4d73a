package filing

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// The names in Latin letters of the provinces and cities of GB/T 2260: the code, the name used in English texts, and
// alternative names for searching. They are the pinyin that github.com/mozillazg/go-pinyin 0.21.0 generates from the
// names in regions.tsv without their class (省, 市, 自治州), with manual corrections for characters with several readings
// (长, 重, 厦, 六), and with the customary names of places that aren't called by their pinyin (ISO 3166-2:CN for
// provinces).
//
//go:embed data/places.tsv
var placesTSV string

// PlaceNames are a division's names in Latin letters, the usual one first; none for counties and for divisions newer
// than the list.
func PlaceNames(code string) []string { return places()[code] }

var places = sync.OnceValue(func() map[string][]string {
	names := map[string][]string{}
	for cells := range rows(placesTSV) {
		names[cells[0]] = cells[1:]
	}
	return names
})

// FoldPlace makes spellings of a place's name equal, such as Xi'an, XIAN and xi an.
func FoldPlace(name string) string {
	plain := transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)),
		runes.Remove(runes.Predicate(func(r rune) bool { return !unicode.IsLetter(r) })))
	folded, _, err := transform.String(plain, name)
	if err != nil { // unreadable text can't be a place's name
		return ""
	}
	return strings.ToLower(folded)
}
