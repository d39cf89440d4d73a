package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/rules"
)

// Every rule of the data is either applied or says why not, and every constant names one that is applied.
func TestEveryRuleIsAccountedFor(t *testing.T) {
	covered := rules.CoverageOf()
	used := map[rules.Name]bool{}
	for _, r := range rules.BuiltIn().Rules {
		require.Contains(t, covered, r.Name, "data/coverage.tsv doesn't list it")
		used[r.Name] = true
	}
	constants, err := os.ReadFile("names.go")
	require.NoError(t, err)
	for name, c := range covered {
		require.True(t, used[name], "%s: no such rule", name)
		require.Contains(t, rules.Groups, c.Group, name)
		require.True(t, (c.File == "") != (c.Why == ""), "%s: a file or a reason", name)
		isConstant := strings.Contains(string(constants), `"`+string(name)+`"`)
		require.Equal(t, isConstant, c.File != "", "%s: code applies the rules that have a constant", name)
		if c.File == "" {
			continue
		}
		code, err := os.ReadFile(filepath.Join("..", "..", c.File))
		require.NoError(t, err)
		constant := constantOf(t, string(constants), name)
		if filepath.Dir(c.File) != "internal/rules" {
			constant = "rules." + constant
		}
		require.Regexp(t, `\b`+constant+`\b`, string(code), "%s: %s", name, c.File)
	}
}

func constantOf(t *testing.T, code string, name rules.Name) string {
	t.Helper()
	for line := range strings.Lines(code) {
		if strings.Contains(line, `"`+string(name)+`"`) {
			return strings.Fields(line)[0]
		}
	}
	t.Fatalf("no constant for %s", name)
	return ""
}
