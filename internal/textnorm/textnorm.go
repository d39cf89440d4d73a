// Package textnorm brings text that people typed or pasted, or that comes from other systems, into one form, and knows
// which characters the bureaus' data files can hold.
//
// Clean is for every text as it arrives. Line, Lines, Address and Code are for fields: one line, several lines,
// addresses, in which the width of a character doesn't mean anything, and numbers, in which spaces don't either.
package textnorm

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Clean drops what nobody sees and nobody typed: control and format characters (zero-width spaces, marks of the
// writing direction, byte order marks), variation selectors and fillers. It turns every kind of space into U+0020 and
// every kind of line break into U+000A, composes letters with their accents, and replaces radicals and compatibility
// forms of Chinese characters, as PDF files contain them, by the characters themselves. Bytes that aren't UTF-8 become
// U+FFFD.
func Clean(text string) string {
	if plain(text) {
		return text
	}
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch {
		case lineBreak(r):
			b.WriteByte('\n')
		case r == '\t' || unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		case invisible(r):
		case variantForm(r):
			b.WriteString(norm.NFKC.String(radicals.Replace(string(r))))
		default:
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// Line is a text for a field of one line: clean, on one line, without spaces around it, and with full-width letters,
// digits and signs, which Chinese input methods produce, in their usual width.
func Line(text string) string { return strings.ReplaceAll(Lines(text), "\n", " ") }

// Lines is Line for a field that may have several lines.
func Lines(text string) string {
	return strings.TrimSpace(lookalikes.Replace(norm.NFC.String(width.Fold.String(Clean(text)))))
}

// lookalikes are characters that data files can't hold, or that folding makes such, with the ones that people mean: the
// dot in names of minorities has many code points, of which GBK has one.
var lookalikes = strings.NewReplacer("•", "·", "‧", "·", "⋅", "·", "・", "·", "\u0387", "·", "¥", "￥", "¢", "￠",
	"£", "￡", "¬", "￢", "¯", "￣", "¦", "￤", "\u2011", "-", "\u2212", "-", "\u2012", "–", "〜", "~")

// radicals are those of the CJK Radicals Supplement that PDF files contain in place of simplified characters, and that
// have no compatibility form (Unicode, EquivalentUnifiedIdeograph.txt).
var radicals = strings.NewReplacer("⺠", "民", "⻁", "虎", "⻄", "西", "⻅", "见", "⻆", "角", "⻉", "贝", "⻋", "车",
	"⻓", "长", "⻔", "门", "⻘", "青", "⻙", "韦", "⻚", "页", "⻛", "风", "⻜", "飞", "⻝", "食", "⻢", "马", "⻣", "骨",
	"⻤", "鬼", "⻥", "鱼", "⻦", "鸟", "⻧", "卤", "⻨", "麦", "⻩", "黄", "⻬", "齐", "⻮", "齿", "⻰", "龙")

// Code is a text for a number: an Address without any spaces.
func Code(text string) string {
	return norm.NFKC.String(strings.Join(strings.Fields(Address(text)), ""))
}

// Address is a text for a host, a mail address or a range: a line with a hyphen for a dash of any kind or two (——, as
// Chinese keyboards write it), and with compatibility forms (①) as the characters that they stand for. Spaces within it
// stay, since they may separate two addresses.
func Address(text string) string {
	var b strings.Builder
	dash := false
	for _, r := range norm.NFKC.String(strings.ReplaceAll(Clean(text), "\n", " ")) {
		other := r != '-' && isDash(r)
		switch {
		case !other:
			b.WriteRune(r)
		case !dash:
			b.WriteByte('-')
		}
		dash = other
	}
	return norm.NFKC.String(strings.TrimSpace(b.String()))
}

// isDash reports whether a character is a dash of any kind, or one that is typed for it.
func isDash(r rune) bool {
	return unicode.Is(unicode.Pd, r) || r == '\u2212' || r == '\u2500' || r == '\u2501' // minus, box drawing
}

// IsASCII reports whether a text has only ASCII characters.
func IsASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// plain reports whether Clean has nothing to do: most texts of forms are ASCII.
func plain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c >= unicode.MaxASCII || c < ' ' && c != '\n' {
			return false
		}
	}
	return true
}

func lineBreak(r rune) bool {
	switch r {
	case '\n', '\v', '\f', '\r', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

func invisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point,
		unicode.Noncharacter_Code_Point)
}

// variantForm reports whether a character is another form of a Chinese character: a radical or a compatibility
// ideograph.
func variantForm(r rune) bool {
	return r >= 0x2E80 && r <= 0x2FDF || r >= 0xF900 && r <= 0xFAFF || r >= 0x2F800 && r <= 0x2FA1F
}
