package store

import (
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// OrderListSQL is the list's query, for tests of its execution plan.
func OrderListSQL(customer int64, filter OrderFilter, products []string, ids []int64, after Cursor,
	limit int) (string, []any) {
	return expanded(orderQuery{customer: customer, standing: filter.statusFilter(), products: products, ids: ids,
		after: after, limit: limit}.sql())
}

// The console's counts, for tests of their execution plans.
const (
	CountStuck         = countStuck
	CountStage         = countStage
	CountStageProvince = countStageProvince
	CountSiteBad       = countSiteBad
	CountTickets       = countTickets
	CountTasks         = countTasks
)

// SearchSQL is a search's query; causes are the current ones.
func SearchSQL(f FilingSearch, causes []Cause, after Cursor, limit int) (string, []any) {
	return expanded(searchQuery{FilingSearch: f, causes: causes, after: after, limit: limit}.sql())
}

// expanded replaces slices among the arguments by their values.
func expanded(query string, args []any) (string, []any) {
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		panic(err)
	}
	return query, args
}

// VettingQueueSQL is the query of the vetting queue.
func VettingQueueSQL(shown VettingScope, reviewer int64, now time.Time, after Cursor, limit int) (string, []any) {
	return vettingQueue(shown, reviewer, now, after, limit)
}

// SaveSendBack stores why a revision is sent back, without the vetting decision.
func (s *Store) SaveSendBack(ctx context.Context, filingID int64, b SendBack) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error { return s.saveSendBack(ctx, tx, filingID, b) })
}

// ShowState updates an order's state from its open filing.
func (s *Store) ShowState(ctx context.Context, orderID int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error { return s.updateOrderState(ctx, tx, orderID) })
}

// ExportedName is the name of a column, as TABLE.COLUMN, in an export.
func ExportedName(name string) string {
	table, column, _ := strings.Cut(name, ".")
	return table + "." + exportedName(column)
}

// ExportedSealed are the sealed columns that an export opens, as TABLE.COLUMN.
func ExportedSealed() (list []string) {
	for _, t := range personalTables {
		for column := range t.sealed {
			list = append(list, t.name+"."+column)
		}
	}
	return list
}
