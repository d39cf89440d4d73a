package panel_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/panel"
)

func TestTablesKeepTheirRoles(t *testing.T) {
	require.Equal(t,
		`<table role="table" class="list"><thead role="rowgroup"><tr role="row" data-x="1"><th role="columnheader">a</th><th scope="row" role="rowheader">b</th></tr></thead><tbody role="rowgroup"><tr role="row"><td role="cell">c</td></tr></tbody></table>`,
		panel.WithRoles(`<table class="list"><thead><tr data-x="1"><th>a</th><th scope="row">b</th></tr></thead><tbody><tr><td>c</td></tr></tbody></table>`))
	require.Equal(t, `<time>x</time><track>`, panel.WithRoles(`<time>x</time><track>`))
}

// A column of buttons has a head that is heard.
func TestTemplatesHaveNoEmptyHeads(t *testing.T) {
	files, err := filepath.Glob("templates/*.html")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotRegexp(t, regexp.MustCompile(`<th[^>]*>\s*</th>`), string(raw), file)
	}
}
