package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

const (
	// figuresName is the key of these figures' row.
	figuresName = "fleet"
	// figuresLease is how long one process may count before another tries; for a million filings it takes a second.
	figuresLease = time.Minute

	stagesQuery    = `SELECT stage AS name, COUNT(*) AS n FROM filings GROUP BY stage`
	attentionQuery = `SELECT attention AS name, COUNT(*) AS n FROM filings WHERE attention > '' GROUP BY attention`
	stuckQuery     = `
		SELECT stuck_step, stuck_reason, COUNT(*) AS n, MIN(stuck_since) AS oldest FROM filings WHERE stuck_since IS NOT NULL
		GROUP BY stuck_step, stuck_reason`
)

// Figures are counts over the whole database, for metrics. They contain no personal data and no order numbers.
type Figures struct {
	// CountedAt is when they were counted.
	CountedAt time.Time
	// Stages contains every stage.
	Stages map[filing.Stage]int
	Stuck  []StuckFigure
	// Attention counts filings that need their customer's attention.
	Attention map[string]int
	Accounts  []AccountFigure
	// Tasks are open staff tasks, by kind.
	Tasks map[string]int
	// Signals counts unsent signals to filings.
	Signals int
	// Quotas are the limits, and what is spent of them.
	Quotas []QuotaState
	// Queues are when workers last polled.
	Queues []QueuePoll
	// Refused counts the messages that were refused in the last day, by whose fault that was.
	Refused map[string]int
	// Broken counts workflow runs whose code fails.
	Broken int
}

// StuckFigure counts filings stuck at a step for a reason.
type StuckFigure struct {
	Step   string    `db:"stuck_step"`
	Reason string    `db:"stuck_reason"`
	N      int       `db:"n"`
	Oldest time.Time `db:"oldest"`
}

// AccountFigure is the state of an account's exchange.
type AccountFigure struct {
	Name     string
	Sequence int64
	Stopped  bool
	// Exchanges is false for manual accounts and those that the settings no longer name.
	Exchanges bool
	// ExchangedAt is when an exchange last began.
	ExchangedAt *time.Time
	// Waiting records, and since when the oldest waits; Files not yet accepted.
	Waiting int
	Oldest  *time.Time
	Files   int
}

// Figures returns counts that one process makes for all: a count younger than maxAge is reused; if it is older, one
// process recounts while the others use the old one.
func (s *Store) Figures(ctx context.Context, maxAge time.Duration) (f Figures, err error) {
	now := s.utcNow()
	if err := exec(ctx, s.db, `INSERT IGNORE INTO figures (name, content) VALUES (?, '{}')`, figuresName); err != nil {
		return f, err
	}
	mine, err := changed(ctx, s.db, `UPDATE figures SET counting_until = ? WHERE name = ? AND (counting_until IS NULL
		OR counting_until < ?) AND (counted_at IS NULL OR counted_at <= ?)`,
		now.Add(figuresLease), figuresName, now, now.Add(-maxAge))
	if err != nil {
		return f, err
	}
	if mine {
		return s.countFigures(ctx)
	}
	// Without one, another process is making the first count.
	content, err := find[[]byte](ctx, s.db, "figures", `SELECT content FROM figures WHERE name = ?
		AND counted_at IS NOT NULL`, figuresName)
	if err != nil {
		return f, err
	}
	err = json.Unmarshal(content, &f)
	return f, err
}

// countFigures counts and stores the result. Each query reads an index, and rows only of filings that are stuck or
// waiting.
func (s *Store) countFigures(ctx context.Context) (Figures, error) {
	f := Figures{CountedAt: s.utcNow()}
	var err error
	if f.Stages, err = countBy[filing.Stage](ctx, s.db, stagesQuery); err != nil {
		return f, err
	}
	for _, stage := range filing.Stages {
		f.Stages[stage] += 0 // all of them
	}
	if f.Attention, err = countBy[string](ctx, s.db, attentionQuery); err != nil {
		return f, err
	}
	if f.Tasks, err = countBy[string](ctx, s.db, `SELECT kind AS name, COUNT(*) AS n FROM staff_tasks
		WHERE done_at IS NULL GROUP BY kind`); err != nil {
		return f, err
	}
	if f.Stuck, err = selectAll[StuckFigure](ctx, s.db, stuckQuery); err != nil {
		return f, err
	}
	if f.Signals, err = get[int](ctx, s.db, `SELECT COUNT(*) FROM signals WHERE sent_at IS NULL`); err != nil {
		return f, err
	}
	if f.Broken, err = get[int](ctx, s.db, `SELECT COUNT(*) FROM broken_executions`); err != nil {
		return f, err
	}
	if f.Queues, err = s.queuePolls(ctx); err != nil {
		return f, err
	}
	if f.Quotas, err = s.QuotaStates(ctx); err != nil {
		return f, err
	}
	if f.Refused, err = s.refusedMessages(ctx, f.CountedAt.Add(-day)); err != nil {
		return f, err
	}
	if f.Accounts, err = s.accountFigures(ctx); err != nil {
		return f, err
	}
	content, err := json.Marshal(f)
	if err != nil {
		return f, err
	}
	return f, exec(ctx, s.db, `UPDATE figures SET content = ?, counted_at = ?, counting_until = NULL WHERE name = ?`,
		content, f.CountedAt, figuresName)
}

// countBy reads counts by name.
func countBy[K ~string](ctx context.Context, db sqlx.QueryerContext, query string, args ...any) (map[K]int, error) {
	rows, err := selectAll[struct {
		Name K   `db:"name"`
		N    int `db:"n"`
	}](ctx, db, query, args...)
	counts := make(map[K]int, len(rows))
	for _, r := range rows {
		counts[r.Name] = r.N
	}
	return counts, err
}

func (s *Store) accountFigures(ctx context.Context) (list []AccountFigure, err error) {
	accounts, err := s.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if !a.Active {
			continue
		}
		f := AccountFigure{Name: a.Name, Sequence: a.LastSequence, Stopped: a.StoppedAt.Valid, Exchanges: a.Exchanges(),
			Waiting: a.Waiting, Files: a.Files}
		if a.ExchangedAt.Valid {
			f.ExchangedAt = &a.ExchangedAt.Time
		}
		if f.Oldest, err = get[*time.Time](ctx, s.db, `
			SELECT MIN(r.created_at) FROM records r LEFT JOIN decisions d ON d.record_id = r.id WHERE r.account_id = ?
			AND r.sequence IS NULL AND r.submitted_at IS NULL AND d.record_id IS NULL`, a.ID); err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}
