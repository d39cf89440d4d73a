package panel_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

// The order list can be filtered by the stages that it shows.
func TestOrdersAreFilteredByStage(t *testing.T) {
	f := newFilling(t)
	for state, shown := range map[string]int{"": 1, "preparing": 1, "yours": 1, "reviewing": 0, "none": 0, "filed": 0,
		"under_way": 0, "withdrawn": 1, "x": 1} {
		page, err := f.Page(t.Context(), "/orders?state="+state)
		require.NoError(t, err)
		require.Equal(t, shown, page.Find("[data-order]").Length(), state)
		if known := page.Find(fmt.Sprintf("option[value=%q]", state)); known.Length() > 0 {
			_, selected := known.Attr("selected")
			require.Equal(t, state != "", selected, state)
		}
	}
	page, err := f.Page(t.Context(), "/orders")
	require.NoError(t, err)
	require.Equal(t, len(filing.OrderStages)+3, page.Find("[name=state] optgroup option").Length())
}
