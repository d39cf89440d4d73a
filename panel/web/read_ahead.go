package web

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"github.com/beian/beian/internal/store"
)

// Remembering lets a page that changes nothing ask each question once, so that it can be asked ahead. An export would
// remember all that it sends, and a stream what was so when it began.
func Remembering(c *gin.Context) {
	if c.Request.Method == http.MethodGet && !exportRoutes[c.FullPath()] && !IsEventStream(c.Request) &&
		!store.Remembers(c.Request.Context()) {
		c.Request = c.Request.WithContext(store.Remembering(c.Request.Context()))
	}
}

// Ahead asks the database at once what a page is about to read one after the other: whoever reads it then gets the
// answer, or waits for it, and gets the error if it fails. Forms, which change things, read for themselves.
func Ahead(c *gin.Context, reads ...func() error) {
	if !store.Remembers(c.Request.Context()) {
		return
	}
	for _, read := range reads {
		go func() { _ = read() }()
	}
}

// AtOnce reads several things that don't depend on each other, and returns the first error.
func AtOnce(reads ...func() error) error {
	var all errgroup.Group
	for _, read := range reads {
		all.Go(read)
	}
	return all.Wait()
}

// Begin starts something that a page needs later; wait waits for it, at most once. act may outlive the request, so it
// mustn't use its gin.Context.
func Begin(act func() error) (wait func() error) {
	done := make(chan error, 1)
	go func() { done <- act() }()
	return func() error { return <-done }
}
