package web

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTablesKeepTheirRoles(t *testing.T) {
	require.Equal(t,
		`<table role="table" class="list"><thead role="rowgroup"><tr role="row" data-x="1"><th role="columnheader">a</th><th scope="row" role="rowheader">b</th></tr></thead><tbody role="rowgroup"><tr role="row"><td role="cell">c</td></tr></tbody></table>`,
		withRoles(`<table class="list"><thead><tr data-x="1"><th>a</th><th scope="row">b</th></tr></thead><tbody><tr><td>c</td></tr></tbody></table>`))
	require.Equal(t, `<time>x</time><track>`, withRoles(`<time>x</time><track>`))
}
