package bureau

import (
	_ "embed"
	"errors"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// A bureau's systems aren't written in Go, so the stand-in has its own GBK: Python's, which is as strict as that of
// libxml2. What the client encodes by another table must pass it. A line for each first byte (81 to FE) has the
// characters of the second bytes 40 to 7E and 80 to FE; U+FFFD where there is none.
//
//go:embed data/gbk.txt
var gbkTable string

const (
	firstLead, firstTrail, noTrail = 0x81, 0x40, 0x7F
	trails                         = 190 // of each first byte
)

// gbkPairs are the characters of each pair of bytes, and the pair of each character.
var gbkPairs = sync.OnceValues(func() (characters []rune, pairs map[rune]string) {
	pairs = map[rune]string{}
	for _, r := range strings.ReplaceAll(gbkTable, "\n", "") {
		if r != utf8.RuneError {
			i := len(characters)
			trail := firstTrail + i%trails
			if trail >= noTrail {
				trail++
			}
			pairs[r] = string([]byte{byte(firstLead + i/trails), byte(trail)})
		}
		characters = append(characters, r)
	}
	return characters, pairs
})

var errGBK = errors.New("the file has bytes that are not GBK")

// decodeGBK decodes a text, or fails at the first byte that isn't GBK.
func decodeGBK(content []byte) (string, error) {
	characters, _ := gbkPairs()
	var b strings.Builder
	b.Grow(len(content) + len(content)/2)
	for i := 0; i < len(content); i++ {
		c := content[i]
		if c < utf8.RuneSelf {
			b.WriteByte(c)
			continue
		}
		if i++; c < firstLead || i == len(content) || content[i] < firstTrail || content[i] == noTrail {
			return "", errGBK
		}
		trail := int(content[i]) - firstTrail
		if content[i] > noTrail {
			trail--
		}
		at := (int(c)-firstLead)*trails + trail
		if trail >= trails || at >= len(characters) || characters[at] == utf8.RuneError {
			return "", errGBK
		}
		b.WriteRune(characters[at])
	}
	return b.String(), nil
}

// encodeGBK encodes a text, with a question mark for a character that isn't in GBK.
func encodeGBK(text string) string {
	_, pairs := gbkPairs()
	var b strings.Builder
	for _, r := range text {
		if pair, ok := pairs[r]; ok {
			b.WriteString(pair)
		} else if r < utf8.RuneSelf {
			b.WriteByte(byte(r))
		} else {
			b.WriteByte('?')
		}
	}
	return b.String()
}

// charsetReader decodes a data file that declares its encoding.
func charsetReader(label string, in io.Reader) (io.Reader, error) {
	if !strings.EqualFold(label, "GBK") {
		return charset.NewReaderLabel(label, in)
	}
	content, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	text, err := decodeGBK(content)
	return strings.NewReader(text), err
}
