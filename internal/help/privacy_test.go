package help_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/help"
)

// Both editions have one version and the same sections, and name what the law asks for.
func TestPrivacyNoticeIsOneTextInBothLanguages(t *testing.T) {
	version, err := help.PrivacyVersion()
	require.NoError(t, err)
	sections := map[string]int{}
	for _, lang := range help.Languages {
		raw, err := os.ReadFile("privacy/" + lang + ".md")
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(raw), "version: "+version+"\n"), lang)
		html, err := help.PrivacyNotice(lang, help.PrivacyData{Provider: "样例 <b>", Contact: "dpo@example.com",
			Drafts: "K1", Papers: "K2", Filings: "K3", Tickets: "K4", Files: "K5", Audit: "K6"})
		require.NoError(t, err)
		for _, named := range []string{"样例", "dpo@example.com", "K1", "K2", "K3", "K4", "K5", "K6"} {
			require.Contains(t, html, named, lang)
		}
		require.NotContains(t, html, "<b>", "a name isn't markup")
		sections[lang] = strings.Count(html, "<h")
	}
	require.Equal(t, sections["zh"], sections["en"])
}
