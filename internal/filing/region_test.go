package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

// The bureau's edition takes precedence; the built-in one fills its gaps.
func TestRegionEdition(t *testing.T) {
	builtIn := filing.Regions{}
	r := filing.RegionEdition([]filing.Region{
		{Code: "310115", Name: "浦东新区"}, {Code: "310190", Name: "样例新区"}, {Code: "310101", Name: "黄浦区（新）"},
		{Code: "7", Name: "不是代码"}, {Code: "310190", Name: "重复"},
	}, []filing.Region{{Code: "310151", Name: "崇明区"}, {Code: "330100", Name: "杭州市"}, {Code: "310115", Name: "也有效"}})
	require.Equal(t, []filing.Region{{Code: "310101", Name: "黄浦区（新）"}, {Code: "310115", Name: "浦东新区"},
		{Code: "310190", Name: "样例新区"}}, r.Counties("310100"))
	require.Equal(t, builtIn.Provinces(), r.Provinces())
	require.Equal(t, builtIn.Cities("310000"), r.Cities("310000"), "nothing came down of these")
	require.Equal(t, builtIn.Counties("110100"), r.Counties("110100"))
	require.Len(t, r.Cities("330000"), len(builtIn.Cities("330000"))-1, "one is no more")
	for code, name := range map[string]string{
		"310190": "样例新区", "310101": "黄浦区（新）", "310104": "徐汇区", "310151": "崇明区", "330100": "杭州市", "310115": "浦东新区",
		"999999": "",
	} {
		require.Equal(t, name, r.Name(code), code)
	}
	left := filing.RegionEdition([]filing.Region{{Code: "310115", Name: "浦东新区"}}, builtIn.Cities("330000"))
	require.Equal(t, builtIn.Cities("330000"), left.Cities("330000"),
		"an edition that left them all out is no province without cities")
	require.Equal(t, "黄浦区", filing.RegionName("310101"), "the built-in edition stays as it is")

	require.Equal(t, "江北区", r.Name("500105"), "ended before either edition")
	tables := filing.BuiltIn()
	h := filingtest.PersonHolder()
	h.County = "310190"
	require.Equal(t, "region_not_inside", h.ValidateOn(today, tables).For("county").Key)
	tables.Regions = r
	require.Empty(t, h.ValidateOn(today, tables))
	h.County = "310104"
	require.Equal(t, "region_not_inside", h.ValidateOn(today, tables).For("county").Key, "the bureau's edition hasn't it")
}

// The built-in edition has the divisions of 2026; those that ended keep their names for older filings.
func TestDivisionsOfToday(t *testing.T) {
	names := func(city string) (list []string) {
		for _, r := range filing.Counties(city) {
			list = append(list, r.Name)
		}
		return list
	}
	for city, name := range map[string]string{"653200": "和康县", "653100": "岑岭县", "500100": "两江新区", "460300": "西沙区",
		"659000": "草湖市", "540400": "米林市"} {
		require.Contains(t, names(city), name)
	}
	for code, name := range map[string]string{"500105": "江北区", "500112": "渝北区", "460321": "西沙群岛"} {
		require.NotContains(t, names(code[:4]+"00"), name)
		require.Equal(t, name, filing.RegionName(code))
	}
}
