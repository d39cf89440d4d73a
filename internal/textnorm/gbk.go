package textnorm

import (
	_ "embed"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/encoding/simplifiedchinese"
)

//go:embed data/gbk.tsv
var gbkTSV string

// gbkRanges are the ranges of characters beyond ASCII that every reader of GBK knows, in ascending order.
var gbkRanges = sync.OnceValue(func() (ranges [][2]rune) {
	for line := range strings.Lines(gbkTSV) {
		if line[0] == '#' {
			continue
		}
		first, last, _ := strings.Cut(strings.TrimSpace(line), "\t")
		from, _ := strconv.ParseInt(first, 16, 32) // a test checks the file's format
		to, _ := strconv.ParseInt(last, 16, 32)
		ranges = append(ranges, [2]rune{rune(from), rune(to)})
	}
	return ranges
})

// Permitted reports whether a data file can hold a character: XML 1.0 allows it, and every reader of GBK takes it.
func Permitted(r rune) bool {
	if r < 0x80 {
		return r >= ' ' && r < 0x7F || r == '\n' || r == '\t' || r == '\r'
	}
	ranges := gbkRanges()
	i := sort.Search(len(ranges), func(i int) bool { return ranges[i][1] >= r })
	return i < len(ranges) && ranges[i][0] <= r
}

// Unpermitted is the first character of a text that a data file can't hold, as a reader can recognise it (“䶮”,
// U+4DAE); empty if there is none.
func Unpermitted(text string) string {
	for _, r := range text {
		switch {
		case Permitted(r):
		case strconv.IsPrint(r):
			return fmt.Sprintf("%c (U+%04X)", r, r)
		default:
			return fmt.Sprintf("U+%04X", r)
		}
	}
	return ""
}

// GBK encodes a text that has only permitted characters.
func GBK(text string) ([]byte, error) {
	if c := Unpermitted(text); c != "" {
		return nil, fmt.Errorf("a character isn't one of GBK")
	}
	return simplifiedchinese.GBK.NewEncoder().Bytes([]byte(text))
}
