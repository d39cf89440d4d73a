package picture

import "time"

// LimitRendering sets how long a PDF may be drawn and tells how to set it back.
func LimitRendering(d time.Duration) (back func()) {
	old := renderTime
	renderTime = d
	return func() { renderTime = old }
}
