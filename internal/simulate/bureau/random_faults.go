package bureau

import (
	"fmt"
	"time"

	"github.com/beian/beian/internal/simulate/fault"
)

// RandomFaults affects a share of the calls; the same seed and calls give the same faults. The base is never
// harmed.
type RandomFaults struct {
	Seed uint64
	Rate float64
}

// misbehave draws the fault of one call.
func (s *Server) misbehave(method string) (f fault.Fault, faulty bool) {
	if s.random == nil {
		return f, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.random.Float64() >= s.options.Random.Rate {
		return f, false
	}
	choices := []fault.Fault{{Mode: fault.Slow, DelayMS: 20}, {Mode: fault.Lose}, {Mode: fault.Fail, Code: "999"}}
	switch method {
	case "isp_upload":
		choices = append(choices, fault.Fault{Mode: fault.Fail, Code: "901"}, fault.Fault{Mode: fault.Fail, Code: "15"})
	case "isp_download":
		for _, code := range []string{"902", badHash, truncated, badBytes, duplicate, late, outOfOrder} {
			choices = append(choices, fault.Fault{Mode: fault.Fail, Code: code})
		}
	}
	return choices[s.random.IntN(len(choices))], true
}

// parseHours reads "09:00-17:30" as times since midnight.
func parseHours(text string) (from, to time.Duration, err error) {
	if text == "" {
		return 0, 24 * time.Hour, nil
	}
	var h1, m1, h2, m2 time.Duration
	if _, err := fmt.Sscanf(text, "%d:%d-%d:%d", &h1, &m1, &h2, &m2); err != nil {
		return 0, 0, fmt.Errorf("not hours like 09:00-17:30: %q", text)
	}
	return h1*time.Hour + m1*time.Minute, h2*time.Hour + m2*time.Minute, nil
}

// closed returns the hours if it is now outside them.
func (s *Server) closed() string {
	from, to, _ := parseHours(s.options.Hours) // checked by New
	now := s.now().In(china)
	at := time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute
	if at < from || at >= to {
		return s.options.Hours
	}
	return ""
}
