package precheck

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

// Each ordinary word is the name of a division, so the list has no superfluous ones.
func TestOrdinaryWordsAreDivisions(t *testing.T) {
	known := map[string]bool{}
	for _, p := range filing.Provinces() {
		for _, c := range filing.Cities(p.Code) {
			known[class.ReplaceAllString(c.Name, "")] = true
			for _, county := range filing.Counties(c.Code) {
				known[class.ReplaceAllString(county.Name, "")] = true
			}
		}
	}
	var strangers []string
	words := strings.Fields(ordinary)
	for _, w := range words {
		if !known[w] {
			strangers = append(strangers, w)
		}
	}
	require.Empty(t, strangers)
	slices.Sort(words)
	require.Len(t, slices.Compact(words), len(strings.Fields(ordinary)), "none twice")
	for _, name := range generic {
		require.Contains(t, divisions().anywhere, name)
	}
}
