package web

import (
	"fmt"
	"math"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// Plots are SVG that PlotSVG draws: places are shares of the width and heights
// pixels, so that text is as large on a phone as anywhere, and colours are the style's.

// Plot is a picture of numbers that a table beside it has too.
type Plot struct {
	// ID is unique on its page; Title and Desc are what is heard instead of the picture.
	ID, Title, Desc string
	Height          int
	Bars            []PlotBar
	Series          []PlotSeries
	// Ticks are marks of the scale at the foot, from Top down to Foot.
	Ticks     []PlotTick
	Top, Foot int
}

// PlotBar is a line of text with a bar below it.
type PlotBar struct {
	Label, Value string
	// Text and Y are where the text stands and the bar begins.
	Text, Y int
	Parts   []PlotPart
}

// PlotPart is a part of a bar; X and Width are shares of the whole width, in percent.
type PlotPart struct {
	X, Width float64
	// Class is of the style: first, second, good or bad.
	Class string
}

// PlotSeries is an area over time; Path is in columns by shares of Scale.
type PlotSeries struct {
	Label, Value   string
	Text, Y        int
	Columns, Scale int
	Path           string
}

// PlotTick is a mark of the scale.
type PlotTick struct {
	X     float64
	Label string
	// Anchor is the text's: start, middle or end.
	Anchor string
}

const (
	// A bar's row: its text, the bar, and the room to the next.
	barRow, barText, barTop, barHeight = 46, 16, 24, 12
	// A series' row.
	seriesRow, seriesTop, seriesHeight = 84, 24, 48
	tickRow                            = 22
	// plotLabel is how wide a bar's label may be, in columns of which a Chinese character
	// takes two: a phone's line less the value.
	plotLabel = 33
)

// BarPlot puts bars below each other.
func BarPlot(p Plot, bars []PlotBar) Plot {
	for i := range bars {
		bars[i].Label = clipColumns(bars[i].Label, plotLabel)
		bars[i].Text, bars[i].Y = i*barRow+barText, i*barRow+barTop
	}
	p.Bars, p.Height = bars, len(bars)*barRow
	p.Foot = p.Height
	if len(p.Ticks) > 0 {
		p.Height += tickRow
	}
	return p
}

// BarOf is a bar of one part: n of most.
func BarOf(label, value string, n, most float64) PlotBar {
	return PlotBar{Label: label, Value: value, Parts: []PlotPart{{Width: Share(n, most), Class: "first"}}}
}

// Share is n of most, in percent.
func Share(n, most float64) float64 {
	if most <= 0 {
		return 0
	}
	return math.Round(n/most*1000) / 10
}

// SeriesPlot puts series below each other, all with the same scale.
func SeriesPlot(p Plot, series []PlotSeries, values [][]int) Plot {
	scale := 1
	for _, list := range values {
		for _, n := range list {
			scale = max(scale, n)
		}
	}
	for i := range series {
		one := &series[i]
		one.Text, one.Y = i*seriesRow+barText, i*seriesRow+seriesTop
		one.Columns, one.Scale = len(values[i]), scale
		var path strings.Builder
		fmt.Fprintf(&path, "M0 %d", scale)
		for day, n := range values[i] {
			fmt.Fprintf(&path, "V%dH%d", scale-n, day+1)
		}
		fmt.Fprintf(&path, "V%dZ", scale)
		one.Path = path.String()
	}
	p.Series, p.Height = series, len(series)*seriesRow
	p.Foot = p.Height
	if len(p.Ticks) > 0 {
		p.Height += tickRow
	}
	return p
}

// spanMarks are the marks of a scale of times, from minutes to a year.
var spanMarks = []time.Duration{time.Minute, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour,
	365 * 24 * time.Hour}

// spanScale is a scale on which each mark is some times the one before: a filing is in one
// stage for minutes and in another for weeks.
type spanScale struct{ from, until time.Duration }

// NewSpanScale reaches to the mark after the longest time.
func NewSpanScale(longest time.Duration) spanScale {
	for _, mark := range spanMarks[2:] {
		if longest <= mark {
			return spanScale{spanMarks[0], mark}
		}
	}
	return spanScale{spanMarks[0], max(longest, spanMarks[len(spanMarks)-1])}
}

// X is where a time lies, in percent of the width; what is shorter than the first mark is at it.
func (s spanScale) X(d time.Duration) float64 {
	if d <= s.from {
		return 0
	}
	return math.Round(math.Log(float64(d)/float64(s.from))/math.Log(float64(s.until)/float64(s.from))*1000) / 10
}

func (s spanScale) Ticks(text func(time.Duration) string) (list []PlotTick) {
	for _, mark := range spanMarks {
		if mark > s.until {
			break
		}
		tick := PlotTick{X: s.X(mark), Label: text(mark), Anchor: "middle"}
		switch {
		case mark == s.from:
			tick.Anchor = "start"
		case mark == s.until:
			tick.Anchor = "end"
		}
		list = append(list, tick)
	}
	return list
}

// clipColumns is a text that takes no more than so many columns.
func clipColumns(text string, most int) string {
	columns := 0
	for i, r := range text {
		columns++
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			columns++
		}
		if columns > most {
			return strings.TrimRight(text[:i], " ，,") + "…"
		}
	}
	return text
}

func percent(share float64) string { return fmt.Sprintf("%v%%", share) }
