package precheck

import (
	"cmp"
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/beian/beian/internal/filing"
)

// places are the divisions of GB/T 2260 in the forms that site names use. A name of three characters or more can hardly
// be anything else. One of two may be a word, or span two words (和平湖畔 contains 平湖), so its treatment depends on its
// position and other meanings.
type places struct {
	// anywhere: provinces, cities, and all names of three characters or more.
	anywhere []string
	// leading: two-character names of county-level cities, and of prefectures that aren't cities. A site's name that
	// starts with one is refused; one that ends with one (走进义乌) gets a hint.
	leading []string
	// hinted: two-character names of counties and districts, which are less well known, and cities that are also words.
	// A site's name that starts with one gets a hint.
	hinted []string
}

// ordinary are two-character names of divisions that are also everyday words, virtues, directions, rivers or mountains.
// A site's name that starts with a city's gets a hint; a county's or district's is accepted without its class (和平, but
// not 和平区).
//
//go:embed data/ordinary.txt
var ordinary string

// nations are the peoples that autonomous divisions are named after.
const nations = `满|回|蒙古|藏|维吾尔|苗|彝|壮|布依|朝鲜|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|普米|塔吉克|怒|鄂温克|保安|裕固|独龙|鄂伦春`

// class matches the suffix of a division's name that people omit.
var class = regexp.MustCompile(`(特别行政区|(?:(?:` + nations +
	`|各)族|蒙古|哈萨克|柯尔克孜|锡伯|塔吉克|维吾尔)+自治[区州县旗]|自治[区旗]|省|市|地区|盟|新区|林区|特区|矿区|区|县|旗)$`)

// development matches areas with their own names that aren't administrative divisions.
var development = regexp.MustCompile(`开发区|示范区|管理区|园区|工业园|实验区|管委会|聚集区|产业|委员会|风景|直辖|群岛|岛礁|食品区|保税|^市辖区$|^县$`)

var divisions = sync.OnceValue(func() places {
	var p places
	words := strings.Fields(ordinary)
	add := func(full string, rank int) {
		if development.MatchString(full) {
			return
		}
		short := class.ReplaceAllString(full, "")
		if utf8.RuneCountInString(full) > 2 && full != short {
			p.anywhere = append(p.anywhere, full)
		}
		isWord := slices.Contains(words, short)
		switch n := utf8.RuneCountInString(short); {
		case n < 2:
		case n > 2, rank == ofProvince, rank == ofCity && !isWord:
			p.anywhere = append(p.anywhere, short)
		case rank == ofCountyCity && !isWord:
			p.leading = append(p.leading, short)
		case isWord == (rank != ofCounty):
			p.hinted = append(p.hinted, short)
		}
	}
	for _, province := range filing.Provinces() {
		add(province.Name, ofProvince)
		for _, c := range filing.Cities(province.Code) {
			add(c.Name, rankOf(c.Name, ofCity, ofCountyCity))
			for _, county := range filing.Counties(c.Code) {
				add(county.Name, rankOf(county.Name, ofCountyCity, ofCounty))
			}
		}
	}
	for _, list := range []*[]string{&p.anywhere, &p.leading, &p.hinted} {
		// 张家港市 before 张家港
		slices.SortFunc(*list, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
		*list = slices.Compact(*list)
	}
	return p
})

// Ranks of divisions, by how well their names are known.
const (
	ofProvince = iota
	ofCity
	ofCountyCity // and prefectures that aren't cities
	ofCounty
)

func rankOf(name string, city, other int) int {
	if strings.HasSuffix(name, "市") {
		return city
	}
	return other
}

// generic are full names of districts that are also words.
var generic = []string{"东城区", "西城区", "上城区", "老城区", "新城区", "新市区", "西市区", "城中区", "城东区", "城西区", "城北区", "市中区", "市南区", "市北区",
	"站前区", "古城区", "山城区", "平城区", "港口区", "海港区", "工农区", "城关区", "中山区", "回民区"}

// siteNameRegion: an individual's site can't be named after a region.
func siteNameRegion(f Facts) []map[string]any {
	word := placeIn(f)
	return found(word != "", "word", word)
}

func placeIn(f Facts) string {
	name := f.Dossier.Site.Name
	if f.Dossier.Holder.Nature != filing.NaturePerson {
		return ""
	}
	return cmp.Or(firstOf(divisions().anywhere,
		func(place string) bool { return strings.Contains(name, place) && !slices.Contains(generic, place) }),
		firstOf(divisions().leading, func(place string) bool { return strings.HasPrefix(name, place) }))
}

// firstOf is the first place for which a condition holds; empty if there is none.
func firstOf(places []string, holds func(string) bool) string {
	if i := slices.IndexFunc(places, holds); i >= 0 {
		return places[i]
	}
	return ""
}

// siteNamePlace: the name of an individual's site contains what may be a region or a word.
func siteNamePlace(f Facts) []map[string]any {
	name := f.Dossier.Site.Name
	if f.Dossier.Holder.Nature != filing.NaturePerson || placeIn(f) != "" {
		return nil
	}
	word := cmp.Or(firstOf(divisions().leading, func(place string) bool { return strings.HasSuffix(name, place) }),
		firstOf(slices.Concat(generic, divisions().hinted),
			func(place string) bool { return strings.HasPrefix(name, place) }))
	return found(word != "", "word", word)
}
