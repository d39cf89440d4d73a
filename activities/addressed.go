package activities

import "encoding/json"

// Addressed is the content of an Update or a signal with the message's name: what was sealed for one can't be sent as
// another. One without a name is of v0.1.0.
type Addressed[T any] struct {
	Name string `json:"message"`
	In   T      `json:"in"`
}

// Address names the message that a content is for.
func Address[T any](name string, in T) Addressed[T] { return Addressed[T]{name, in} }

// Addressed reports whether it is named (history.Message).
func (a *Addressed[T]) Addressed() bool { return a.Name != "" }

// IsFor reports whether it is the content of a message.
func (a Addressed[T]) IsFor(name string) bool { return a.Name == "" || a.Name == name }

// UnmarshalJSON reads it, or the bare content of v0.1.0.
func (a *Addressed[T]) UnmarshalJSON(text []byte) error {
	var named struct {
		Name string          `json:"message"`
		In   json.RawMessage `json:"in"`
	}
	if err := json.Unmarshal(text, &named); err != nil {
		return err
	}
	if a.Name = named.Name; named.In != nil {
		text = named.In
	}
	return json.Unmarshal(text, &a.In)
}
