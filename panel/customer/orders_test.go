package customer

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
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
		require.Equal(t, want, expiry(order, at), at)
	}
	require.Empty(t, expiry(store.Order{}, time.Now()))
}
