package filing

import "time"

// BureauDays is the number of working days within which a bureau must decide (信息产业部令第33号).
const BureauDays = 20

// chinaTime is the time zone of the whole country.
var chinaTime = time.FixedZone("CST", 8*3600)

// WorkingDays counts the working days between two times: Mondays to Fridays after the first day. It ignores public
// holidays and the weekends worked in exchange for them.
func WorkingDays(from, to time.Time) int {
	n, end := 0, dateOf(to)
	for day := dateOf(from).AddDate(0, 0, 1); !day.After(end); day = day.AddDate(0, 0, 1) {
		if isWorkingDay(day) {
			n++
		}
	}
	return n
}

// AddWorkingDays is the day that many working days after a time.
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
