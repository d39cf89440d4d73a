package dossierview

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
)

func TestExpectationIsDrawnFromDecisions(t *testing.T) {
	monday := time.Date(2026, 11, 2, 10, 0, 0, 0, time.FixedZone("CST", 8*3600))
	now := monday.AddDate(0, 0, 2)
	e := ExpectationOf(nil, time.Time{}, now)
	require.Zero(t, e.Reviews)
	require.Equal(t, 20, e.Most)
	require.True(t, e.By.IsZero())
	var times []store.ReviewTime
	for days := 1; days <= 4; days++ {
		times = append(times, store.ReviewTime{Accepted: monday, Decided: monday.AddDate(0, 0, days)})
	}
	require.Zero(t, ExpectationOf(times, monday, now).Reviews, "four are no history")
	for range 6 {
		times = append(times, store.ReviewTime{Accepted: monday, Decided: monday.AddDate(0, 0, 7)}) // five working days
	}
	e = ExpectationOf(times, monday, now)
	require.Equal(t, []int{10, 5, 5}, []int{e.Reviews, e.Median, e.Most})
	require.Equal(t, "2026-11-09", e.By.Format(time.DateOnly))
	require.False(t, e.Over)
	require.True(t, ExpectationOf(times, monday, monday.AddDate(0, 0, 9)).Over)
}
