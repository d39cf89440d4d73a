package filing

// BulkState is where a bulk job stands.
type BulkState string

// The states. A new job's workflow hasn't begun; it may never have been started, where
// the panel died in between.
const (
	BulkNew     BulkState = "new"
	BulkRunning BulkState = "running"
	BulkPaused  BulkState = "paused"
	BulkStopped BulkState = "stopped"
	BulkDone    BulkState = "done"
)

// Over tells whether nothing more happens.
func (s BulkState) Over() bool { return s == BulkStopped || s == BulkDone }
