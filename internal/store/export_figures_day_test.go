package store

import (
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

type Query struct {
	SQL  string
	Args []any
}

// DayQueries are the queries that count the day from a time, for tests of their execution plans.
func DayQueries(from time.Time) map[string]Query {
	until := from.Add(24 * time.Hour)
	turns := func(kinds, before []filing.EventKind) Query {
		query, args, err := sqlx.In(transitionsQuery, before, from, until, kinds)
		if err != nil {
			panic(err)
		}
		return Query{query, args}
	}
	return map[string]Query{
		"stages":    turns(filing.StageKinds(), filing.StageKinds()),
		"stuck":     turns(stuckKinds, stuckKinds),
		"refused":   {refusedQuery, []any{from, until}},
		"sent back": {sentBackQuery, []any{from, until}},
	}
}

// PeriodSQL reads a figure of one province.
var PeriodSQL = strings.Replace(periodQuery, "IN (?)", "= ?", 1)

// PlantYear stores every figure for every day of a year and every province.
func PlantYear(ctx context.Context, s *Store, now time.Time) error {
	for i := 1; i <= FigureDaysRetention; i++ {
		c := tallies{}
		for _, place := range filing.Provinces() {
			for n := range 30 {
				for _, stage := range filing.Stages[:8] {
					if err := c.countLasting(figureStay, string(stage), place.Code, time.Duration(n*n*n+n)*time.Minute); err != nil {
						return err
					}
				}
				for _, name := range []string{dailySubmitted, dailyApproved, dailyRefused, dailyFiled} {
					c.count(figureDaily, name, place.Code)
				}
			}
		}
		if err := s.saveDay(ctx, filing.ChinaDayOf(now).Add(-i), c); err != nil {
			return err
		}
	}
	return nil
}
