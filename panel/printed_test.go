package panel_test

import (
	"net/url"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
)

// code is the fingerprint on a printed form.
func (f *filling) code(form string) string {
	f.t.Helper()
	return f.page("/"+form).Find(".sheet [data-statement]").AttrOr("data-statement", "")
}

// outdated is what the page of papers says about a paper that states something else than the forms do; empty: nothing.
func (f *filling) outdated(paper string) string {
	f.t.Helper()
	return f.page("/papers").Find(`[data-paper=` + paper + `][data-outdated] .error`).Text()
}

// save changes a form and saves it.
func (f *filling) save(form string, typed url.Values) *goquery.Document {
	f.t.Helper()
	typed.Set("action", "save")
	return f.fill("/"+form, typed, false)
}

// letter uploads a picture of the letter.
func (f *filling) letter(picture string) {
	f.t.Helper()
	_, err := f.UploadPapers(f.t.Context(), map[string]demo.File{"letter": {Name: "letter.jpg",
		Content: demo.Picture(picture)}}, nil)
	require.NoError(f.t, err)
}

// A signed letter counts as long as the forms say what it says. Afterwards every page asks for a new one, says which
// facts changed, and nothing is submitted with the old one.
func TestASignedPaperStatesWhatTheFormsSay(t *testing.T) {
	f := newFilling(t)
	f.filled()
	require.Empty(t, f.outdated("letter"))
	first := f.code("letter")
	require.Regexp(t, `^[A-Z2-7]{4}-[A-Z2-7]{4}$`, first)
	require.NotEqual(t, first, f.code("sheet"), "another form")
	require.Equal(t, first, f.page("/papers").Find(`[data-paper=letter] [data-statement]`).AttrOr("data-statement", ""),
		"the code that the paper must show")

	f.save("site", url.Values{"domains": {"example.net"}, "home_page": {"http://www.example.net/"}, "remark": {"无"}})
	other := f.code("letter")
	f.letter("the other domain")
	require.NotEqual(t, first, other)
	f.save("site", url.Values{"domains": {" WWW.example.net \n\n"}, "name": {"林测试的 读书笔记 "},
		"home_page": {"http://WWW.example.net"}, "remark": {"改了没有写在纸上的"}})
	f.save("holder", url.Values{"manager_email": {"other@example.net"}})
	require.Empty(t, f.outdated("letter"), "the same facts, written otherwise")
	require.Equal(t, other, f.code("letter"))

	f.save("site", url.Values{"name": {"林测试的书评"}, "domains": {"example.com"}})
	text := f.outdated("letter")
	require.Contains(t, text, "网站名称")
	require.Contains(t, text, "网站域名")
	require.NotContains(t, text, "网站首页")
	require.Contains(t, tasks(f.page("")), "papers 待修改→")
	require.Contains(t, f.page("/review").Find(`.blocking[data-rule=paper_outdated]`).Text(), "网站名称")
	_, err := f.Post(t.Context(), filingBase+"/review", nil)
	require.NoError(t, err)
	require.Zero(t, f.temporal.submitted)
	require.NotEmpty(t, f.fill("/papers", url.Values{"action": {"next"}}, true).Find("#e-letter").Text())

	f.save("site", url.Values{"name": {"林测试的读书笔记"}, "domains": {"example.net"}})
	require.Empty(t, f.outdated("letter"), "as on paper again")
	f.save("site", url.Values{"name": {"林测试的书评"}})
	f.code("letter")
	f.letter("new name")
	require.Empty(t, f.outdated("letter"))
	_, err = f.Post(t.Context(), filingBase+"/review", nil)
	require.NoError(t, err)
	require.Equal(t, 1, f.temporal.submitted)
}

// What was printed counts, however late it is uploaded; a paper with what was printed earlier is found as well.
func TestAPaperStatesWhatWasPrinted(t *testing.T) {
	f := newFilling(t)
	f.filled()
	f.code("letter")
	f.save("site", url.Values{"name": {"林测试的书评"}})
	f.letter("signed before")
	require.Contains(t, f.outdated("letter"), "网站名称")
	f.code("letter")
	f.save("site", url.Values{"name": {"林测试的读书笔记"}})
	f.letter("printed first")
	require.Empty(t, f.outdated("letter"), "an earlier sheet states what the forms say")
}

// A refusal of the bureau's that changes a stated fact wants a new letter too.
func TestACorrectionWantsTheLetterAgain(t *testing.T) {
	f := newFilling(t)
	f.filled()
	f.refuse("site.name")
	require.Empty(t, f.outdated("letter"))
	f.save("site", url.Values{"name": {"林测试的书评"}})
	require.Contains(t, f.outdated("letter"), "网站名称")
	require.NoError(t, f.Papers(t.Context()))
	require.Empty(t, f.outdated("letter"))
}

// Nobody prints what can't be filed.
func TestABlockedFactIsNotPrinted(t *testing.T) {
	f := newFilling(t)
	page := f.page("/letter")
	require.Equal(t, 1, page.Find("[data-lacking]").Length(), "nothing is filled in")
	require.Equal(t, 1, page.Find(".sheet").Length())
	f.filled() // what was blank is filled in by hand
	require.Zero(t, f.page("/letter").Find("[data-lacking], [data-blocked]").Length())
	f.save("site", url.Values{"name": {"中国书评"}})
	for _, form := range []string{"/letter", "/sheet"} {
		page = f.page(form)
		require.Equal(t, 1, page.Find("[data-blocked]").Length(), form)
		require.Zero(t, page.Find(".sheet").Length(), form)
		require.Equal(t, filingBase+"/site?return_to=review#f-name", page.Find(".found a").AttrOr("href", ""))
	}
	f.save("site", url.Values{"name": {"林测试的读书笔记"}})
	f.save("holder", url.Values{"manager_email": {"test@test.com"}})
	require.Equal(t, 1, f.page("/letter").Find(".sheet").Length(), "the letter doesn't state it")
}
