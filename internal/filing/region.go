package filing

import (
	_ "embed"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// The administrative divisions of GB/T 2260 (province, city, county); the file tells its edition and sources. The
// bureau's Shengid, Shiid and Xianid are the same six digits. Divisions that ended aren't offered, but older filings
// show their names.
//
//go:embed data/regions.tsv
var regionsTSV string

// Region is one administrative division.
type Region struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Regions are the divisions that forms offer and rules accept. The zero value is the built-in edition.
type Regions struct{ edition *regionIndex }

type regionIndex struct {
	names    map[string]string
	children map[string][]Region // by the parent's code; "" has the provinces
}

func newRegionIndex() *regionIndex {
	return &regionIndex{names: map[string]string{}, children: map[string][]Region{}}
}

func (x *regionIndex) add(r Region) {
	x.names[r.Code] = r.Name
	parent := regionParent(r.Code)
	x.children[parent] = append(x.children[parent], r)
}

var builtInRegions = sync.OnceValue(func() *regionIndex {
	index := newRegionIndex()
	for cells := range rows(regionsTSV) {
		if len(cells) > 2 { // ended
			index.names[cells[0]] = cells[1]
			continue
		}
		index.add(Region{cells[0], cells[1]})
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

var regionCode = regexp.MustCompile(`^[1-9]\d{5}$`)

// RegionEdition applies the bureau's edition of the divisions to the built-in one (JCDM, Qy_dms: each has the six
// digits as its ID and no parent). The edition determines a division's children if it has any valid ones: a bureau may
// send only its own province. A division that is no longer valid isn't offered but keeps its name, which older filings
// show.
func RegionEdition(valid, ended []Region) Regions {
	came, merged := newRegionIndex(), newRegionIndex()
	for _, r := range valid {
		if regionCode.MatchString(r.Code) && came.names[r.Code] == "" {
			came.add(r)
		}
	}
	merged.names = maps.Clone(builtInRegions().names)
	gone := map[string]bool{}
	for _, r := range ended {
		if came.names[r.Code] == "" {
			gone[r.Code], merged.names[r.Code] = true, r.Name
		}
	}
	isGone := func(r Region) bool { return gone[r.Code] }
	for parent, list := range builtInRegions().children {
		// If all of them are gone, the edition omits them; a province always has cities.
		if merged.children[parent] = slices.DeleteFunc(slices.Clone(list), isGone); len(merged.children[parent]) == 0 {
			merged.children[parent] = list
		}
	}
	maps.Copy(merged.names, came.names)
	for parent, list := range came.children {
		slices.SortFunc(list, func(a, b Region) int { return strings.Compare(a.Code, b.Code) })
		merged.children[parent] = list
	}
	return Regions{merged}
}

func (r Regions) index() *regionIndex {
	if r.edition == nil {
		return builtInRegions()
	}
	return r.edition
}

// Provinces lists the provinces by code.
func (r Regions) Provinces() []Region { return r.index().children[""] }

// Cities lists a province's cities; a municipality has 市辖区 and 县.
func (r Regions) Cities(province string) []Region {
	if !strings.HasSuffix(province, "0000") {
		return nil
	}
	return r.index().children[province]
}

// Counties lists a city's counties; a few cities (东莞, 中山, 儋州) have none.
func (r Regions) Counties(city string) []Region {
	if strings.HasSuffix(city, "0000") || !strings.HasSuffix(city, "00") {
		return nil
	}
	return r.index().children[city]
}

// Name is a division's name; empty for an unknown code.
func (r Regions) Name(code string) string { return r.index().names[code] }

// Provinces lists the built-in edition's provinces. Use it, Cities, Counties and RegionName outside the bureau's forms.
func Provinces() []Region { return Regions{}.Provinces() }

// Cities is Regions.Cities of the built-in edition.
func Cities(province string) []Region { return Regions{}.Cities(province) }

// Counties is Regions.Counties of the built-in edition.
func Counties(city string) []Region { return Regions{}.Counties(city) }

// RegionName is Regions.Name of the built-in edition.
func RegionName(code string) string { return Regions{}.Name(code) }

// provinceSigns are the one-character abbreviations that filing numbers start with.
var provinceSigns = map[string]string{
	"110000": "京", "120000": "津", "130000": "冀", "140000": "晋", "150000": "蒙", "210000": "辽", "220000": "吉", "230000": "黑",
	"310000": "沪", "320000": "苏", "330000": "浙", "340000": "皖", "350000": "闽", "360000": "赣", "370000": "鲁", "410000": "豫",
	"420000": "鄂", "430000": "湘", "440000": "粤", "450000": "桂", "460000": "琼", "500000": "渝", "510000": "蜀", "520000": "黔",
	"530000": "滇", "540000": "藏", "610000": "陕", "620000": "陇", "630000": "青", "640000": "宁", "650000": "新",
}

// ProvinceSign is the abbreviation that a province's filing numbers start with (沪); empty for an unknown code.
func ProvinceSign(province string) string { return provinceSigns[province] }

// secondSigns are alternative abbreviations that some provinces' older numbers start with.
var secondSigns = map[string]string{"川": "510000", "甘": "620000", "云": "530000", "贵": "520000"}

// allSigns are all abbreviations.
func allSigns() string {
	signs := slices.Concat(slices.Collect(maps.Values(provinceSigns)), slices.Collect(maps.Keys(secondSigns)))
	return strings.Join(slices.Sorted(slices.Values(signs)), "")
}

// ProvinceOfNumber is the province of the bureau that issued a filing number, by its abbreviation, as a GB/T 2260 code;
// empty if unknown.
func ProvinceOfNumber(number string) string {
	sign, _ := utf8.DecodeRuneInString(strings.TrimSpace(number))
	for code, s := range provinceSigns {
		if s == string(sign) {
			return code
		}
	}
	return secondSigns[string(sign)]
}

// problem checks that city is in province and county in city; it returns the wrong field and a problem's key, or
// nothing.
func (r Regions) problem(province, city, county string) (field, key string) {
	in := func(code string, list []Region) bool {
		return slices.ContainsFunc(list, func(r Region) bool { return r.Code == code })
	}
	switch {
	case province == "":
		return "province", "required"
	case !in(province, r.Provinces()):
		return "province", "region_unknown"
	case city == "":
		return "city", "required"
	case !in(city, r.Cities(province)):
		return "city", "region_not_inside"
	case county == "" && len(r.Counties(city)) > 0:
		return "county", "required"
	case county != "" && !in(county, r.Counties(city)):
		return "county", "region_not_inside"
	}
	return "", ""
}
