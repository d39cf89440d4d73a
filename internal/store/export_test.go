package store

// OrderListSQL is the list's query, for tests of how the database runs it.
func OrderListSQL(customer int64, filter OrderFilter, products []string, ids []int64, after Cursor, limit int) (string, []any) {
	return orderQuery{customer: customer, standing: filter.standing(), products: products, ids: ids, after: after, limit: limit}.sql()
}

// The console's counts, for tests of how the database runs them.
const (
	CountStuck         = countStuck
	CountStage         = countStage
	CountStageProvince = countStageProvince
	CountSiteBad       = countSiteBad
	CountTickets       = countTickets
	CountTasks         = countTasks
)

// SearchSQL is a search's query; causes are those that are stuck.
func SearchSQL(f FilingSearch, causes []Cause, after Cursor, limit int) (string, []any) {
	return searchQuery{FilingSearch: f, causes: causes, after: after, limit: limit}.sql()
}
