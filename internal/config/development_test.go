package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/config"
)

func TestSettingsForDevelopmentAreRefused(t *testing.T) {
	redirect := config.Website{ConnectTo: map[string]string{"*": "127.0.0.1:1"}}
	clear := config.SMS{Scheme: "HTTP"}
	require.NoError(t, config.Base{}.DevelopmentOnly(config.SMS{Scheme: "HTTPS"}, config.Website{}))
	require.ErrorContains(t, config.Base{}.DevelopmentOnly(config.SMS{}, redirect), "BEIAN_CONNECT_TO")
	require.ErrorContains(t, config.Base{}.DevelopmentOnly(clear, config.Website{}), "BEIAN_SMS_SCHEME")
	require.NoError(t, config.Base{Development: true}.DevelopmentOnly(clear, redirect))
}
