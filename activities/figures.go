package activities

import "context"

// daysAtOnce bounds the days that one activity counts, so that a worker that stops is soon
// through with it. What is counted stays.
const daysAtOnce = 20

// CountDays counts what happened on days that are over, for the console's figures, and tells
// how many are left.
func (a *Filing) CountDays(ctx context.Context) (left int, err error) {
	return a.Store.CountDays(ctx, daysAtOnce)
}
