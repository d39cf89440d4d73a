package filing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/beian/beian/internal/filing"
)

func TestWorkingDays(t *testing.T) {
	friday := time.Date(2026, 11, 27, 23, 30, 0, 0, time.FixedZone("CST", 8*3600))
	require.Equal(t, 0, filing.WorkingDays(friday, friday.Add(48*time.Hour)), "a weekend")
	require.Equal(t, 1, filing.WorkingDays(friday, friday.Add(72*time.Hour)))
	require.Equal(t, 1, filing.WorkingDays(friday.UTC(), friday.Add(72*time.Hour).UTC()),
		"China's days, whatever the zone")
	require.Equal(t, "2026-12-25", filing.AddWorkingDays(friday, filing.BureauDays).Format(time.DateOnly))
	rapid.Check(t, func(r *rapid.T) {
		from := friday.Add(time.Duration(rapid.IntRange(0, 400*24).Draw(r, "hours")) * time.Hour)
		n := rapid.IntRange(0, 300).Draw(r, "days")
		if got := filing.WorkingDays(from, filing.AddWorkingDays(from, n)); got != n {
			r.Fatalf("%d working days after %v are %d", n, from, got)
		}
	})
}
