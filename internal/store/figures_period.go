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

// PeriodFigures are what the console shows of some days. Medians and percentiles are within a
// hundredth of the true ones. Nothing in it is anybody's.
type PeriodFigures struct {
	// From and Until are the first and the last day.
	From, Until filing.ChinaDay
	Stays       []StayFigure
	Days        []DayCount
	Refusals    []RefusalFigure
	Stuck       []CauseFigure
	Provinces   []ProvinceFigure
	// Uncounted are days that are over and wait to be counted: they are lacking.
	Uncounted int
}

// StayFigure is how long filings were in a stage: stays that ended, in whatever way.
type StayFigure struct {
	Stage filing.Stage
	N     int
	// Median and Most: half of them, and 95 in a hundred, took no longer.
	Median, Most time.Duration
}

// DayCount is what happened to filings on a day. Of a province, Opened is 0: which it will be
// isn't known then.
type DayCount struct {
	Day                                         filing.ChinaDay
	Opened, Submitted, Approved, Refused, Filed int
}

// RefusalFigure is how often dossiers came back for a reason.
type RefusalFigure struct {
	RefusalReason
	N int
}

// CauseFigure is how often filings got stuck for a cause.
type CauseFigure struct {
	Cause
	// N got stuck; Resumed went on, half of them within Median.
	N, Resumed int
	Median     time.Duration
	// Now are stuck, whenever that began.
	Now Counted
}

// ProvinceFigure is how filings fared in a province. Reviewed reviews ended, half of them
// within Median.
type ProvinceFigure struct {
	Province                               string
	Submitted, Approved, Refused, Reviewed int
	Median                                 time.Duration
}

// Decided is how many were approved or refused.
func (p ProvinceFigure) Decided() int { return p.Approved + p.Refused }

// periodQuery reads one figure of some provinces; of all but one province only what has a name.
const periodQuery = `SELECT province, day, name, n, times FROM day_figures WHERE figure = ? AND province IN (?) AND day BETWEEN ? AND ? AND (province = ? OR name = ? OR ? = '')`

// PeriodFigures puts together the figures of the last days, today's so far among them; of a
// province where one is named, but for what is stuck. Days that are over were counted; today,
// and yesterday until it is, are counted now.
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

// period is what was counted in some days, and on each.
type period struct {
	province string
	byDay    map[string]tallies // of figureDaily, in the province
	all      tallies
}

// read takes up what is kept, but for days that are counted anew.
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
		only := "" // of other provinces reviews are compared, and no other stage
		if figure == figureStay {
			only = string(filing.Reviewing)
		}
		query, args, err := sqlx.In(periodQuery, figure, provinces, f.From.String(), f.Until.String(), province, only, only)
		if err != nil {
			return err
		}
		err = s.eachRow(ctx, query, args, func(rows *sqlx.Rows) error {
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
		})
		if err != nil {
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
		list = append(list, DayCount{Day: day, Opened: n(dailyOpened), Submitted: n(dailySubmitted), Approved: n(dailyApproved), Refused: n(dailyRefused), Filed: n(dailyFiled)})
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

// stuck has the causes of the period, and those for which anything is stuck now.
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

// provinces has those where anything was submitted or decided, by code.
func (p period) provinces() (list []ProvinceFigure) {
	for _, place := range filing.Provinces() {
		n := func(name string) int { return p.all.of(tallyKey{figureDaily, place.Code, name}).n }
		reviews := p.all.of(tallyKey{figureStay, place.Code, string(filing.Reviewing)})
		f := ProvinceFigure{Province: place.Code, Submitted: n(dailySubmitted), Approved: n(dailyApproved), Refused: n(dailyRefused), Reviewed: reviews.n, Median: reviews.quantile(0.5)}
		if f.Submitted > 0 || f.Decided() > 0 {
			list = append(list, f)
		}
	}
	return list
}
