package dossierview

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const (
	// minReviews is how many decisions it takes for our own history to count.
	minReviews = 5
	// reviewsFor is how long a bureau's times are cached.
	reviewsFor = 10 * time.Minute
)

// Expectation is how long a bureau's review will take, in working days.
type Expectation struct {
	// Reviews is how many decisions it is based on; 0 means the legal limit.
	Reviews int
	// Half of the decisions took at most Median days, nine in ten at most Most.
	Median, Most int
	// By is the day by which to expect the decision; zero until the bureau has the record. Over: that day has passed.
	By   time.Time
	Over bool
}

// ExpectationOf derives it from a bureau's newest decisions or, if they are too few, from the legal limit.
func ExpectationOf(times []store.ReviewTime, accepted, now time.Time) Expectation {
	e := Expectation{Median: filing.BureauDays, Most: filing.BureauDays}
	if len(times) >= minReviews {
		days := make([]int, len(times))
		for i, t := range times {
			days[i] = max(1, filing.WorkingDays(t.Accepted, t.Decided)) // "within a day"
		}
		slices.Sort(days)
		e.Reviews, e.Median, e.Most = len(days), rank(days, 50), rank(days, 90)
	}
	if !accepted.IsZero() {
		e.By = filing.AddWorkingDays(accepted, e.Most)
		e.Over = now.After(e.By.AddDate(0, 0, 1))
	}
	return e
}

// text says how long it will take and, once the bureau has the record, until when.
func (e *Expectation) text(p *web.Page) string {
	text := p.Text("review_time.rule", "most", e.Most)
	if e.Reviews > 0 {
		text = p.Text("review_time.history", "n", e.Reviews, "median", e.Median, "most", e.Most)
	}
	switch {
	case e.By.IsZero():
		return text
	case e.Over:
		return text + " " + p.Text("review_time.over", "by", web.Date(e.By))
	}
	return text + " " + p.Text("review_time.by", "by", web.Date(e.By))
}

// rank is the nearest-rank percentile of sorted values.
func rank(sorted []int, percent int) int {
	return sorted[(len(sorted)*percent+99)/100-1]
}

// reviewCache caches the times of each province's bureau by group of kinds.
type reviewCache struct {
	mu    sync.Mutex
	known map[reviewGroup]knownReviews
}

// reviewGroup names a group of kinds that are reviewed alike by the first one's operation.
type reviewGroup struct {
	province  string
	operation int
}

type knownReviews struct {
	times  []store.ReviewTime
	loaded time.Time
}

// ReviewTimes are the recent durations of reviews in a province, kept in memory for a while.
func (v *View) ReviewTimes(ctx context.Context, province string, kind filing.Kind) ([]store.ReviewTime, error) {
	operations := kind.ReviewedAlike()
	group, c := reviewGroup{province, operations[0]}, &v.reviews
	c.mu.Lock()
	kept, ok := c.known[group]
	c.mu.Unlock()
	if ok && time.Since(kept.loaded) < reviewsFor {
		return kept.times, nil
	}
	times, err := v.Store.ReviewTimes(ctx, province, operations)
	if err == nil {
		c.mu.Lock()
		c.known[group] = knownReviews{times, time.Now()}
		c.mu.Unlock()
	}
	return times, err
}

// Expected is how long the bureau will take with a filing that has been submitted; nil in other stages.
func (v *View) Expected(ctx context.Context, f store.Filing, events []store.Event) (*Expectation, error) {
	if !slices.Contains([]filing.Stage{filing.Vetting, filing.Submitting, filing.Reviewing}, f.Stage) {
		return nil, nil
	}
	d, err := v.Store.Dossier(ctx, f.ID, f.Revision)
	if errors.Is(err, store.ErrNotFound) { // deleted after its retention period
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var accepted time.Time
	if f.Stage == filing.Reviewing {
		for _, e := range events {
			if e.Kind == filing.EventAccepted {
				accepted = e.At
			}
		}
	}
	return v.ExpectedFor(ctx, d, accepted)
}

// ExpectedFor is how long the bureau will take with a dossier; accepted is zero until it has the record.
func (v *View) ExpectedFor(ctx context.Context, d filing.Dossier, accepted time.Time) (*Expectation, error) {
	times, err := v.ReviewTimes(ctx, d.Bureau(), d.Kind)
	if err != nil {
		return nil, err
	}
	e := ExpectationOf(times, accepted, v.Store.Now())
	return &e, nil
}
