package filing

import "time"

// BureauDays is within how many working days a bureau decides (信息产业部令第33号).
const BureauDays = 20

// chinaTime is the whole country's zone.
var chinaTime = time.FixedZone("CST", 8*3600)

// WorkingDays counts the working days from one time to another: Mondays to
// Fridays after the first day. Public holidays, and the weekends that are worked
// in exchange for them, aren't known here.
func WorkingDays(from, to time.Time) int {
	n, end := 0, dateOf(to)
	for day := dateOf(from).AddDate(0, 0, 1); !day.After(end); day = day.AddDate(0, 0, 1) {
		if isWorkingDay(day) {
			n++
		}
	}
	return n
}

// AddWorkingDays is the day that lies so many working days after a time.
func AddWorkingDays(from time.Time, n int) time.Time {
	day := dateOf(from)
	for n > 0 {
		if day = day.AddDate(0, 0, 1); isWorkingDay(day) {
			n--
		}
	}
	return day
}

func isWorkingDay(day time.Time) bool {
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

func dateOf(t time.Time) time.Time {
	y, m, d := t.In(chinaTime).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, chinaTime)
}
