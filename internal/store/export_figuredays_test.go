package store

import (
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// Query is a query with its arguments.
type Query struct {
	SQL  string
	Args []any
}

// DayQueries are those that count the day from a time, for tests of how the database runs them.
func DayQueries(from time.Time) map[string]Query {
	until := from.Add(24 * time.Hour)
	turns := func(kinds, before []string) Query {
		query, args, err := sqlx.In(turnsQuery, before, from, until, kinds)
		if err != nil {
			panic(err)
		}
		return Query{query, args}
	}
	return map[string]Query{
		"stages":    turns(filing.StageKinds(), filing.StageKinds()),
		"stuck":     turns([]string{"stuck", "resumed", "unstuck"}, []string{"stuck"}),
		"refused":   {refusedQuery, []any{from, until}},
		"sent back": {sentBackQuery, []any{from, until}},
	}
}

// PeriodSQL reads a figure of one province.
var PeriodSQL = strings.Replace(periodQuery, "IN (?)", "= ?", 1)
