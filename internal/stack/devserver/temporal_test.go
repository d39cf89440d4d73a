package devserver

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// program creates an executable file.
func program(t *testing.T, path string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700))
	return path
}

func TestTemporalProgramIsNamedBuiltOrInstalled(t *testing.T) {
	t.Setenv("BEIAN_TEMPORAL_SERVER", "")
	home, installed := t.TempDir(), t.TempDir()
	t.Setenv("PATH", installed)
	below := filepath.Join(home, "internal", "stack")
	require.NoError(t, os.MkdirAll(below, 0o700))
	t.Chdir(below)
	_, err := TemporalProgram()
	require.ErrorContains(t, err, "make tools")

	find := func(want string) {
		t.Helper()
		found, err := TemporalProgram()
		require.NoError(t, err)
		require.Equal(t, want, found)
	}
	find(program(t, filepath.Join(installed, "temporal")))
	find(program(t, filepath.Join(home, ".beian", "bin", "temporal")))
	t.Setenv("BEIAN_TEMPORAL_SERVER", "/elsewhere/temporal")
	find("/elsewhere/temporal")
}
