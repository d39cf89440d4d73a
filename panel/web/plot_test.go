package web

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlotsAreToScale(t *testing.T) {
	p := SeriesPlot(Plot{}, make([]PlotSeries, 2), [][]int{{0, 2, 4}, {1, 0, 0}})
	require.Equal(t, "M0 4V4H1V2H2V0H3V4Z", p.Series[0].Path)
	require.Equal(t, "M0 4V3H1V4H2V4H3V4Z", p.Series[1].Path)
	require.Equal(t, 4, p.Series[1].Scale, "all have the same scale")

	day := 24 * time.Hour
	scale := NewSpanScale(3 * day)
	require.Equal(t, 7*day, scale.until)
	require.Zero(t, scale.X(time.Second))
	require.InDelta(t, 100, scale.X(7*day), 0.01)
	require.Less(t, scale.X(time.Hour), scale.X(day))
	ticks := scale.Ticks(func(d time.Duration) string { return d.String() })
	require.Len(t, ticks, 4)
	require.Equal(t, "end", ticks[3].Anchor)

	require.Equal(t, "abc", clipColumns("abc", 3))
	require.Equal(t, "备案…", clipColumns("备案主体", 5))
	require.Equal(t, 33.3, Share(1, 3))
	require.Zero(t, Share(1, 0))
}
