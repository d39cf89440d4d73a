package store

// fragment is a piece of SQL with the values of its placeholders.
type fragment struct {
	sql  string
	args []any
}

func fragmentOf(sql string, args ...any) fragment { return fragment{sql, args} }

// with returns the fragment's values followed by those of the rest of the statement.
func (f fragment) with(values ...any) []any { return append(append([]any{}, f.args...), values...) }

// or adds an alternative to a condition.
func (f fragment) or(sql string, args ...any) fragment {
	return fragment{f.sql + ` OR ` + sql, f.with(args...)}
}
