package web

import "fmt"

// Plot is a picture of numbers that a table beside it has too. Places are shares of the
// width and heights pixels, so that text is as large on a phone as anywhere.
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

func percent(share float64) string { return fmt.Sprintf("%v%%", share) }
