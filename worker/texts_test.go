package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/locale"
)

// Staff see what a failing workflow is for, so every workflow has a text.
func TestEveryWorkflowHasAName(t *testing.T) {
	texts, err := locale.New()
	require.NoError(t, err)
	for _, w := range Workflows {
		for _, lang := range locale.Languages {
			require.True(t, texts.For(lang).Has("broken_workflow."+NameOf(w)), "%s: workflow.%s", lang, NameOf(w))
		}
	}
}
