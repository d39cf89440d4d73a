package panel_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
)

// The help centre shows the rules that hold for a province and a subject, each with its source, in both languages.
func TestRulesByProvinceAreShown(t *testing.T) {
	v := newHelping(t).visitor()
	page := v.get("/help/provinces", 200)
	require.Equal(t, 32, page.Find("#province option").Length(), "every province, and none")
	require.Zero(t, page.Find("[data-rule]").Length())
	for _, lang := range []string{"zh", "en"} {
		v.post("/language", url.Values{"lang": {lang}, "next": {"/help"}}, 200)
		for _, subject := range []rules.Subject{rules.Person, rules.Unit} {
			for _, province := range filing.Provinces() {
				page := v.get("/help/provinces?province="+province.Code+"&subject="+string(subject), 200)
				require.Greater(t, page.Find("[data-rule]").Length(), 10, province.Name)
				page.Find("[data-group] li").Each(func(_ int, li *goquery.Selection) {
					require.NotEmpty(t, strings.TrimSpace(li.Find(".quiet").Text()), li.Text())
					require.NotContains(t, li.Text(), "rules.", "a key without a text")
				})
			}
		}
	}
	v.post("/language", url.Values{"lang": {"zh"}, "next": {"/help"}}, 200)
	henan := v.get("/help/provinces?province=410000&subject=person", 200)
	text := henan.Find(`[data-rule="person_nonlocal"]`).Text()
	require.Contains(t, text, "个人只收本省身份证。")
	require.Contains(t, text, "多个来源一致")
	require.Contains(t, text, "腾讯云备案文档")
	require.Contains(t, henan.Find(`[data-group="words"]`).Text(), "个人网站")
	v.get("/help/provinces?province=99&subject=person", 400)
	v.get("/help/provinces?province=410000&subject=everybody", 400)
}

// Each reason that providers name has its place in the help centre, with what to do and its source.
func TestReasonsForReturnsAreShown(t *testing.T) {
	v := newHelping(t).visitor()
	for _, lang := range []string{"zh", "en"} {
		v.post("/language", url.Values{"lang": {lang}, "next": {"/help"}}, 200)
		page := v.get("/help/reasons", 200)
		require.Equal(t, 95, page.Find("[data-group] li").Length())
		for _, r := range filing.SendBackReasons() {
			if r.Stage == "" {
				continue
			}
			text := page.Find("#" + r.Key).Text()
			require.Contains(t, text, r.Fix.In(lang), r.Key)
			require.NotEmpty(t, strings.TrimSpace(page.Find("#"+r.Key+" .quiet").Text()), r.Key)
		}
	}
}
