package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// QuotaState is what is spent of a quota in the windows that last.
type QuotaState struct {
	Quota
	// Subjects are those who spent something, Blocked those of them for whom it is used up.
	Subjects, Blocked int
	// Used is what all of them spent; EndsAt is when the last window ends, zero if there is none.
	Used   int64
	EndsAt time.Time
}

// Full reports whether the limit of a quota that everybody shares is reached: its circuit breaker is open.
func (q QuotaState) Full() bool { return q.Scope == Overall && q.Blocked > 0 }

// usedUp is the condition on rows of quota_usage whose limit is reached, of the quotas that pass; one without a limit
// never is.
func (s *Store) usedUp(pass func(Quota) bool) fragment {
	condition := fragmentOf(`FALSE`)
	for _, q := range s.allQuotas() {
		if q.Limit > 0 && pass(q) {
			condition = condition.or(`quota = ? AND used >= ?`, q.Name(), q.Limit)
		}
	}
	return condition
}

// QuotaStates returns every quota with what is spent of it, in the order of the table.
func (s *Store) QuotaStates(ctx context.Context) ([]QuotaState, error) {
	usedUp := s.usedUp(func(Quota) bool { return true })
	rows, err := selectAll[struct {
		Quota    string    `db:"quota"`
		Subjects int       `db:"subjects"`
		Used     int64     `db:"used"`
		Blocked  int       `db:"blocked"`
		EndsAt   time.Time `db:"ends_at"`
	}](ctx, s.db, `SELECT quota, COUNT(*) AS subjects, SUM(used) AS used, SUM(`+usedUp.sql+`) AS blocked,
		MAX(ends_at) AS ends_at FROM quota_usage WHERE ends_at > ? GROUP BY quota`, usedUp.with(s.utcNow())...)
	if err != nil {
		return nil, during(err, "reading the quotas")
	}
	var list []QuotaState
	for _, q := range s.allQuotas() {
		state := QuotaState{Quota: q}
		for _, r := range rows {
			if r.Quota == q.Name() {
				state = QuotaState{q, r.Subjects, r.Blocked, r.Used, r.EndsAt}
			}
		}
		list = append(list, state)
	}
	return list, nil
}

// QuotaSubject is somebody for whom a quota is used up.
type QuotaSubject struct {
	Quota Quota
	// ID names the row in a form.
	ID string
	// Subject is whose it is, as Spend was told; empty if an older build counted it.
	Subject string
	Used    int64
	EndsAt  time.Time
}

// BlockedSubjects lists those for whom a quota is used up, those blocked longest first; those that everybody shares are
// left to QuotaStates.
func (s *Store) BlockedSubjects(ctx context.Context, most int) ([]QuotaSubject, error) {
	byName := map[string]Quota{}
	for _, q := range s.allQuotas() {
		byName[q.Name()] = q
	}
	blocked := s.usedUp(func(q Quota) bool { return q.Scope != Overall })
	rows, err := selectAll[struct {
		quotaUse
		Sealed []byte `db:"sealed_subject"`
	}](ctx, s.db, `SELECT quota, subject_hash, used, ends_at, sealed_subject FROM quota_usage WHERE (`+blocked.sql+`)
		AND ends_at > ? ORDER BY ends_at DESC, quota, subject_hash LIMIT ?`, blocked.with(s.utcNow(), most)...)
	if err != nil {
		return nil, during(err, "reading who is blocked")
	}
	list := make([]QuotaSubject, len(rows))
	for i, r := range rows {
		list[i] = QuotaSubject{Quota: byName[r.Quota], ID: hex.EncodeToString(r.Hash), Used: r.Used, EndsAt: r.EndsAt}
		if list[i].Subject, err = s.openText(quotaSubjectAAD(r.Quota, r.Hash), r.Sealed); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func quotaSubjectAAD(quota string, hash []byte) string {
	return fmt.Sprintf("quota_usage/%s/%x", quota, hash)
}

// ResetQuota lets a subject start over with a quota, by its name and the row's ID; an empty ID: the quota is
// everybody's. ErrNotFound if nothing is spent.
func (s *Store) ResetQuota(ctx context.Context, name, id string) error {
	hash, err := hex.DecodeString(id)
	if id == "" {
		hash, err = s.quotaSubject(Overall, "")
	}
	if err != nil {
		return ErrNotFound
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		found, err := changed(ctx, tx, `DELETE FROM quota_usage WHERE quota = ? AND subject_hash = ?`, name, hash)
		if err == nil && !found {
			err = ErrNotFound
		}
		return during(err, "resetting a quota")
	})
}
