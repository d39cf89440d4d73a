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
	// minReviews is from how many decisions on the product's own history counts.
	minReviews = 5
	// reviewsFor is how long a bureau's times are kept in memory.
	reviewsFor = 10 * time.Minute
)

// Expectation is how long a bureau's review will take, in working days.
type Expectation struct {
	// Reviews is how many decisions it is drawn from; 0: the rule's limit stands.
	Reviews int
	// Median and Most: half of them, and nine in ten, took no longer.
	Median, Most int
	// By is the day by which the decision should be there; zero before the bureau
	// has the record. Over tells that it has passed.
	By   time.Time
	Over bool
}

// ExpectationOf draws it from a bureau's newest decisions, or from the rule.
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
	text := p.Text("expected.rule", "most", e.Most)
	if e.Reviews > 0 {
		text = p.Text("expected.history", "n", e.Reviews, "median", e.Median, "most", e.Most)
	}
	switch {
	case e.By.IsZero():
		return text
	case e.Over:
		return text + " " + p.Text("expected.over", "by", web.Date(e.By))
	}
	return text + " " + p.Text("expected.by", "by", web.Date(e.By))
}

// rank is the nearest-rank percentile of sorted values.
func rank(sorted []int, percent int) int {
	return sorted[(len(sorted)*percent+99)/100-1]
}

// reviewCache holds the times of each province's bureau, by group of kinds.
type reviewCache struct {
	mu    sync.Mutex
	known map[reviewGroup]knownReviews
}

type reviewGroup struct {
	province string
	// first operation of the kinds that are reviewed alike
	operation int
}

type knownReviews struct {
	times  []store.ReviewTime
	loaded time.Time
}

func (v *View) ReviewTimes(ctx context.Context, province string, kind filing.Kind) ([]store.ReviewTime, error) {
	operations := kind.ReviewedAlike()
	group := reviewGroup{province, operations[0]}
	c := &v.reviews
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept, ok := c.known[group]; ok && time.Since(kept.loaded) < reviewsFor {
		return kept.times, nil
	}
	times, err := v.Store.ReviewTimes(ctx, province, operations)
	if err != nil {
		return nil, err
	}
	if c.known == nil {
		c.known = map[reviewGroup]knownReviews{}
	}
	c.known[group] = knownReviews{times, time.Now()}
	return times, nil
}

// Expected is how long the bureau will take with a filing that waits for it, from what
// was submitted; nil for others.
func (v *View) Expected(ctx context.Context, f store.Filing, events []store.Event) (*Expectation, error) {
	if !slices.Contains([]filing.Stage{filing.Vetting, filing.Submitting, filing.Reviewing}, f.Stage) {
		return nil, nil
	}
	d, err := v.Store.Dossier(ctx, f.ID, f.Revision)
	if errors.Is(err, store.ErrNotFound) { // past its time: nothing is known of it any more
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

// ExpectedFor is how long the bureau will take with a dossier; accepted is zero before
// it has it.
func (v *View) ExpectedFor(ctx context.Context, d filing.Dossier, accepted time.Time) (*Expectation, error) {
	times, err := v.ReviewTimes(ctx, d.Bureau(), d.Kind)
	if err != nil {
		return nil, err
	}
	e := ExpectationOf(times, accepted, v.Store.Now())
	return &e, nil
}
