package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/workflows"
)

func TestFilingOfAWorkflow(t *testing.T) {
	for id, want := range map[string][]any{
		"filing/D1": {"D1", "1", true}, "filing/D1/2": {"D1", "2", true}, "aftercare/D1": {"D1", "1", true},
		"exchange/1": {"", "", false},
	} {
		order, serial, ok := workflows.FilingOf(id)
		require.Equal(t, want, []any{order, serial, ok}, id)
	}
}
