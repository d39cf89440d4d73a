package locale_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// Keys that are derived from a value's name must exist for every value.
func TestKindsAndTasksHaveTexts(t *testing.T) {
	b, err := locale.New()
	require.NoError(t, err)
	for _, lang := range locale.Languages {
		l := b.For(lang)
		for _, kind := range filing.KindSpecs {
			require.True(t, l.Has("kind."+string(kind.Kind)), "%s: %s", lang, kind.Kind)
			require.NotEmpty(t, kind.Name.In(lang), "%s: %s", lang, kind.Kind)
			require.Equal(t, !kind.Registers, l.Has("kind_help."+string(kind.Kind)), "%s: %s", lang, kind.Kind)
		}
		for _, kind := range store.TaskKinds {
			require.True(t, l.Has("bureau_task_kind."+kind), "%s: %s", lang, kind)
		}
		for _, key := range []string{"to_submit", "submitted"} {
			for _, suffix := range []string{"", "_act", "_since"} {
				require.True(t, l.Has("manual_dossiers."+key+suffix), "%s: %s%s", lang, key, suffix)
			}
		}
	}
}
