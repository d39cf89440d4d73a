package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/config"
)

// Another process gets the same settings: what is switched off stays off there, and what nobody set keeps its default.
func TestEnvironmentKeepsWhatIsSwitchedOff(t *testing.T) {
	require.Contains(t, config.Environment(config.Panel{}), "BEIAN_SECURE_COOKIES=false")
	require.Contains(t, config.Environment(config.Panel{SecureCookies: true}), "BEIAN_SECURE_COOKIES=true")
	require.NotContains(t, config.Environment(config.Panel{}), "BEIAN_SESSION_IDLE=0s")
}
