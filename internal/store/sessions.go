package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"log/slog"
	"time"
)

const (
	// sweepSessionsEvery is how often expired sessions are deleted.
	sweepSessionsEvery = 5 * time.Minute
	// sessionTimeout bounds reading and writing a session, which every page does.
	sessionTimeout = 5 * time.Second
)

// Sessions stores the panel's sessions, so that panels are stateless. Whoever reads the database can't use them: it
// holds a token's hash, and the data is sealed. It implements scs.CtxStore.
type Sessions struct {
	store *Store
	stop  context.CancelFunc
}

// Sessions opens the session store; the caller stops its clean-up with StopCleanup.
func (s *Store) Sessions() *Sessions {
	ctx, stop := context.WithCancel(context.Background())
	go s.sweepSessions(ctx, sweepSessionsEvery)
	return &Sessions{s, stop}
}

// StopCleanup may be called more than once.
func (s *Sessions) StopCleanup() { s.stop() }

// hashToken is as long as a token.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// SessionAAD binds a session's data to its row, which the token's hash names.
func SessionAAD(tokenHash string) string { return "sessions/" + tokenHash }

// FindCtx returns a session's data, and whether there is one.
func (s *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	var sealed []byte
	hash := hashToken(token)
	err := s.store.db.GetContext(ctx, &sealed, `SELECT data FROM sessions WHERE token = ? AND expiry > UTC_TIMESTAMP(6)`,
		hash)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	} else if err != nil {
		return nil, false, err
	}
	data, err := s.store.keys.Open(SessionAAD(hash), sealed)
	return data, err == nil, err
}

// CommitCtx writes a session.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sessionTimeout)
	defer cancel()
	hash := hashToken(token)
	sealed, err := s.store.keys.Seal(SessionAAD(hash), data)
	if err != nil {
		return err
	}
	_, err = s.store.db.ExecContext(ctx, `INSERT INTO sessions (token, data, expiry) VALUES (?, ?, ?)
		ON DUPLICATE KEY UPDATE data = VALUES(data), expiry = VALUES(expiry)`, hash, sealed, expiry.UTC())
	return err
}

// DeleteCtx ends a session.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sessionTimeout)
	defer cancel()
	_, err := s.store.db.ExecContext(ctx, `DELETE FROM sessions WHERE token = ?`, hashToken(token))
	return err
}

// AllCtx returns every session's data by its token's hash.
func (s *Sessions) AllCtx(ctx context.Context) (map[string][]byte, error) {
	var rows []struct {
		Hash   string `db:"token"`
		Sealed []byte `db:"data"`
	}
	err := s.store.db.SelectContext(ctx, &rows, `SELECT token, data FROM sessions WHERE expiry > UTC_TIMESTAMP(6)`)
	all := map[string][]byte{}
	for _, r := range rows {
		data, openErr := s.store.keys.Open(SessionAAD(r.Hash), r.Sealed)
		all[r.Hash], err = data, errors.Join(err, openErr)
	}
	return all, err
}

// Find is FindCtx for scs.Store.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx for scs.Store.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx for scs.Store.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

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
