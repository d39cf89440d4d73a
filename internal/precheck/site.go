package precheck

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beian/beian/internal/filing"
)

// minSiteName is the shortest name that bureaus accept.
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
	// stateWords name the state or its bodies, which alone may use them.
	stateWords = regexp.MustCompile(`中国|中华|全国|国家|中央|国务院|人民政府|人大|政协|公安|法院|检察|党|政府|共产|国旗|国徽`)
	// tradeWords suggest a trade, an organisation or a public service in the name of an individual's site.
	tradeWords = regexp.MustCompile(`公司|集团|企业|工厂|厂家|商城|商店|商铺|专卖|批发|医院|诊所|学校|大学|学院|培训|银行|证券|基金|保险|投资|贷款|彩票|协会|学会|联盟|组织|机构|俱乐部|中心|平台|门户|论坛|交友|影视|视频|直播|游戏|新闻|药品|律师|物流|房产|人才|招聘`)
	// approvalWords suggest content that requires an approval first by a national rule of today: education, health care
	// and bulletin boards don't any more.
	approvalWords = []struct {
		content string
		words   *regexp.Regexp
	}{
		{filing.ContentNews, regexp.MustCompile(`新闻|时政`)},
		{filing.ContentPublish, regexp.MustCompile(`出版|期刊|电子书|小说`)},
		{filing.ContentMedicine, regexp.MustCompile(`药品|药店|药房|医疗器械`)},
		{filing.ContentCulture, regexp.MustCompile(`游戏|动漫|音乐|演出`)},
		{filing.ContentBroadcast, regexp.MustCompile(`影视|电影|视频|电视|直播|广播`)},
		{filing.ContentRides, regexp.MustCompile(`网约车|打车|顺风车`)},
		{filing.ContentFinance, regexp.MustCompile(`网贷|众筹|贷款|理财`)},
		{filing.ContentTutoring, regexp.MustCompile(`校外培训|课外辅导|补习|网校`)},
	}
)

func siteNameState(f Facts) []map[string]any {
	h, name := f.Dossier.Holder, f.Dossier.Site.Name
	word := stateWords.FindString(name)
	switch h.Nature {
	case filing.NatureGovernment, filing.NatureDefence, filing.NatureInstitution:
		return nil
	}
	return found(word != "" && !strings.Contains(h.Name, word), "word", word) // an organisation's own name may contain it
}

func siteNameTrade(f Facts) []map[string]any {
	word := tradeWords.FindString(f.Dossier.Site.Name)
	return found(f.Dossier.Holder.Nature == filing.NaturePerson && word != "", "word", word)
}

// siteNameUnrelated: an organisation's site is usually named after it. Two characters in common are enough.
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

// contentsOf are the names of the chosen pre-approval contents, by the bureau's table, which may number them otherwise.
func contentsOf(f Facts) []string {
	var names []string
	for _, id := range f.Dossier.Site.PreApprovals {
		c, known := filing.CodeByID(f.Tables.PreApprovals, id)
		if !known {
			c, _ = filing.CodeByID(filing.EndedPreApprovals(), id)
		}
		names = append(names, c.Name)
	}
	return names
}

// approvalWord finds a word for content that requires an approval which wasn't chosen.
func approvalWord(text string, chosen []string) string {
	for _, a := range approvalWords {
		if word := a.words.FindString(text); word != "" && !slices.Contains(chosen, a.content) {
			return word
		}
	}
	return ""
}

func contentNeedsApproval(f Facts) []map[string]any {
	word := approvalWord(f.Dossier.Site.Name, contentsOf(f))
	return found(word != "", "word", word)
}

// serviceNeedsApproval: some bureaus still ask for an approval of forums, which the national rule did until 2010.
func serviceNeedsApproval(f Facts) []map[string]any {
	return each(f.Dossier.Site.Services, func(id int) []map[string]any {
		service, _ := filing.CodeByID(f.Tables.Services, id)
		return found(id == filing.ServiceForum && !slices.Contains(contentsOf(f), filing.ContentBulletin),
			"service", service.Name, "content", filing.ContentBulletin)
	})
}

// denies matches parts of a remark that say what the site doesn't have.
var denies = regexp.MustCompile(`(?:不涉及|不含|不包含|不提供|不做|没有|无)[^，。；,;.]*`)

// remarkNeedsApproval: the remark mentions content that requires an approval. It doesn't repeat what the name already
// showed.
func remarkNeedsApproval(f Facts) []map[string]any {
	s := f.Dossier.Site
	word := approvalWord(denies.ReplaceAllString(s.Remark, ""), contentsOf(f))
	return found(word != "" && !strings.Contains(s.Name, word), "word", word)
}

func approvalPaperMissing(f Facts) []map[string]any {
	if f.ApprovalPapers == nil {
		return nil
	}
	return each(f.Dossier.Site.PreApprovals, func(id int) []map[string]any {
		code, _ := filing.CodeByID(f.Tables.PreApprovals, id)
		return found(!slices.Contains(f.ApprovalPapers, id), "content", code.Name)
	})
}
