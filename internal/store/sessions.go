package store

import (
	"context"
	"log/slog"
	"time"

	"github.com/alexedwards/scs/mysqlstore"
	"github.com/alexedwards/scs/v2"
)

// sweepSessionsEvery is how often expired sessions are deleted.
const sweepSessionsEvery = 5 * time.Minute

// sessions deletes expired sessions itself: the clean-up of mysqlstore has a race between start and stop, and blocks if
// it is stopped twice.
type sessions struct {
	*mysqlstore.MySQLStore
	stop context.CancelFunc
}

// StopCleanup may be called more than once.
func (s sessions) StopCleanup() { s.stop() }

// Sessions stores the panel's sessions, so that panels are stateless. The caller must stop its clean-up with
// StopCleanup.
func (s *Store) Sessions() interface {
	scs.Store
	StopCleanup()
} {
	ctx, stop := context.WithCancel(context.Background())
	go s.sweepSessions(ctx, sweepSessionsEvery)
	return sessions{mysqlstore.NewWithCleanupInterval(s.DB(), 0), stop}
}

func (s *Store) sweepSessions(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := exec(ctx, s.db, `DELETE FROM sessions WHERE expiry < UTC_TIMESTAMP(6)`)
		if err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "expired sessions were not removed", "error", err)
		}
	}
}
