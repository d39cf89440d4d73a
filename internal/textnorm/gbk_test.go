package textnorm_test

import (
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/textnorm"
)

func TestPermitted(t *testing.T) {
	for _, text := range []string{"林测试", "a\r\n\tb~", "阿·买（甲）—…〇①Ⅳ㎡℃", "龥", "礼"} {
		require.Empty(t, textnorm.Unpermitted(text), text)
	}
	for text, want := range map[string]string{
		"张䶮": "䶮 (U+4DAE)", "5 €": "€ (U+20AC)", "😀": "😀 (U+1F600)", "𠮷": "𠮷 (U+20BB7)", "a\vb": "U+000B", "\x7f": "U+007F",
		"a\ufffd": "� (U+FFFD)", "⊕": "⊕ (U+2295)", "a\u200bb": "U+200B", "é林龦": "龦 (U+9FA6)", "\ue000": "U+E000",
	} {
		require.Equal(t, want, textnorm.Unpermitted(text))
		_, err := textnorm.GBK(text)
		require.Error(t, err, text)
	}
}

// everyPermitted is every permitted character but white space, 64 a line.
func everyPermitted() string {
	var b strings.Builder
	n := 0
	for r := rune(1); r < 0x30000; r++ {
		if !textnorm.Permitted(r) || r <= ' ' {
			continue
		}
		if n++; n%64 == 0 {
			b.WriteByte('\n')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Every reader decodes what GBK encodes to the same text. xmllint, Python and PHP come with "make packages".
func TestReadersAgree(t *testing.T) {
	text := everyPermitted()
	require.Equal(t, 21790+94, len([]rune(strings.ReplaceAll(text, "\n", ""))))
	encoded, err := textnorm.GBK(text)
	require.NoError(t, err)
	for name, command := range map[string][]string{
		"iconv GBK":     {"iconv", "-f", "GBK", "-t", "UTF-8"},
		"iconv CP936":   {"iconv", "-f", "CP936", "-t", "UTF-8"},
		"iconv GB18030": {"iconv", "-f", "GB18030", "-t", "UTF-8"},
		"Python": {"/usr/bin/python3", "-c",
			`import sys; sys.stdout.buffer.write(sys.stdin.buffer.read().decode("gbk").encode())`},
		"PHP": {"php", "-r", `echo mb_convert_encoding(stream_get_contents(STDIN), "UTF-8", "CP936");`},
	} {
		c := exec.CommandContext(t.Context(), command[0], command[1:]...)
		c.Stdin = strings.NewReader(string(encoded))
		decoded, err := c.Output()
		require.NoError(t, err, name)
		require.Equal(t, hex.EncodeToString([]byte(text)), hex.EncodeToString(decoded), name)
	}
}
