package dossierview

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/panel/web"
)

// Where the managers are two people, each has a line and a button; once one has verified, everybody reads that the other
// still has to.
func TestTwoPeopleVerifyEachWithTheirOwnPhone(t *testing.T) {
	texts, err := locale.New()
	require.NoError(t, err)
	manager := func(role filing.SMSRole, mobile string) SMSPerson {
		return SMSPerson{SMSVerifier: filing.SMSVerifier{Roles: []filing.SMSRole{role},
			Manager: filing.Manager{Mobile: mobile}}, Mobile: web.MaskMobile(mobile), Document: "护照"}
	}
	s := &SMSVerification{Until: time.Now().Add(time.Hour), Left: time.Hour, Kind: filing.KindNew, People: []SMSPerson{
		manager(filing.SMSHolderManager, "13900001111"), manager(filing.SMSSiteManager, "13700002222")}}
	shown := func(confirm string) *goquery.Document {
		t.Helper()
		var b strings.Builder
		require.NoError(t, SMSVerificationStep(&web.Page{T: texts.For("zh")}, s, confirm).Render(t.Context(), &b))
		page, err := goquery.NewDocumentFromReader(strings.NewReader(b.String()))
		require.NoError(t, err)
		return page
	}
	require.Equal(t, []string{"holder", "site"}, s.Keys())
	require.Zero(t, shown("/x").Find("[data-waiting-for-other]").Length())
	require.Equal(t, 2, shown("/x").Find("button").Length())
	s.People[0].Done = true
	page := shown("/x")
	require.Contains(t, page.Find("[data-waiting-for-other]").Text(), "等待其他核验人")
	require.Regexp(t, `主体负责人\s+已完成`, page.Find("[data-verifier=holder]").Text())
	require.Contains(t, page.Find("[data-verifier=site]").Text(), "137****2222")
	require.Equal(t, "site", page.Find("button").AttrOr("value", ""))
	require.Equal(t, shown("").Find("[data-verifier]").Length(), 2, "staff see the same")
	require.Zero(t, shown("").Find("button").Length())
}
