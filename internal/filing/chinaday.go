package filing

import "time"

// ChinaDay is a day of China's calendar, which is what people count by.
type ChinaDay struct{ midnight time.Time }

// ChinaDayOf is the day that a time falls on in China.
func ChinaDayOf(t time.Time) ChinaDay { return ChinaDay{dateOf(t)} }

// Begin is when the day begins; it ends when the next one does.
func (d ChinaDay) Begin() time.Time { return d.midnight }

// Add is the day some days later, or earlier.
func (d ChinaDay) Add(days int) ChinaDay { return ChinaDay{d.midnight.AddDate(0, 0, days)} }

// Before tells whether the day comes before another.
func (d ChinaDay) Before(other ChinaDay) bool { return d.midnight.Before(other.midnight) }

// String is the day as 2026-03-02.
func (d ChinaDay) String() string { return d.midnight.Format(time.DateOnly) }
