package activities

import "context"

// daysAtOnce bounds the days that one activity counts, so that a stopping worker finishes soon. What is counted
// stays.
const daysAtOnce = 20

// CountDays counts the events of completed days for the console's figures, and returns how many days are left.
func (a *Filing) CountDays(ctx context.Context) (left int, err error) {
	return a.Store.CountDays(ctx, daysAtOnce)
}
