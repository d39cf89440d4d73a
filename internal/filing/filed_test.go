package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

func TestKeysOfWhatIsFiled(t *testing.T) {
	require.Equal(t, filing.NameKey("样例(上海) abc 公司"), filing.NameKey("样例（上海）ＡＢＣ公司"))
	require.NotEqual(t, filing.NameKey("样例公司"), filing.NameKey("样例2公司"))
	require.Equal(t, "xn--fsqu00a.xn--0zwm56d", filing.DomainKey(" 例子.测试. "))
	require.Equal(t, "*.example.com", filing.DomainKey("*.Example.COM"))
	for _, none := range []string{"", " ", "a b.example.com", "*."} {
		require.Empty(t, filing.DomainKey(none), none)
	}
	require.ElementsMatch(t, []string{"www.example.com", "*.example.com", "example.com"},
		filing.ListingsOf("www.example.com"))
	require.ElementsMatch(t, []string{"a.b.example.com", "*.b.example.com", "*.example.com"},
		filing.ListingsOf("a.b.example.com"))
	require.Equal(t, []string{"example.com"}, filing.ListingsOf("example.com"))
	require.ElementsMatch(t, []string{"*.example.com"}, filing.ListingsOf("*.example.com"))
}

func TestProvinceOfNumber(t *testing.T) {
	for number, province := range map[string]string{
		"沪ICP备05000940号-1": "310000", " 浙ICP备1号": "330000", "蜀ICP备1号": "510000", "川ICP备1号": "510000", "ICP备1号": "", "": "",
		"某ICP备1号": "",
	} {
		require.Equal(t, province, filing.ProvinceOfNumber(number), number)
	}
}
