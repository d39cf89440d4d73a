package filing

import "time"

// ChinaDay is a calendar day in China.
type ChinaDay struct{ midnight time.Time }

// ChinaDayOf returns the day in China of a time.
func ChinaDayOf(t time.Time) ChinaDay { return ChinaDay{dateOf(t)} }

// Begin is when the day begins; it ends when the next one begins.
func (d ChinaDay) Begin() time.Time { return d.midnight }

// Add returns the day a number of days later, or earlier.
func (d ChinaDay) Add(days int) ChinaDay { return ChinaDay{d.midnight.AddDate(0, 0, days)} }

// Before reports whether the day precedes another.
func (d ChinaDay) Before(other ChinaDay) bool { return d.midnight.Before(other.midnight) }

// String formats the day as 2026-03-02.
func (d ChinaDay) String() string { return d.midnight.Format(time.DateOnly) }
