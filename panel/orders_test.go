package panel_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// An order's last day is China's, whole.
func TestExpiryIsMarkedByChinasDays(t *testing.T) {
	last := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC) // as the column DATE is read
	order := store.Order{ExpiresOn: sql.NullTime{Time: last, Valid: true}}
	china := time.FixedZone("CST", 8*3600)
	for at, want := range map[time.Time]string{
		time.Date(2026, 12, 1, 0, 0, 0, 0, china): "past", time.Date(2026, 11, 30, 23, 59, 0, 0, china): "near",
		time.Date(2026, 11, 1, 0, 0, 0, 0, china): "near", time.Date(2026, 10, 31, 23, 0, 0, 0, china): "",
	} {
		require.Equal(t, want, panel.Expiry(order, at), at)
	}
	require.Empty(t, panel.Expiry(store.Order{}, time.Now()))
}

// The list is filtered by the stages that it shows.
func TestOrdersAreFilteredByStage(t *testing.T) {
	f := newFilling(t)
	for state, shown := range map[string]int{"": 1, "preparing": 1, "yours": 1, "reviewing": 0, "none": 0, "filed": 0, "under_way": 0, "withdrawn": 1, "x": 1} {
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
