package store

import (
	"context"
	"fmt"
	"strings"
)

// Dump returns every row of every table as text, as seen by somebody who has the database but not the keys. Tests
// search it for personal data.
func (s *Store) Dump(ctx context.Context) (string, error) {
	tables, err := selectAll[string](ctx, s.db, `SHOW TABLES`)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, table := range tables {
		rows, err := s.db.QueryxContext(ctx, "SELECT * FROM `"+table+"`")
		if err != nil {
			return "", err
		}
		for rows.Next() {
			values, err := rows.SliceScan()
			if err != nil {
				return "", err
			}
			for _, v := range values {
				if raw, ok := v.([]byte); ok {
					v = string(raw)
				}
				fmt.Fprintln(&b, table, v)
			}
		}
		if err := rows.Err(); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}
