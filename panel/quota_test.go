package panel_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

// Whoever names another mobile each time reaches few of them, and learns when to go on.
func TestFewCodesForManyMobiles(t *testing.T) {
	f := newFilling(t)
	f.advance(filing.Verifying, "")
	email := filingtest.Contact().Email
	refused := 0
	for i := range 40 {
		page, err := f.Fill(t.Context(), filingBase+"/recover",
			url.Values{"mobile": {fmt.Sprintf("139%08d", i)}, "email": {email}})
		if err == nil {
			continue
		}
		refused++
		require.Regexp(t, `请在 \d{4}-\d\d-\d\d \d\d:\d\d 之后再试`, page.Find("main").Text())
	}
	require.Equal(t, 4, f.temporal.codes)
	require.Equal(t, 36, refused)
}
