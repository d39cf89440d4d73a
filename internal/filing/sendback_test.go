package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

// Each send-back reason has its own key, both languages, and refers to an existing paper or code.
func TestReasonsForSendingBackAreWhole(t *testing.T) {
	papers := map[string]bool{}
	for _, p := range filing.BuiltInPapers().Papers {
		papers[p.Key] = true
	}
	seen, inHelp := map[string]bool{}, 0
	require.Greater(t, len(filing.SendBackReasons()), 20)
	for _, r := range filing.SendBackReasons() {
		require.False(t, seen[r.Key], r.Key)
		seen[r.Key] = true
		found, known := filing.SendBackByKey(r.Key)
		require.True(t, known, r.Key)
		require.Equal(t, r, found)
		require.NotEmpty(t, r.Chinese, r.Key)
		require.NotEmpty(t, r.English, r.Key)
		require.Equal(t, r.Form == "", r.Field == "", r.Key)
		explained := []string{r.Reason.Chinese, r.Reason.English, r.Fix.Chinese, r.Fix.English, r.Source, r.Date}
		if r.Stage != "" {
			require.Contains(t, []string{"provider", "sms", "bureau", "check"}, r.Stage, r.Key)
			require.NotContains(t, explained, "", r.Key)
			inHelp++
		} else {
			require.Equal(t, make([]string, len(explained)), explained, r.Key)
		}
		if r.Form == "papers" {
			require.True(t, papers[r.Field], r.Key)
		}
		if r.Code != 0 {
			code, known := filing.RefusalByCode(r.Code)
			require.True(t, known, r.Key)
			require.Equal(t, code.Form+"."+code.Field, r.About(), "%s spares the refusal for the same field", r.Key)
		}
	}
	require.Equal(t, 95, inHelp, "the reasons that providers name")
	_, known := filing.SendBackByKey("nonsense")
	require.False(t, known)
}
