package filing

// Position is a filing's state in its row. A restarted workflow continues from it if its predecessor is gone because
// Temporal's database was lost or restored from a backup.
type Position struct {
	Stage     Stage
	Revision  int
	Seq       int64
	Kind      Kind      `json:",omitempty"`
	Attention Attention `json:",omitempty"`
}
