package picture

import "time"

// LimitRendering sets how long rendering a PDF may take, and returns a function that restores it.
func LimitRendering(d time.Duration) (back func()) {
	old := renderTime
	renderTime = d
	return func() { renderTime = old }
}
