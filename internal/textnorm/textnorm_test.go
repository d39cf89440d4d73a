package textnorm_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/textnorm"
)

// pasted are characters that come along with pasted text and must not matter anywhere.
const pasted = "\u200b\u200c\u200d\u200e\u202a\u202c\u202d\u202e\u2060\u2066\u2069\ufeff\u00ad\u034f\ufe0f\U000e0100" +
	"\u0000\u0001\u0008\u001b\u007f\u0080\u009f\u180e\u3164"

func TestNobodySeesWhatIsDropped(t *testing.T) {
	for _, f := range []func(string) string{textnorm.Clean, textnorm.Line, textnorm.Lines, textnorm.Address,
		textnorm.Code} {
		require.Equal(t, "a林1", f(pasted+"a"+pasted+"林"+pasted+"1"+pasted))
	}
}

func TestLines(t *testing.T) {
	for text, want := range map[string]string{
		"样例路\v100\u00a0号": "样例路\n100 号", "a\r\nb\rc\u2028d\u0085e\ff": "a\nb\nc\nd\ne\nf", "\u3000林　测试\t": "林 测试",
		"上海（中国）ＡＢ１２": "上海(中国)AB12", "e\u0301": "é", "⾼⻢⻩": "高马黄", "\uf9dc\ufa1c": "隆靖", "￥5": "￥5", "¥5": "￥5",
		"阿卜杜拉・买买提": "阿卜杜拉·买买提", "a\xffb": "a\ufffdb", "𠮷": "𠮷", "—‐": "—‐",
	} {
		require.Equal(t, want, textnorm.Lines(text), text)
		require.Equal(t, strings.ReplaceAll(want, "\n", " "), textnorm.Line(text), text)
	}
}

func TestCode(t *testing.T) {
	for text, want := range map[string]string{
		"１３９ ００００\u00a0１２３４": "13900001234", "021——55550100": "021-55550100", "号－1": "号-1", "号‐1": "号-1", "号–1": "号-1",
		"号―1": "号-1", "号─1": "号-1", "号−1": "号-1", "𝟏①Ⅰ": "11I", "\t１\n": "1", "备案号：沪": "备案号:沪",
	} {
		require.Equal(t, want, textnorm.Code(text), text)
	}
}

func TestAddress(t *testing.T) {
	for text, want := range map[string]string{
		"１９２．０．２．１ —— １９２．０．２．９": "192.0.2.1 - 192.0.2.9", "xn--fiqs8s": "xn--fiqs8s", "a@b.com c@d.com\n": "a@b.com c@d.com",
	} {
		require.Equal(t, want, textnorm.Address(text), text)
	}
}

// What a normaliser makes is in its normal form, is UTF-8 and has no invisible characters.
func FuzzNormalise(f *testing.F) {
	f.Add("林测试\u200b１２３——４\v\xff")
	f.Add(pasted)
	f.Add("e\u0301\u034f\u0301 ｶﾞ ⻩ﾞ")
	f.Fuzz(func(t *testing.T, text string) {
		for _, normalise := range []func(string) string{textnorm.Clean, textnorm.Line, textnorm.Lines,
			textnorm.Address, textnorm.Code} {
			once := normalise(text)
			require.Equal(t, once, normalise(once))
			require.True(t, utf8.ValidString(once))
			require.False(t, strings.ContainsFunc(once, func(r rune) bool {
				return unicode.In(r, unicode.Cf, unicode.Cc) && r != '\n'
			}))
		}
	})
}
