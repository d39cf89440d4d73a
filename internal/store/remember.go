package store

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/jmoiron/sqlx"
)

// Remembering returns a context in which the pool answers the same question only once, also if several ask at the same
// time. It is for requests that change nothing: pages are put together from parts that read the same rows.
func Remembering(ctx context.Context) context.Context {
	return context.WithValue(ctx, memoryKey{}, &memory{answers: map[string]*answer{}})
}

// Remembers reports whether a context is one of Remembering's.
func Remembers(ctx context.Context) bool { return ctx.Value(memoryKey{}) != nil }

type memoryKey struct{}

type memory struct {
	mu      sync.Mutex
	answers map[string]*answer
}

// answer is what a question was answered, once done is closed.
type answer struct {
	done  chan struct{}
	value any
	err   error
}

// remember reads, unless the context remembers what was read. Transactions always read.
func remember[T any](ctx context.Context, db sqlx.QueryerContext, query string, args []any,
	read func() (T, error)) (T, error) {
	m, _ := ctx.Value(memoryKey{}).(*memory)
	if _, pool := db.(*sqlx.DB); m == nil || !pool {
		return read()
	}
	var value T
	key := fmt.Sprintf("%T\x00%s\x00%q", value, query, args)
	m.mu.Lock()
	a, asked := m.answers[key]
	if !asked {
		a = &answer{done: make(chan struct{})}
		m.answers[key] = a
	}
	m.mu.Unlock()
	if !asked {
		defer close(a.done)
		value, a.err = read()
		a.value = value
		return value, a.err
	}
	<-a.done
	return a.value.(T), a.err
}

// rememberRows is remember for rows, which each reader may sort and append to.
func rememberRows[T any](ctx context.Context, db sqlx.QueryerContext, query string, args []any,
	read func() ([]T, error)) ([]T, error) {
	rows, err := remember(ctx, db, query, args, read)
	return slices.Clone(rows), err
}
