package api

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/beian/beian/internal/filing"
)

// Clearable is a property of a request that keeps what is stored when it is absent, and clears it when it is null.
type Clearable[T any] struct {
	Sent, Null bool
	Value      T
}

// UnmarshalJSON implements json.Unmarshaler, which isn't called for an absent property.
func (c *Clearable[T]) UnmarshalJSON(b []byte) error {
	c.Sent = true
	if c.Null = bytes.Equal(b, []byte("null")); c.Null {
		return nil
	}
	return json.Unmarshal(b, &c.Value)
}

// Schema implements huma.SchemaProvider.
func (c Clearable[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), true, "")
	s.Nullable = true
	return &s
}

// Settable is a property of a request that keeps what is stored when it is absent, and can't be null.
type Settable[T any] struct{ Clearable[T] }

// Schema implements huma.SchemaProvider.
func (s Settable[T]) Schema(r huma.Registry) *huma.Schema {
	schema := *r.Schema(reflect.TypeFor[T](), true, "")
	return &schema
}

// refuseNull adds a problem for a property that is null, which huma takes for absent.
func refuseNull(problems *filing.Problems, field string, property Settable[string]) {
	if property.Null {
		*problems = append(*problems, at(field, "string"))
	}
}
