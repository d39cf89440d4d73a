package bureau

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The table is Python's, whatever the client's is.
func TestGBKIsThatOfPython(t *testing.T) {
	characters, pairs := gbkPairs()
	require.Len(t, characters, 126*trails)
	require.Len(t, pairs, 21791)
	out, err := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", `
import sys
for a in range(0x81, 0xff):
    for b in [*range(0x40, 0x7f), *range(0x80, 0xff)]:
        sys.stdout.buffer.write(bytes([a, b]).decode("gbk", "replace")[:1].encode())
`).Output()
	require.NoError(t, err)
	require.Equal(t, strings.ReplaceAll(gbkTable, "\n", ""), string(out))
}

func TestGBKIsStrict(t *testing.T) {
	text := "林测试 a~·（—）龥"
	decoded, err := decodeGBK([]byte(encodeGBK(text)))
	require.NoError(t, err)
	require.Equal(t, text, decoded)
	require.Equal(t, "\xd5\xc5?\x3f", encodeGBK("张䶮€"))
	// 䶮, the euro sign, a first byte alone, invalid second bytes, GB 18030's four bytes
	for _, bad := range []string{"\xfe\x9f", "\x80", "\xd5", "\xd5\x20", "\xd5\x7f", "\xd5\xff", "\xff\xa1",
		"\x81\x30\x81\x30", "\xa2\xa0"} {
		_, err := decodeGBK([]byte(bad))
		require.Error(t, err, "%x", bad)
	}
	_, err = parse([]byte(`<?xml version="1.0" encoding="GBK"?><a>` + "\xd5\xc5\xfe\x9f" + `</a>`))
	require.Error(t, err, "one bad character spoils the file, as for libxml2")
}
