package rules_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
)

const (
	shanghai, jiangsu, henan, hubei, jiangxi = "310000", "320000", "410000", "420000", "360000"
)

func person(province string) rules.Case {
	return rules.Case{Province: province, Subject: rules.Person, Kind: filing.KindNew}
}

func unit(province string) rules.Case {
	return rules.Case{Province: province, Subject: rules.Unit, Kind: filing.KindNew}
}

func load(t *testing.T, lines ...string) *rules.Book {
	t.Helper()
	book, err := rules.Load([]byte(strings.Join(lines, "\n")))
	require.NoError(t, err)
	return book
}

func value(book *rules.Book, c rules.Case, name rules.Name) string {
	r, ok := book.One(c, name)
	if !ok {
		return ""
	}
	return r.Value
}

func TestTheBuiltInRulesAreWhole(t *testing.T) {
	book := rules.BuiltIn()
	require.Len(t, book.Rules, 561)
	require.Len(t, book.Words, 187)
	require.Len(t, book.Suffixes, 190)
	require.Len(t, book.Verifications, 33)
	provinces, names := map[string]bool{}, map[rules.Name]bool{}
	origins := func(o rules.Origin, about string) {
		require.NotEmpty(t, o.Source, about)
		require.NotEmpty(t, book.SourcesOf(o), "%s: who is %s?", about, o.Source)
		require.False(t, o.Own)
	}
	for _, r := range book.Rules {
		provinces[r.Province], names[r.Name] = true, true
		origins(r.Origin, string(r.Name))
		require.NotEmpty(t, r.Date, r.Name)
		for _, lang := range []string{"zh", "en"} {
			text := r.Sentence(lang)
			require.NotContains(t, text, string(r.Name)+": ", "%s %s has no sentence", r.Name, r.Value)
			require.NotContains(t, text, "{", "%s %s", r.Name, r.Value)
		}
	}
	require.Len(t, provinces, 32)
	require.Len(t, names, 82)
	for _, w := range book.Words {
		origins(w.Origin, w.Word)
	}
	for _, s := range book.Suffixes {
		origins(s.Origin, s.Name)
	}
	for _, v := range book.Verifications {
		origins(v.Origin, v.Item)
	}
}

// A province's rule replaces the nation's, that for the kind the one for each kind, and that for the subject the one for
// everybody.
func TestTheMostSpecificRuleHolds(t *testing.T) {
	book := rules.BuiltIn()
	require.Equal(t, "3", value(book, person(shanghai), rules.DomainValidity))
	r, _ := book.One(person(hubei), rules.DomainValidity)
	require.True(t, r.National(), "Hubei has none of its own")
	require.Equal(t, rules.OneSource, r.Certainty)
	r, _ = book.One(person(shanghai), rules.DomainValidity)
	require.False(t, r.National())

	require.Equal(t, "10", value(book, unit(shanghai), rules.SitesAtOnce))
	require.Equal(t, "1", value(book, person(shanghai), rules.SitesAtOnce))
	require.Equal(t, "1", value(book, unit(hubei), rules.SitesAtOnce))
	require.Empty(t, value(book, rules.Case{Province: shanghai, Subject: rules.Unit, Kind: filing.KindNewSite},
		rules.SitesAtOnce), "the rule is about first filings")
	require.Empty(t, value(book, rules.Case{Province: shanghai, Kind: filing.KindNew}, rules.SitesAtOnce),
		"nobody knows yet who files")

	guangdong := person("440000")
	require.Equal(t, "min_days_left=60", value(book, guangdong, rules.ResidencePermit))
	guangdong.Kind = filing.KindChange
	require.Equal(t, "none", value(book, guangdong, rules.ResidencePermit))

	require.Len(t, book.For(person(shanghai), rules.ResidencePermit), 2, "both hold")
	require.Empty(t, book.For(person(shanghai), "nonsense"))
	require.Greater(t, len(book.All(person(shanghai))), 20)
}

func TestTheProvidersFileWins(t *testing.T) {
	book := load(t,
		"\ufeff# our own", "",
		"source\tGD\t广东通信管理局通告\tGuangdong's notice\tgdca.miit.gov.cn",
		"rule\t310000\tperson\t*\tresidence_permit\tmin_days_left=90\tsure\tGD 2026/7\t2026-07-01\t居住证要有三个月。\tThree months.\r",
		"rule\t*\tunit\tnew\tsites_at_once\t20\tsure\tGD\t2026-07",
		"rule\t410000\t*\t*\tdomain_validity_months\t-\tsure\tGD\t",
		"rule\t*\t*\t*\tour_own\tvery\tsure\tGD\t2026",
		"word\t*\tperson\t博客\t-\tsure\tGD\t2026",
		"word\t320000\t*\t样例\ttrade\tsure\tGD\t2026",
		"suffix\ticu\tno\tno\tsure\tGD\t2026",
		"suffix\tcom\tno\tno\tsure\tGD\t2026",
		"sms\tvalid_hours\t*\t\t48\tsure\tGD\t2026",
	)
	require.Len(t, book.For(person(shanghai), rules.ResidencePermit), 1, "one line replaces both")
	r, _ := book.One(person(shanghai), rules.ResidencePermit)
	require.True(t, r.Own)
	require.Equal(t, "居住证要有三个月。", r.Sentence("zh"))
	require.Equal(t, "Three months.", r.Sentence("en"))
	require.Equal(t, "Guangdong's notice 2026/7", book.Credit(r.Origin, "en"))
	require.Equal(t, "广东通信管理局通告 2026/7", book.Credit(r.Origin, "zh"))

	require.Equal(t, "20", value(book, unit(shanghai), rules.SitesAtOnce))
	require.Equal(t, "5", value(book, unit(henan), rules.SitesAtOnce), "a province's own stays")
	require.Empty(t, value(book, unit(henan), rules.DomainValidity), "taken away, and the nation's doesn't come back")
	require.Equal(t, "3", value(book, unit(jiangsu), rules.DomainValidity))
	require.Equal(t, "our_own: very", func() string { r, _ := book.One(unit(henan), "our_own"); return r.Sentence("zh") }())

	words := func(c rules.Case) (list []string) {
		for _, w := range book.WordsFor(c) {
			list = append(list, w.Word)
		}
		return list
	}
	require.NotContains(t, words(person(shanghai)), "博客")
	require.Contains(t, words(person("110000")), "博客", "Beijing's own stays")
	require.Contains(t, words(unit(jiangsu)), "样例")
	require.NotContains(t, words(unit(shanghai)), "样例")
	for domain, approved := range map[string]bool{"www.example.icu": false, "example.com": false, "example.com.cn": true} {
		s, known := book.SuffixOf(domain)
		require.True(t, known, domain)
		require.Equal(t, approved, s.Approved(), domain)
	}
	require.Equal(t, "48", book.Verified("valid_hours", "new")[0].Value)
	require.Equal(t, "24", rules.BuiltIn().Verified("valid_hours", "new")[0].Value, "the built-in rules stay as they are")
	_, known := book.SuffixOf("localhost")
	require.False(t, known)
}

// An error says where, what is there, and what would be right.
func TestAWrongLineIsNamed(t *testing.T) {
	for line, want := range map[string]string{
		"regel\t*":                                           `line 2, column 1 (table): "regel": want rule, word, suffix, sms or source`,
		"rule\t*\t*\t*\tmin_age\t18\tsure\tTX":               "want 9 to 11 columns parted by tabs, it has 8",
		"rule\t31\t*\t*\tmin_age\t18\tsure\tTX\t2026":        `column 2 (province): "31": want a province's code such as 310000, or * for all`,
		"rule\t*\tfirm\t*\tmin_age\t18\tsure\tTX\t2026":      `column 3 (subject): "firm": want *, person or unit`,
		"rule\t*\t*\tnews\tmin_age\t18\tsure\tTX\t2026":      `column 4 (kind)`,
		"rule\t*\t*\tregister\tmin_age\t18\tsure\tTX\t2026":  `column 4 (kind)`,
		"rule\t*\t*\t*\tMin Age\t18\tsure\tTX\t2026":         `column 5 (rule)`,
		"rule\t*\t*\t*\tmin_age\t\tsure\tTX\t2026":           `column 6 (value)`,
		"rule\t*\t*\t*\tmin_age\teighteen\tsure\tTX\t2026":   `column 6 (value): "eighteen": want an age such as 18`,
		"rule\t*\t*\t*\tmin_age\t18\tmaybe\tTX\t2026":        `column 7 (certainty): "maybe": want sure, one_source or old`,
		"rule\t*\t*\t*\tmin_age\t18\tsure\t\t2026":           `column 8 (source)`,
		"rule\t*\t*\t*\tmin_age\t18\tsure\tTX\t1.5.2026":     `column 9 (date): "1.5.2026": want a date such as 2026-11-30`,
		"word\t*\t*\t两 词\ttrade\tsure\tTX\t2026":             `column 4 (word)`,
		"word\t*\t*\t词\tugly\tsure\tTX\t2026":                `column 5 (reason)`,
		"suffix\t.com\tany\tyes\tsure\tTX\t2026":             `column 2 (suffix)`,
		"suffix\t公司\tany\tyes\tsure\tTX\t2026":               `such as com.cn or xn--55qx5d`,
		"sms\tvalid_hours\t*\tboss\t24\tsure\tTX\t2026":      `column 4 (who)`,
		"sms\tvalid_hours\tnever\t\t24\tsure\tTX\t2026":      `column 3 (kind)`,
		"source\tA B\tx\ty\t":                                `column 2 (short name)`,
		"rule\t*\t*\t*\tmin_age\t18\tsure\tTX\xff\t2026":     "want UTF-8",
		"rule\t*\t*\tnew\tsites_at_once\tmany\tsure\tTX\t":   "want a number of sites such as 5, or 1 if filed>7",
		"rule\t*\t*\t*\tperson_nonlocal\tnever\tsure\tTX\t":  "want yes, no, permit",
		"rule\t*\t*\t*\tfiled_sites_state\tshut\tsure\tTX\t": "want open, open+number",
	} {
		_, err := rules.Load([]byte("# first\n" + line + "\n"))
		require.ErrorContains(t, err, want, line)
		require.ErrorContains(t, err, "line 2", line)
	}
}

func TestValuesAreRead(t *testing.T) {
	rule := func(v string) rules.Rule { return rules.Rule{Value: v} }
	for v, want := range map[string]rules.Age{
		"18": {Refused: 18, Free: 18}, "17": {Refused: 17, Free: 17}, "16+proof": {Refused: 16, Free: 18},
		"16+proof_or_guardian": {Free: 18}, "18;under22+proof": {Refused: 18, Free: 22},
		"8+guardian;16": {Refused: 8, Free: 16}, "under18+guardian": {Free: 18}, "under18+proof": {Free: 18},
		"max=60m/55f": {MostMan: 60, MostWoman: 55}, "18;site_manager_max=65": {Refused: 18, Free: 18, MostMan: 65, MostWoman: 65},
	} {
		require.Equal(t, want, rule(v).Age(), v)
	}
	for v, want := range map[string]int{">5": 6, ">=30": 30, ">=2": 2, "yes": 0} {
		require.Equal(t, want, rule(v).From(), v)
	}
	require.Equal(t, 5, rule("5").AtOnce(100))
	require.Equal(t, 0, rule("1 if filed>7").AtOnce(7))
	require.Equal(t, 1, rule("1 if filed>7").AtOnce(8))
	one, two := rule("1p=2;2p=3").Numbers()
	require.Equal(t, []int{2, 3}, []int{one, two})
	one, two = rule("2").Numbers()
	require.Equal(t, []int{2, 2}, []int{one, two})
	require.Equal(t, []string{"博客/个人空间", "导航"}, rule("博客/个人空间|导航").Parts())
	require.Equal(t, "网站（连同已备案的）超过5个的，要交建设方案书。", rules.Rule{Name: rules.PlanDocument, Value: ">5"}.Sentence("zh"))
	require.Equal(t, "People in charge are at least 18; under 22 they add proof of study or work.",
		rules.Rule{Name: rules.MinAge, Value: "18;under22+proof"}.Sentence("en"))
}

func TestSubjects(t *testing.T) {
	require.Equal(t, rules.Everybody, rules.SubjectOf(0))
	require.Equal(t, rules.Person, rules.SubjectOf(filing.NaturePerson))
	require.Equal(t, rules.Unit, rules.SubjectOf(17), "a nature that only the bureau has is no person")
	d := filing.Dossier{Holder: filing.Holder{Province: jiangxi, Nature: filing.NatureEnterprise}}
	require.Equal(t, unit(jiangxi), rules.CaseOf(d))
}

// Whatever a provider's file says, it is read or refused; what is read can be shown.
func FuzzLoad(f *testing.F) {
	f.Add([]byte("rule\t*\tunit\tnew\tsites_at_once\t20\tsure\tTX\t2026-07\n"))
	f.Add([]byte("rule\t310000\t*\t*\tmin_age\t8+guardian;16\tsure\tTX\t\t一句\tOne\n"))
	f.Add([]byte("word\t*\tperson\t<digits>\t-\told\tGD x; TX\t~2021-07/\n"))
	f.Add([]byte("suffix\tcom.cn\tno\tno\tsure\tGD\t2026\nsms\twho_verifies\tnew|change\tnobody|unclear\tx\tsure\tTX\t\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		book, err := rules.Load(raw)
		if err != nil {
			require.Contains(t, err.Error(), "line ")
			return
		}
		for _, r := range book.Rules {
			if !r.Own {
				continue
			}
			r.Sentence("zh")
			book.Credit(r.Origin, "en")
			if r.Name == rules.MinAge {
				r.Age()
			}
			r.AtOnce(3)
			r.From()
			r.Numbers()
		}
		book.All(person(shanghai))
		book.WordsFor(unit(shanghai))
	})
}

// A rule asks for its paper where whom it concerns is known; only a sure one makes it required.
func TestRulesAskForPapers(t *testing.T) {
	book := load(t, "rule\t410000\tunit\t*\tletter_required\tnone\tsure\tTX\t2026")
	holder := func(province string, nature int) filing.Dossier {
		return filing.Dossier{Holder: filing.Holder{Province: province, Nature: nature}}
	}
	for _, c := range []struct {
		d           filing.Dossier
		sites       int
		rule        rules.Name
		asked, must bool
	}{
		{holder(shanghai, filing.NaturePerson), 1, rules.PersonNonlocal, true, true},
		{holder("460000", filing.NaturePerson), 1, rules.PersonNonlocal, true, false}, // Hainan: one source
		{holder("140000", filing.NaturePerson), 1, rules.PersonNonlocal, false, false},
		{holder("120000", filing.NaturePerson), 1, rules.PersonNonlocal, false, false},
		{holder(shanghai, filing.NatureEnterprise), 1, rules.LetterRequired, true, false},
		{holder(henan, filing.NatureEnterprise), 1, rules.LetterRequired, false, false},
		{holder("150000", filing.NatureGovernment), 1, rules.GovSiteApproval, true, true},
		{holder("150000", filing.NatureEnterprise), 1, rules.GovSiteApproval, false, false},
		{holder("650000", filing.NatureEnterprise), 1, rules.PartyBuildingLetter, true, true},
		{holder("440000", filing.NaturePerson), 1, rules.BureauPromise, true, false},
		{holder(shanghai, filing.NaturePerson), 1, rules.MinAge, false, false}, // asks for no paper of the list
	} {
		asked, must := book.Papers(c.d, c.sites)(string(c.rule))
		require.Equal(t, []bool{c.asked, c.must}, []bool{asked, must}, "%s %v", c.rule, c.d.Holder)
	}
	d := filing.Dossier{Kind: filing.KindNewSite, Holder: filing.Holder{Nature: filing.NaturePerson},
		OwnershipProof: filing.OwnershipProof{Number: "苏ICP备2023012345号"}}
	for sites, want := range map[int]bool{9: false, 10: true} {
		asked, _ := book.Papers(d, sites)(string(rules.PlanDocument))
		require.Equal(t, want, asked, sites)
	}
	sichuan := holder("510000", filing.NaturePerson)
	for n, want := range map[int]bool{5: false, 6: true} {
		sichuan.Site.Domains = make([]string, n)
		asked, _ := book.Papers(sichuan, 1)(string(rules.StatementRequired))
		require.Equal(t, want, asked, n)
	}
	require.Len(t, book.PaperRules(holder(shanghai, filing.NaturePerson), 1, rules.PersonNonlocal), 3, "with its permit's")
	guangdong := holder("440000", filing.NaturePerson)
	require.NotEmpty(t, book.PaperRules(guangdong, 1, rules.PersonNonlocal))
	guangdong.Kind = filing.KindChange
	require.Empty(t, book.PaperRules(guangdong, 1, rules.PersonNonlocal), "a change needs none")
}

// Each paper that depends on a rule names one that asks for papers, and each such rule has its paper.
func TestEveryPaperRuleHasItsPaper(t *testing.T) {
	var named []rules.Name
	for _, p := range filing.BuiltInPapers().Papers {
		if p.Rule != "" {
			named = append(named, rules.Name(p.Rule))
		}
	}
	require.ElementsMatch(t, rules.PaperNames(), named)
}
