package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/schema"
)

func TestMigrateStatusSaysWhoIsAhead(t *testing.T) {
	one, two, three := schema.Migration{Version: 1, Name: "00001_a.sql"},
		schema.Migration{Version: 2, Name: "00002_b.sql"}, schema.Migration{Version: 3}
	for want, s := range map[string]schema.Status{
		"at the same version":        {Applied: []schema.Migration{one, two}},
		"This build is ahead by 1":   {Applied: []schema.Migration{one}, Pending: []schema.Migration{two}},
		"The database is ahead by 1": {Applied: []schema.Migration{one, two}, Ahead: []schema.Migration{three}},
		"from a different branch": {Applied: []schema.Migration{one}, Pending: []schema.Migration{two},
			Ahead: []schema.Migration{three}},
	} {
		var out strings.Builder
		require.NoError(t, printStatus(&out, s))
		require.Contains(t, out.String(), want)
	}
}
