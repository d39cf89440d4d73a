// Package client is a client of the API for the provider's own panel, made of its OpenAPI document (openapi.json).
//
//	c, err := client.New("https://beian.example.com", "bk_live_…")
//	order := client.OrderInput{Status: client.Ptr(client.OrderInputStatusSuspended)}
//	answer, err := c.PutOrderWithResponse(ctx, "D1", order)
package client

import (
	"context"
	"net/http"
	"strings"
)

// New is a client of the panel at an address, with a key.
func New(address, key string, options ...ClientOption) (*ClientWithResponses, error) {
	authorize := WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+key)
		return nil
	})
	return NewClientWithResponses(strings.TrimSuffix(address, "/")+"/api/v1", append(options, authorize)...)
}

// Ptr is a pointer to a value, for optional properties.
func Ptr[T any](value T) *T { return &value }
