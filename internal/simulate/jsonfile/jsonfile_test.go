package jsonfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/simulate/jsonfile"
)

// What a killed process was writing is discarded and doesn't corrupt what follows.
func TestListGrowsAndIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	list, err := jsonfile.List[map[string]int](path)
	require.NoError(t, err)
	require.Empty(t, list)
	require.NoError(t, jsonfile.Append(path, map[string]int{"a": 1}))
	require.NoError(t, jsonfile.Append(path, map[string]int{"a": 2}))
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"a":`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	want := []map[string]int{{"a": 1}, {"a": 2}}
	list, err = jsonfile.List[map[string]int](path)
	require.NoError(t, err)
	require.Equal(t, want, list)
	require.NoError(t, jsonfile.Append(path, map[string]int{"a": 3}))
	list, err = jsonfile.List[map[string]int](path)
	require.NoError(t, err)
	require.Equal(t, append(want, map[string]int{"a": 3}), list)

	require.NoError(t, os.WriteFile(path, []byte("nonsense\n"), 0o600))
	_, err = jsonfile.List[map[string]int](path)
	require.Error(t, err)
	require.NoError(t, jsonfile.Append("", 1), "no file")
	none, err := jsonfile.List[int]("")
	require.NoError(t, err)
	require.Empty(t, none)
}
