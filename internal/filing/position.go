package filing

// Position is where a filing stands, as its row has it. A workflow begins there when its
// predecessor is gone: Temporal's database was lost, or put back as it was before.
type Position struct {
	Stage     Stage
	Revision  int
	Seq       int64
	Kind      Kind      `json:",omitempty"`
	Attention Attention `json:",omitempty"`
}
