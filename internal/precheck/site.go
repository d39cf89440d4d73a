package precheck

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/beian/beian/internal/filing"
)

// minSiteName is the shortest name that bureaus take: fewer characters say nothing.
const minSiteName = 3

func siteNameShort(f Facts) []map[string]any {
	n := utf8.RuneCountInString(f.Dossier.Site.Name)
	return found(n > 0 && n < minSiteName, "min", minSiteName)
}

func siteNameLatin(f Facts) []map[string]any {
	name := f.Dossier.Site.Name
	return found(name != "" && !strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) }))
}

func siteNamePerson(f Facts) []map[string]any {
	h := f.Dossier.Holder
	return found(h.Nature == filing.NaturePerson && h.Name != "" && f.Dossier.Site.Name == h.Name)
}

var (
	// stateWords name the state or its bodies: only those may use them.
	stateWords = regexp.MustCompile(`中国|中华|全国|国家|中央|国务院|人民政府|人大|政协|公安|法院|检察|党|政府|共产|国旗|国徽`)
	// tradeWords in a person's site's name speak of a trade, a unit or many people.
	tradeWords = regexp.MustCompile(`公司|集团|企业|工厂|厂家|商城|商店|商铺|专卖|批发|医院|诊所|学校|大学|学院|培训|银行|证券|基金|保险|投资|贷款|彩票|协会|学会|联盟|组织|机构|俱乐部|中心|平台|门户|论坛|交友|影视|视频|直播|游戏|新闻|药品|律师|物流|房产|人才|招聘`)
	// approvalWords point at contents that want a special approval.
	approvalWords = []struct {
		content int
		words   *regexp.Regexp
	}{
		{1, regexp.MustCompile(`新闻|时政`)}, {2, regexp.MustCompile(`出版|期刊|电子书|小说`)}, {3, regexp.MustCompile(`学校|大学|幼儿园|培训|网校`)},
		{4, regexp.MustCompile(`医疗|医院|诊所|保健`)}, {5, regexp.MustCompile(`药品|药店|药房|医疗器械`)}, {6, regexp.MustCompile(`论坛|社区|BBS|bbs`)},
		{7, regexp.MustCompile(`游戏|动漫|音乐|演出`)}, {8, regexp.MustCompile(`影视|电影|视频|电视|直播|广播`)},
	}
)

func siteNameState(f Facts) []map[string]any {
	h, name := f.Dossier.Holder, f.Dossier.Site.Name
	word := stateWords.FindString(name)
	switch h.Nature {
	case filing.NatureGovernment, filing.NatureArmy, filing.NatureInstitution:
		return nil
	}
	return found(word != "" && !strings.Contains(h.Name, word), "word", word) // a unit's own name may hold it
}

func siteNameTrade(f Facts) []map[string]any {
	word := tradeWords.FindString(f.Dossier.Site.Name)
	return found(f.Dossier.Holder.Nature == filing.NaturePerson && word != "", "word", word)
}

// placeNames are provinces and cities as people call them, without their class.
var placeNames = sync.OnceValue(func() []string {
	var names []string
	add := func(name string) {
		for _, class := range []string{"特别行政区", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市"} {
			name = strings.TrimSuffix(name, class)
		}
		if utf8.RuneCountInString(name) >= 2 && !strings.ContainsAny(name, "辖直县") {
			names = append(names, name)
		}
	}
	for _, p := range filing.Provinces() {
		add(p.Name)
		for _, c := range filing.Cities(p.Code) {
			if strings.HasSuffix(c.Name, "市") {
				add(c.Name)
			}
		}
	}
	return names
})

func siteNameRegion(f Facts) []map[string]any {
	if f.Dossier.Holder.Nature != filing.NaturePerson {
		return nil
	}
	for _, place := range placeNames() {
		if strings.Contains(f.Dossier.Site.Name, place) {
			return found(true, "word", place)
		}
	}
	return nil
}

// siteNameUnrelated: a unit's site is named after the unit, as a rule. Two
// characters in common are enough.
func siteNameUnrelated(f Facts) []map[string]any {
	h, name := f.Dossier.Holder, []rune(f.Dossier.Site.Name)
	if h.Nature == filing.NaturePerson || h.Name == "" || len(name) < minSiteName {
		return nil
	}
	for i := range len(name) - 1 {
		if pair := string(name[i : i+2]); pair != "公司" && pair != "网站" && pair != "有限" && strings.Contains(h.Name, pair) {
			return nil
		}
	}
	return found(true)
}

func contentNeedsApproval(f Facts) []map[string]any {
	s := f.Dossier.Site
	for _, a := range approvalWords {
		word := a.words.FindString(s.Name)
		if word == "" || slices.Contains(s.PreApprovals, a.content) {
			continue
		}
		return found(true, "word", word)
	}
	return nil
}

func approvalPaperMissing(f Facts) []map[string]any {
	if f.ApprovalPapers == nil {
		return nil
	}
	var list []map[string]any
	for _, id := range f.Dossier.Site.PreApprovals {
		if !slices.Contains(f.ApprovalPapers, id) {
			code, _ := filing.CodeByID(f.Tables.PreApprovals, id)
			list = append(list, found(true, "content", code.Name)...)
		}
	}
	return list
}
