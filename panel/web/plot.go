package web

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// Plots are SVG drawn by PlotSVG. Horizontal positions are percentages and heights are pixels, so that text has the
// same size on every screen; the stylesheet sets the colours.

// Plot is a picture of numbers that a table next to it also has.
type Plot struct {
	// ID is unique on its page; screen readers read Title and Desc instead of the picture.
	ID, Title, Desc string
	Height          int
	Bars            []PlotBar
	Series          []PlotSeries
	// Ticks mark the scale at the bottom, from Top down to Foot.
	Ticks     []PlotTick
	Top, Foot int
}

// PlotBar is a line of text with a bar below it.
type PlotBar struct {
	Label, Value string
	// Text and Y are the vertical positions of the text and of the bar.
	Text, Y int
	Parts   []PlotPart
}

// PlotPart is a part of a bar; X and Width are percentages of the whole width.
type PlotPart struct {
	X, Width float64
	// Class is a class of the stylesheet: first, second, good or bad.
	Class string
}

// PlotSeries is an area over time. Path is in columns horizontally and in shares of Scale vertically.
type PlotSeries struct {
	Label, Value   string
	Text, Y        int
	Columns, Scale int
	Path           string
}

// PlotTick is a mark on the scale.
type PlotTick struct {
	X     float64
	Label string
	// Anchor aligns the text: start, middle or end.
	Anchor string
}

const (
	// The height of a bar's row: text, bar and gap.
	barRow, barText, barTop, barHeight = 46, 16, 24, 12
	// The height of a series' row.
	seriesRow, seriesTop, seriesHeight = 84, 24, 48
	tickRow                            = 22
	// plotLabel is the maximum width of a bar's label, in columns (a Chinese character takes two): a line on a phone
	// minus the value.
	plotLabel = 33
)

// BarPlot stacks bars vertically.
func BarPlot(p Plot, bars []PlotBar) Plot {
	for i := range bars {
		bars[i].Label = clipColumns(bars[i].Label, plotLabel)
		bars[i].Text, bars[i].Y = i*barRow+barText, i*barRow+barTop
	}
	p.Bars = bars
	return p.standing(len(bars) * barRow)
}

// standing sets the heights of a plot whose rows end at foot.
func (p Plot) standing(foot int) Plot {
	p.Foot, p.Height = foot, foot
	if len(p.Ticks) > 0 {
		p.Height += tickRow
	}
	return p
}

// BarOf makes a bar with one part: n of most.
func BarOf(label, value string, n, most float64) PlotBar {
	return PlotBar{Label: label, Value: value, Parts: []PlotPart{{Width: Share(n, most), Class: "first"}}}
}

// Share is n of most in percent.
func Share(n, most float64) float64 {
	if most <= 0 {
		return 0
	}
	return math.Round(n/most*1000) / 10
}

// SeriesPlot stacks series vertically, all on the same scale.
func SeriesPlot(p Plot, series []PlotSeries, values [][]int) Plot {
	scale := slices.Max(append(slices.Concat(values...), 1))
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
	p.Series = series
	return p.standing(len(series) * seriesRow)
}

// spanMarks are the marks of a scale of durations, from minutes to a year.
var spanMarks = []time.Duration{time.Minute, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour,
	365 * 24 * time.Hour}

// spanScale is logarithmic, because a filing may be in one stage for minutes and in another for weeks.
type spanScale struct{ from, until time.Duration }

// NewSpanScale makes a scale up to the first mark that is at least longest.
func NewSpanScale(longest time.Duration) spanScale {
	for _, mark := range spanMarks[2:] {
		if longest <= mark {
			return spanScale{spanMarks[0], mark}
		}
	}
	return spanScale{spanMarks[0], max(longest, spanMarks[len(spanMarks)-1])}
}

// X is the position of a duration in percent of the width; anything shorter than the first mark is drawn at that mark.
func (s spanScale) X(d time.Duration) float64 {
	if d <= s.from {
		return 0
	}
	return math.Round(math.Log(float64(d)/float64(s.from))/math.Log(float64(s.until)/float64(s.from))*1000) / 10
}

// Ticks returns the marks up to the end of the scale.
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

// clipColumns shortens a text to a number of columns.
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
