package help

import (
	"slices"
	"strings"
	"unicode"

	"github.com/beian/beian/internal/locale"
)

// The flow chart is drawn at the width of a phone and scaled. Lines are broken here because SVG
// doesn't do it. Numbers are in its own units, about pixels.
const (
	flowWidth    = 360
	flowBox      = 296 // width of a box
	flowLeft     = 12
	flowPad      = 16
	flowLine     = 20 // height of a line
	flowGap      = 30 // between boxes: room for an arrow
	flowFont     = 14
	flowTextWide = flowBox - 2*flowPad
	// flowLoop is the position of the line from a refusal back to the correction.
	flowLoop = flowLeft + flowBox + 22
)

type flowStep struct{ key, who string }

// flowSteps are the steps, by the keys of their texts below "flow_chart.", and who acts: you, us, bureau.
var flowSteps = []flowStep{
	{"contact", "you"}, {"verify", "you"}, {"forms", "you"}, {"papers", "you"}, {"precheck", "you"},
	{"submit", "us"}, {"review", "bureau"}, {"install", "you"}, {"filed", "us"}, {"police", "you"},
}

type flow struct {
	Width, Height int
	Boxes         []flowBoxDrawn
	// Loop leads from the bureau's refusal back to the forms.
	Loop flowLoopDrawn
}

type flowBoxDrawn struct {
	Number                  int
	Who                     string // part of a CSS class
	X, Y, Width, Height     int
	Title, Acts             string
	TitleY, ActsY           int
	Lines                   []flowText
	ArrowX, ArrowY, ArrowTo int // none after the last: ArrowTo is 0
}

type flowText struct {
	Y    int
	Text string
}

type flowLoopDrawn struct{ FromX, FromY, TurnX, ToX, ToY, LabelX, LabelY int }

// drawFlow lays the chart out in a language.
func drawFlow(t *locale.Localizer) *flow {
	f := &flow{Width: flowWidth}
	y := 4
	for i, step := range flowSteps {
		b := flowBoxDrawn{
			Number: i + 1, Who: step.who, X: flowLeft, Y: y, Width: flowBox,
			Title:  t.T("flow_chart."+step.key+".title", nil),
			Acts:   t.T("flow_chart.who."+step.who, nil) + " · " + t.T("flow_chart."+step.key+".time", nil),
			TitleY: y + 26, ActsY: y + 26 + flowLine,
		}
		line := b.ActsY + 2
		for _, text := range balanced(t.T("flow_chart."+step.key+".text", nil), flowTextWide) {
			line += flowLine
			b.Lines = append(b.Lines, flowText{Y: line, Text: text})
		}
		b.Height = line + flowPad - y
		y += b.Height
		if i < len(flowSteps)-1 {
			b.ArrowX, b.ArrowY, b.ArrowTo = flowLeft+flowBox/2, y, y+flowGap-2
			y += flowGap
		}
		f.Boxes = append(f.Boxes, b)
	}
	f.Height = y + 4
	box := func(key string) flowBoxDrawn {
		return f.Boxes[slices.IndexFunc(flowSteps, func(s flowStep) bool { return s.key == key })]
	}
	forms, review := box("forms"), box("review")
	f.Loop = flowLoopDrawn{
		FromX: flowLeft + flowBox, FromY: review.Y + review.Height/2, TurnX: flowLoop,
		ToX: flowLeft + flowBox + 2, ToY: forms.Y + forms.Height/2,
		LabelX: flowLoop + 8, LabelY: (review.Y + forms.Y + forms.Height) / 2,
	}
	return f
}

// balanced breaks a text into as few lines as possible, all about as long, so that the last one
// isn't a single character.
func balanced(text string, wide int) []string {
	lines := wrap(text, wide)
	for wide > flowFont {
		wide -= flowFont / 2
		narrower := wrap(text, wide)
		if len(narrower) > len(lines) {
			break
		}
		lines = narrower
	}
	return lines
}

// wrap breaks a text into lines of a width: Chinese anywhere but before punctuation, English between words.
func wrap(text string, wide int) (lines []string) {
	var line, word []rune
	lineWide, wordWide := 0, 0
	endWord := func() {
		if lineWide+wordWide > wide && len(line) > 0 {
			lines = append(lines, strings.TrimRight(string(line), " "))
			line, lineWide = nil, 0
		}
		line, lineWide = append(line, word...), lineWide+wordWide
		word, wordWide = nil, 0
	}
	for _, r := range text {
		mark := unicode.IsPunct(r) && r > unicode.MaxLatin1
		if unicode.Is(unicode.Han, r) && len(word) > 0 {
			endWord()
		}
		word, wordWide = append(word, r), wordWide+runeWide(r)
		if r == ' ' || mark {
			endWord()
		}
	}
	endWord()
	return append(lines, strings.TrimRight(string(line), " "))
}

// runeWide estimates a character's width: Chinese ones are square.
func runeWide(r rune) int {
	if r > 0x2E80 {
		return flowFont
	}
	return flowFont * 11 / 20
}
