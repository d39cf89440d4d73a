package deploycheck_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver" // values of literals
	"github.com/stretchr/testify/require"
)

// Every statement of the migrations is one that TiDB reads, whose grammar is MySQL's, and makes one change, because
// TiDB refuses most statements with several and a killed one can't be half done. TiDB adds no stored generated columns
// to existing tables either.
func TestMigrationsAreReadByTiDB(t *testing.T) {
	files, err := filepath.Glob("../../schema/*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		up, down, found := strings.Cut(string(raw), "-- +goose Down")
		require.True(t, found, file)
		for _, part := range []string{up, down} {
			list, _, err := parser.New().Parse(part, "", "")
			require.NoError(t, err, file)
			if !strings.Contains(up, ": in Go (") { // what SQL can't do
				require.NotEmpty(t, list, file)
			}
			for _, statement := range list {
				require.Empty(t, refusedByTiDB(statement), "%s: %s", filepath.Base(file), statement.Text())
			}
		}
	}
}

// The check of the check.
func TestWhatTiDBRefuses(t *testing.T) {
	for sql, want := range map[string]string{
		"ALTER TABLE t ADD COLUMN a INT, ADD COLUMN b INT":                   "several changes",
		"ALTER TABLE t ADD COLUMN a INT AS (b + 1) STORED":                   "a stored generated column",
		"ALTER TABLE t ADD COLUMN a INT AS (b + 1) VIRTUAL":                  "",
		"CREATE TABLE t (a INT, b INT AS (a) STORED, UNIQUE KEY t_b (b))":    "",
		"ALTER TABLE t ADD CONSTRAINT t_fk FOREIGN KEY (a) REFERENCES u (b)": "",
	} {
		list, _, err := parser.New().Parse(sql, "", "")
		require.NoError(t, err)
		require.Equal(t, want, refusedByTiDB(list[0]), sql)
	}
}

// refusedByTiDB says why TiDB refuses a statement that it reads; empty if nothing is known against it.
func refusedByTiDB(statement ast.StmtNode) string {
	alter, ok := statement.(*ast.AlterTableStmt)
	if !ok {
		return ""
	}
	if len(alter.Specs) > 1 {
		return "several changes"
	}
	for _, column := range alter.Specs[0].NewColumns {
		for _, option := range column.Options {
			if option.Tp == ast.ColumnOptionGenerated && option.Stored {
				return "a stored generated column"
			}
		}
	}
	return ""
}
