package bureau

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// China is the time zone of the bureaus' hours.
var China = time.FixedZone("CST", 8*3600)

// Hours are the hours, in China's time zone, in which a bureau accepts filings. The zero value is the whole day.
type Hours struct{ From, To time.Duration }

var hoursForm = regexp.MustCompile(`([01]?\d|2[0-4])[:：]([0-5]\d)\s*(?:-|－|–|—|~|～|至|到)\s*([01]?\d|2[0-4])[:：]([0-5]\d)`)

// ParseHours parses "09:00-17:30"; empty is the whole day.
func ParseHours(text string) (Hours, error) {
	if text == "" {
		return Hours{}, nil
	}
	h, ok := hoursIn(text)
	if !ok {
		return Hours{}, fmt.Errorf("hours %q: want a range such as 09:00-17:30", text)
	}
	return h, nil
}

func hoursIn(text string) (Hours, bool) {
	m := hoursForm.FindStringSubmatch(text)
	if m == nil {
		return Hours{}, false
	}
	clock := func(hour, minute string) time.Duration {
		h, _ := strconv.Atoi(hour) // the expression only matches digits
		n, _ := strconv.Atoi(minute)
		return time.Duration(h)*time.Hour + time.Duration(n)*time.Minute
	}
	h := Hours{From: clock(m[1], m[2]), To: clock(m[3], m[4])}
	return h, h.From != h.To && h.From <= 24*time.Hour && h.To <= 24*time.Hour
}

// Next is the first moment from now on at which filings are accepted: now itself within the hours. Hours may cross
// midnight.
func (h Hours) Next(now time.Time) time.Time {
	if h == (Hours{}) {
		return now
	}
	local := now.In(China)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, China)
	at := local.Sub(midnight)
	switch {
	case h.From < h.To && at >= h.From && at < h.To, h.From > h.To && (at >= h.From || at < h.To):
		return now
	case at < h.From:
		return midnight.Add(h.From)
	}
	return midnight.Add(24 * time.Hour).Add(h.From)
}

// Pauses before the next attempt if the answer names no time.
const (
	// pauseBusy is for a full queue (15), which empties as files are read.
	pauseBusy = 10 * time.Minute
	// pauseMaintenance is for 901 and 902.
	pauseMaintenance = 15 * time.Minute
	// pauseOther is for 999 and an unreachable bureau.
	pauseOther = time.Minute
)

// ResumeAt is when to try again after an answer that says "later". For code 20 the answer's hours apply, or else those
// in the settings.
func (a Answer) ResumeAt(now time.Time, settings Hours) time.Time {
	switch a.Code {
	case CodeHours:
		hours, named := hoursIn(a.Message)
		if !named {
			hours = settings
		}
		if next := hours.Next(now); next.After(now) {
			return next
		}
		return now.Add(pauseMaintenance) // refused within its own hours: a holiday, or a clock that is off
	case CodeBusy:
		return now.Add(pauseBusy)
	case 901, 902:
		return now.Add(pauseMaintenance)
	}
	return now.Add(pauseOther)
}
