package store

import (
	"context"
	"crypto/rand"
	"time"
)

// captchaLifetime is how long a captcha may be answered.
const captchaLifetime = time.Hour

// NewCaptcha begins a captcha for a client's network and returns its ID. ErrQuota: the network has asked for too many.
func (s *Store) NewCaptcha(ctx context.Context, network string) (id string, err error) {
	id = rand.Text()
	hash, err := s.keys.Hash("captchas", id)
	if err != nil {
		return "", err
	}
	return id, s.spendWith(ctx, fragmentOf(`INSERT INTO captchas (id_hash, expires_at) VALUES (?, ?)`, hash,
		s.utcNow().Add(captchaLifetime)), spending{kind: QuotaCaptcha, subjects: map[QuotaScope]string{ByNetwork: network}})
}

// UseCaptcha uses a captcha up, and reports whether this is the one answer that counts.
func (s *Store) UseCaptcha(ctx context.Context, id string) (bool, error) {
	hash, err := s.keys.Hash("captchas", id)
	if err != nil {
		return false, err
	}
	return changed(ctx, s.db, `DELETE FROM captchas WHERE id_hash = ? AND expires_at > ?`, hash, s.utcNow())
}
