package deploytest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/deploy/deploytest"
)

// That the metrics exist is tested on a running panel and worker, in e2e.
func TestEveryExpressionParses(t *testing.T) {
	list, err := deploytest.Expressions()
	require.NoError(t, err)
	require.Greater(t, len(list), 40)
	for _, e := range list {
		names, err := e.Metrics()
		require.NoError(t, err)
		require.NotEmpty(t, names, e.Where)
	}
	_, err = deploytest.Expression{Where: "x", Text: "sum by (a (b)"}.Metrics()
	require.Error(t, err)
}
