package panel_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// A column of buttons has a heading for screen readers.
func TestTablesHaveNoEmptyHeads(t *testing.T) {
	files, err := filepath.Glob("*/*.templ")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotRegexp(t, regexp.MustCompile(`<th[^>]*>\s*</th>`), string(raw), file)
	}
}
