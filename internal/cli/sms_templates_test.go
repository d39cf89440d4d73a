package cli

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/message"
)

func TestSMSTemplatesArePrinted(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	stdout := os.Stdout
	os.Stdout = w
	err = smsTemplatesCommand{PanelURL: "https://beian.example.com/", Language: "zh"}.Run()
	os.Stdout = stdout
	require.NoError(t, err)
	require.NoError(t, w.Close())
	printed, err := io.ReadAll(r)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(printed)), "\n")
	require.Len(t, lines, len(message.SMSTemplates))
	for i, line := range lines {
		name, text, _ := strings.Cut(line, "\t")
		require.Equal(t, string(message.SMSTemplates[i]), name)
		require.Contains(t, text, "${", "it has a variable")
		require.NotContains(t, text, "{{")
		code := strings.Contains(text, "${code}")
		require.Equal(t, code, strings.HasPrefix(text, "验证码\t"), name)
		require.Equal(t, !code, strings.HasSuffix(text, " 详情：https://beian.example.com/orders"), name)
	}
}
