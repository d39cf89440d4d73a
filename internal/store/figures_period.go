package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// PeriodFigures are what the console shows for a range of days. Medians and percentiles are within 1% of the true ones.
// They contain no personal data.
type PeriodFigures struct {
	// From and Until are the first and the last day.
	From, Until filing.ChinaDay
	Stays       []StayFigure
	Days        []DayCount
	Refusals    []RefusalFigure
	Stuck       []CauseFigure
	Provinces   []ProvinceFigure
	// Uncounted counts days that are over but not counted yet: they are missing.
	Uncounted int
}

// StayFigure is how long filings stayed in a stage, whatever came next.
type StayFigure struct {
	Stage filing.Stage
	N     int
	// Median and Most are the 50th and 95th percentile.
	Median, Most time.Duration
}

// DayCount counts the events of a day. For a single province Opened is 0, since a new filing's province isn't known
// yet.
type DayCount struct {
	Day                                         filing.ChinaDay
	Opened, Submitted, Approved, Refused, Filed int
}

// RefusalFigure counts how often dossiers came back for a reason.
type RefusalFigure struct {
	RefusalReason
	N int
}

// CauseFigure counts how often filings got stuck for a cause.
type CauseFigure struct {
	Cause
	// N got stuck; Resumed resumed, in a median time of Median.
	N, Resumed int
	Median     time.Duration
	// Now counts those stuck now, whenever that began.
	Now Counted
}

// ProvinceFigure compares a province. Reviewed reviews ended, in a median time of Median.
type ProvinceFigure struct {
	Province                               string
	Submitted, Approved, Refused, Reviewed int
	Median                                 time.Duration
}

// Decided counts approvals and refusals.
func (p ProvinceFigure) Decided() int { return p.Approved + p.Refused }

// periodQuery reads one figure of some provinces; for all but one province only rows with a name.
const periodQuery = `SELECT province, day, name, n, times FROM day_figures WHERE figure = ? AND province IN (?)
	AND day BETWEEN ? AND ? AND (province = ? OR name = ? OR ? = '')`

// PeriodFigures returns the figures of the last days up to now, for one province if given, except for what is stuck.
// Past days were counted before; today, and yesterday until it is counted, are counted now.
func (s *Store) PeriodFigures(ctx context.Context, days int, province string) (f PeriodFigures, err error) {
	today := filing.ChinaDayOf(s.now())
	f.From, f.Until = today.Add(1-days), today
	live := []filing.ChinaDay{today}
	lacking, err := s.uncounted(ctx, f.From, f.Until)
	if err != nil {
		return f, err
	}
	yesterday := today.Add(-1)
	if !yesterday.Before(f.From) && (s.lastClosed().Before(yesterday) || len(lacking) > 0 && lacking[0] == yesterday) {
		live = append(live, yesterday)
	}
	for _, day := range lacking {
		if !slices.Contains(live, day) {
			f.Uncounted++
		}
	}
	p := period{province: province, byDay: map[string]tallies{}, all: tallies{}}
	if err := p.read(ctx, s, f, live); err != nil {
		return f, fmt.Errorf("reading figures: %w", err)
	}
	for _, day := range live {
		c, err := s.countDay(ctx, day)
		if err != nil {
			return f, err
		}
		for key, t := range c {
			if err := p.add(day.String(), key, t); err != nil {
				return f, err
			}
		}
	}
	f.Stays, f.Days, f.Refusals, f.Provinces = p.stays(), p.days(f), p.refusals(), p.provinces()
	f.Stuck, err = p.stuck(ctx, s)
	return f, err
}

// period is the counts over a range of days, and for each.
type period struct {
	province string
	byDay    map[string]tallies // of figureDaily, for the province
	all      tallies
}

// read loads the stored days, except those that are counted live.
func (p period) read(ctx context.Context, s *Store, f PeriodFigures, live []filing.ChinaDay) error {
	province := p.province
	everywhere := []string{province}
	for _, place := range filing.Provinces() {
		if place.Code != province {
			everywhere = append(everywhere, place.Code)
		}
	}
	for figure, provinces := range map[string][]string{
		figureStay: everywhere, figureDaily: everywhere, figureRefusal: {province}, figureStuck: {""}, figureResumed: {""},
	} {
		only := "" // for other provinces only reviews are compared
		if figure == figureStay {
			only = string(filing.Reviewing)
		}
		args := []any{figure, provinces, f.From.String(), f.Until.String(), province, only, only}
		if err := s.eachRow(ctx, periodQuery, args, func(rows *sqlx.Rows) error {
			var key = tallyKey{figure: figure}
			var day time.Time
			var n int
			var times []byte
			if err := rows.Scan(&key.province, &day, &key.name, &n, &times); err != nil {
				return err
			}
			text := day.Format(time.DateOnly)
			if slices.ContainsFunc(live, func(d filing.ChinaDay) bool { return d.String() == text }) {
				return nil
			}
			t := &tally{}
			if err := t.merge(n, times); err != nil {
				return err
			}
			return p.add(text, key, t)
		}); err != nil {
			return err
		}
	}
	return nil
}

func (p period) add(day string, key tallyKey, t *tally) error {
	if key.figure == figureDaily && key.province == p.province {
		if p.byDay[day] == nil {
			p.byDay[day] = tallies{}
		}
		if err := p.byDay[day].of(key).add(t); err != nil {
			return err
		}
	}
	return p.all.of(key).add(t)
}

func (p period) stays() (list []StayFigure) {
	for _, stage := range filing.Stages {
		if stage.Final() {
			continue
		}
		t := p.all.of(tallyKey{figureStay, p.province, string(stage)})
		list = append(list, StayFigure{Stage: stage, N: t.n, Median: t.quantile(0.5), Most: t.quantile(0.95)})
	}
	return list
}

func (p period) days(f PeriodFigures) (list []DayCount) {
	for day := f.From; !f.Until.Before(day); day = day.Add(1) {
		n := func(name string) int {
			if t := p.byDay[day.String()][tallyKey{figureDaily, p.province, name}]; t != nil {
				return t.n
			}
			return 0
		}
		list = append(list, DayCount{Day: day, Opened: n(dailyOpened), Submitted: n(dailySubmitted),
			Approved: n(dailyApproved), Refused: n(dailyRefused), Filed: n(dailyFiled)})
	}
	return list
}

func (p period) refusals() (list []RefusalFigure) {
	for key, t := range p.all {
		if key.figure == figureRefusal && key.province == p.province {
			list = append(list, RefusalFigure{parseRefusalReason(key.name), t.n})
		}
	}
	slices.SortFunc(list, func(a, b RefusalFigure) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.name(), b.name()))
	})
	return list
}

// stuck returns the period's causes and those for which filings are stuck now.
func (p period) stuck(ctx context.Context, s *Store) (list []CauseFigure, err error) {
	figures := map[Cause]*CauseFigure{}
	of := func(c Cause) *CauseFigure {
		if figures[c] == nil {
			figures[c] = &CauseFigure{Cause: c}
		}
		return figures[c]
	}
	for key, t := range p.all {
		switch key.figure {
		case figureStuck:
			of(parseCause(key.name)).N = t.n
		case figureResumed:
			f := of(parseCause(key.name))
			f.Resumed, f.Median = t.n, t.quantile(0.5)
		}
	}
	now, err := s.StuckCauses(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range now {
		of(c.Cause).Now = c.Counted
	}
	for _, f := range figures {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b CauseFigure) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(b.Now.N, a.Now.N), cmp.Compare(a.name(), b.name()))
	})
	return list, nil
}

// provinces returns those with submissions or decisions, by code.
func (p period) provinces() (list []ProvinceFigure) {
	for _, place := range filing.Provinces() {
		n := func(name string) int { return p.all.of(tallyKey{figureDaily, place.Code, name}).n }
		reviews := p.all.of(tallyKey{figureStay, place.Code, string(filing.Reviewing)})
		f := ProvinceFigure{Province: place.Code, Submitted: n(dailySubmitted), Approved: n(dailyApproved),
			Refused: n(dailyRefused), Reviewed: reviews.n, Median: reviews.quantile(0.5)}
		if f.Submitted > 0 || f.Decided() > 0 {
			list = append(list, f)
		}
	}
	return list
}
