package account

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDevicesAreNamedShortly(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":       "Edge · Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50": "WeChat · iPhone",
		"Mozilla/5.0 (Linux; Android 14; HBN-AL00; HarmonyOS) AppleWebKit/537.36 Chrome/114.0.0.0 HuaweiBrowser/16.0.0 Mobile Safari/537.36":  "Huawei Browser · HarmonyOS",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":               "Safari · macOS",
		"Go-http-client/1.1": "", "": "",
	} {
		require.Equal(t, want, deviceOf(agent))
	}
}
