package build

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRevisionNamesTheCommit(t *testing.T) {
	info := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"},
		{Key: "vcs.modified", Value: "false"}}}
	require.Equal(t, "0123456789ab", revision(info))
	info.Settings[1].Value = "true"
	require.Equal(t, "0123456789ab-dirty", revision(info))
	require.Empty(t, revision(&debug.BuildInfo{}))
	require.NotEmpty(t, ID())
}
