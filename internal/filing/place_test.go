package filing_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

func TestEveryProvinceAndCityHasAName(t *testing.T) {
	for _, province := range filing.Provinces() {
		require.NotEmpty(t, filing.PlaceNames(province.Code), province.Name)
		for _, city := range filing.Cities(province.Code) {
			if city.Name == "市辖区" || city.Name == "县" || strings.Contains(city.Name, "直辖县") {
				continue // parts of a municipality or province, not places of their own
			}
			require.NotEmpty(t, filing.PlaceNames(city.Code), city.Name)
		}
	}
	for code, want := range map[string]string{"500000": "Chongqing", "350200": "Xiamen", "430100": "Changsha",
		"610000": "Shaanxi", "650100": "Urumqi", "341500": "Lu'an"} {
		require.Equal(t, want, filing.PlaceNames(code)[0])
		require.NotEmpty(t, filing.RegionName(code))
	}
	require.Empty(t, filing.PlaceNames("440305"))
	for _, spelling := range []string{"Xi'an", "xi’an", "XI AN", "xian"} {
		require.Equal(t, "xian", filing.FoldPlace(spelling))
	}
	require.Equal(t, filing.FoldPlace("Luliang"), filing.FoldPlace("Lüliang"))
	require.Empty(t, filing.FoldPlace("310000"))
}
