package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/config"
)

func TestMissingSettingsAreNamedAtOnce(t *testing.T) {
	t.Setenv("BEIAN_DATABASE", "")
	t.Setenv("BEIAN_SMS_ACCESS_KEY_ID", "")
	err := config.LoadSecrets(&config.Base{}, &config.SMS{})
	require.ErrorContains(t, err, "BEIAN_DATABASE is not set: database: user:password@tcp(host:port)/name")
	require.ErrorContains(t, err, "BEIAN_SMS_ACCESS_KEY_ID is not set")
}

func TestSecretsComeFromFiles(t *testing.T) {
	file := t.TempDir() + "/dsn"
	require.NoError(t, os.WriteFile(file, []byte("u:p@tcp(h:1)/d\n"), 0o600))
	t.Setenv("BEIAN_DATABASE_FILE", file)
	base := config.Base{KeyFile: "k"}
	require.NoError(t, config.LoadSecrets(&base))
	require.Equal(t, "u:p@tcp(h:1)/d", base.Database)
}

// A provider's list of papers overrides the built-in one; a wrong one is reported by name.
func TestPapersOfTheProvidersOwn(t *testing.T) {
	list, err := config.Panel{}.PaperList()
	require.NoError(t, err)
	require.Nil(t, list, "the built-in list is used")
	own := filepath.Join(t.TempDir(), "papers.yaml")
	require.NoError(t, os.WriteFile(own, []byte("drop: [letter]\n"), 0o600))
	list, err = config.Panel{Papers: own}.PaperList()
	require.NoError(t, err)
	for _, p := range list.In("310000") {
		require.NotEqual(t, "letter", p.Key)
	}
	require.NoError(t, os.WriteFile(own, []byte("papers: [{key: x}]\n"), 0o600))
	_, err = config.Panel{Papers: own}.PaperList()
	require.ErrorContains(t, err, "BEIAN_PAPERS")
	require.ErrorContains(t, err, `"x"`)
	_, err = config.Panel{Papers: own + "-missing"}.PaperList()
	require.ErrorContains(t, err, "BEIAN_PAPERS")
}

// Periods that a rule makes too short, or that are negative, are refused by the setting's name.
func TestRetentionKeepsWhatRulesRequire(t *testing.T) {
	const day = 24 * time.Hour
	for setting, r := range map[string]config.Retention{
		"BEIAN_KEEP_FILES": {Files: 91 * day}, "BEIAN_KEEP_AUDIT": {Audit: 182 * day}, "BEIAN_KEEP_DRAFTS": {Drafts: -1},
	} {
		_, err := r.Periods()
		require.ErrorContains(t, err, setting)
	}
	for _, r := range []config.Retention{{}, {Files: 92 * day, Audit: 183 * day, Drafts: 1}} {
		_, err := r.Periods()
		require.NoError(t, err)
	}
}

// A provider's rules override the built-in ones; a wrong line is reported with its place.
func TestRulesOfTheProvidersOwn(t *testing.T) {
	book, err := config.Provider{}.RuleBook()
	require.NoError(t, err)
	require.Nil(t, book, "the built-in rules are used")
	own := filepath.Join(t.TempDir(), "rules.tsv")
	require.NoError(t, os.WriteFile(own, []byte("suffix\tcom\tno\tno\tsure\tTX\t2026\n"), 0o600))
	book, err = config.Provider{Rules: own}.RuleBook()
	require.NoError(t, err)
	suffix, _ := book.SuffixOf("example.com")
	require.False(t, suffix.Approved())
	require.NoError(t, os.WriteFile(own, []byte("suffix\tcom\tmaybe\tno\tsure\tTX\t2026\n"), 0o600))
	_, err = config.Provider{Rules: own}.RuleBook()
	require.ErrorContains(t, err, "BEIAN_RULES: "+own+": line 1, column 3 (use)")
	_, err = config.Provider{Rules: own + "-missing"}.RuleBook()
	require.ErrorContains(t, err, "BEIAN_RULES")
}
