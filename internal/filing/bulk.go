package filing

// BulkState is the state of a bulk job.
type BulkState string

// The states. The workflow of a new job hasn't started, or never will if the panel died before starting it.
const (
	BulkNew     BulkState = "new"
	BulkRunning BulkState = "running"
	BulkPaused  BulkState = "paused"
	BulkStopped BulkState = "stopped"
	BulkDone    BulkState = "done"
)

// Over reports whether the job has ended.
func (s BulkState) Over() bool { return s == BulkStopped || s == BulkDone }
