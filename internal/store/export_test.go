package store

// OrderListSQL is the list's query, for tests of how the database runs it.
func OrderListSQL(customer int64, filter OrderFilter, products []string, ids []int64, after Cursor, limit int) (string, []any) {
	return orderQuery{customer: customer, standing: filter.standing(), products: products, ids: ids, after: after, limit: limit}.sql()
}
