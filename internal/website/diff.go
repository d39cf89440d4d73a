package website

import (
	"strings"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
)

// DiffLine is a line of a unified difference.
type DiffLine struct {
	// Sign is "+", "-" or " ".
	Sign, Text string
}

// maxDiffLine is how much of a line is shown, in characters: some pages are a single line.
const maxDiffLine = 240

// Diff is the unified difference of two pages around the changes, in the text that people read.
func Diff(before, after []byte) ([]DiffLine, error) {
	old, edited := readable(PageText(before)), readable(PageText(after))
	unified, err := udiff.ToUnifiedDiff("", "", old, udiff.Lines(old, edited), udiff.DefaultContextLines)
	if err != nil {
		return nil, err
	}
	signs := map[udiff.OpKind]string{udiff.Insert: "+", udiff.Delete: "-", udiff.Equal: " "}
	var lines []DiffLine
	for _, hunk := range unified.Hunks {
		for _, l := range hunk.Lines {
			lines = append(lines, DiffLine{Sign: signs[l.Kind], Text: strings.TrimRight(l.Content, "\n")})
		}
	}
	return lines, nil
}

// readable breaks overlong lines before each tag, and cuts what is still too long: both pages in the same way, so
// that the difference stays small.
func readable(text string) string {
	var b strings.Builder
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	for line := range strings.SplitAfterSeq(text, "\n") {
		if utf8.RuneCountInString(line) <= maxDiffLine {
			b.WriteString(line)
			continue
		}
		for piece := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "<", "\n<"), "\n") {
			if runes := []rune(piece); len(runes) > maxDiffLine {
				piece = string(runes[:maxDiffLine]) + "…"
			}
			if piece != "" {
				b.WriteString(piece + "\n")
			}
		}
	}
	return b.String()
}

// footWidth is how much of each text in a page's footer is shown, in characters.
const footWidth = 80

// Foot returns a page's last texts, for a preview of its footer.
func Foot(page []byte, texts int) (shown []string) {
	between := func(c rune) bool { return c == joint || c == '\n' }
	for text := range strings.FieldsFuncSeq(seenAsIs(PageText(page)), between) {
		if text := []rune(strings.Join(strings.Fields(text), " ")); len(text) > 0 {
			shown = append(shown, string(text[max(0, len(text)-footWidth):]))
		}
	}
	return shown[max(0, len(shown)-texts):]
}
