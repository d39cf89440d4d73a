package observe

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// overdueAfter is for how long an activity that is retried until it succeeds may fail before somebody should look: a
// restart or failover of the database is over by then.
const overdueAfter = 15 * time.Minute

var overdue = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "beian_activity_overdue_attempts_total",
	Help: "Attempts at activities that nothing but success ends, and that have failed for more than 15 minutes.",
}, []string{"activity_type"})

// Attempt counts an attempt at an activity that is retried until it succeeds; waited is for how long already. It
// reports whether the activity is overdue. An activity's first attempt makes its counter, so that increases are seen.
func Attempt(activityType string, waited time.Duration) bool {
	counter := overdue.WithLabelValues(activityType)
	if waited < overdueAfter {
		return false
	}
	counter.Inc()
	return true
}
