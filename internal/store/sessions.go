package store

import (
	"github.com/alexedwards/scs/mysqlstore"
	"github.com/alexedwards/scs/v2"
)

// Sessions keeps the panel's sessions, so that panels are stateless. The
// caller stops its clean-up with StopCleanup.
func (s *Store) Sessions() interface {
	scs.Store
	StopCleanup()
} {
	return mysqlstore.New(s.DB())
}
