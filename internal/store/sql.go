package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jmoiron/sqlx"
)

// The helpers below run statements on the pool or in a transaction. A slice as argument stands for the values of an
// IN (?), except for insert and scan; it mustn't be empty.

// exec runs a statement whose result doesn't matter.
func exec(ctx context.Context, db sqlx.ExecerContext, query string, args ...any) error {
	_, err := affected(ctx, db, query, args...)
	return err
}

// execAll runs statements in order.
func execAll(ctx context.Context, db sqlx.ExecerContext, statements ...fragment) error {
	for _, f := range statements {
		if err := exec(ctx, db, f.sql, f.args...); err != nil {
			return err
		}
	}
	return nil
}

// affected runs a statement and returns how many rows it changed.
func affected(ctx context.Context, db sqlx.ExecerContext, query string, args ...any) (int64, error) {
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		return 0, err
	}
	res, err := db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// changed runs a statement and reports whether it changed exactly one row.
func changed(ctx context.Context, db sqlx.ExecerContext, query string, args ...any) (bool, error) {
	n, err := affected(ctx, db, query, args...)
	return n == 1, err
}

// changeOne runs a statement that must change exactly one row, otherwise ErrConflict.
func changeOne(ctx context.Context, db sqlx.ExecerContext, query string, args ...any) error {
	ok, err := changed(ctx, db, query, args...)
	if err == nil && !ok {
		err = ErrConflict
	}
	return err
}

// insert runs an INSERT and returns the new row's ID.
func insert(ctx context.Context, db sqlx.ExecerContext, query string, args ...any) (int64, error) {
	res, err := db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// get reads a row that is always there.
func get[T any](ctx context.Context, db sqlx.QueryerContext, query string, args ...any) (row T, err error) {
	if query, args, err = sqlx.In(query, args...); err != nil {
		return row, err
	}
	return remember(ctx, db, query, args, func() (row T, err error) {
		err = sqlx.GetContext(ctx, db, &row, query, args...)
		return row, err
	})
}

// find reads a row and names it in errors; ErrNotFound if it isn't there.
func find[T any](ctx context.Context, db sqlx.QueryerContext, what, query string, args ...any) (T, error) {
	row, err := get[T](ctx, db, query, args...)
	return row, notFoundAs(err, what)
}

// scan reads the columns of a row and names it in errors; ErrNotFound if it isn't there.
func scan(ctx context.Context, db sqlx.QueryerContext, what string, query fragment, columns ...any) error {
	return notFoundAs(db.QueryRowxContext(ctx, query.sql, query.args...).Scan(columns...), what)
}

// getOptional reads a row that may not be there.
func getOptional[T any](ctx context.Context, db sqlx.QueryerContext, query string,
	args ...any) (row T, found bool, err error) {
	row, err = get[T](ctx, db, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return row, false, nil
	}
	return row, err == nil, err
}

// selectAll reads all rows of a query.
func selectAll[T any](ctx context.Context, db sqlx.QueryerContext, query string, args ...any) (rows []T, err error) {
	if query, args, err = sqlx.In(query, args...); err != nil {
		return nil, err
	}
	return rememberRows(ctx, db, query, args, func() (rows []T, err error) {
		err = sqlx.SelectContext(ctx, db, &rows, query, args...)
		return rows, err
	})
}

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

// also adds assignments to a SET.
func (f fragment) also(sql string, args ...any) fragment {
	return fragment{f.sql + `, ` + sql, f.with(args...)}
}

// and narrows a condition.
func (f fragment) and(sql string, args ...any) fragment {
	return fragment{f.sql + ` AND ` + sql, f.with(args...)}
}
