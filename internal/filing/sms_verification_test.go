package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

var both = []filing.SMSRole{filing.SMSHolderManager, filing.SMSSiteManager}

func TestWhoVerifiesBySMS(t *testing.T) {
	for kind, want := range map[filing.Kind][]string{
		filing.KindNew: {"holder+site"}, filing.KindNewSite: {"site"}, filing.KindNewAccess: {"holder", "site"},
		filing.KindChange: {"holder+site"}, filing.KindEndHolder: {"holder+site"}, filing.KindEndSite: {"holder+site"},
		filing.KindCancelAccess: nil, filing.KindRegister: nil,
	} {
		d := filingtest.Dossier()
		d.Kind = kind
		var keys []string
		for _, v := range d.SMSVerifiers(both) {
			keys = append(keys, v.Key())
			require.Equal(t, kind == filing.KindNewAccess, v.Manager == filing.Manager{}, "%s: the bureau's own", kind)
		}
		require.Equal(t, want, keys, kind)
		require.Equal(t, want != nil, kind.VerifiedBySMS(), kind)
	}
}

// Two people verify with their own mobiles and documents, each for one role.
func TestTwoPeopleVerify(t *testing.T) {
	d := filingtest.TwoManagers(filingtest.Dossier())
	for _, kind := range []filing.Kind{filing.KindNew, filing.KindNewSite, filing.KindChange} {
		d.Kind = kind
		list := d.SMSVerifiers(both)
		require.Len(t, list, 2, kind)
		require.Equal(t, []string{"holder", "site"}, []string{list[0].Key(), list[1].Key()})
		require.Equal(t, []filing.Manager{d.Holder.Manager, d.Site.Manager}, []filing.Manager{list[0].Manager, list[1].Manager})
	}
	d.Kind = filing.KindEndSite
	list := d.SMSVerifiers(both[1:])
	require.Len(t, list, 1)
	require.Equal(t, d.Site.Manager, list[0].Manager)
}

func TestOpinionsOnAVerificationThatRanOut(t *testing.T) {
	for opinion, want := range map[string]bool{
		"未在规定时间内完成短信核验，系统自动退回": true, "短信核验超时": true, "逾期未进行短信核验": true, "短信验证超过24小时未完成，退回": true,
		"该备案未通过短信核验": true, "短信核验错误次数超过限制，系统自动退回": true, "您未能及时进行短信验证": true,
		"": false, "网站名称不符合要求": false, "核验单模糊，未按要求签字": false, "请更换手机号码后重新短信核验": false, "资料超时": false,
	} {
		require.Equal(t, want, filing.VerificationRanOut(opinion), opinion)
	}
}

// Everybody in a record verifies: the managers of each site, each person once.
func TestVerifiersOfSeveralSites(t *testing.T) {
	roles := []filing.SMSRole{filing.SMSHolderManager, filing.SMSSiteManager}
	d := filingtest.Dossier()
	own := filingtest.TwoManagers(filingtest.Dossier())
	own.Holder = d.Holder
	keys := func(others map[string]filing.Dossier) (list []string) {
		for _, v := range d.SMSVerifiersWith(roles, others) {
			list = append(list, v.Key())
		}
		return list
	}
	require.Equal(t, []string{"holder+site"}, keys(nil))
	require.Equal(t, []string{"holder+site"}, keys(map[string]filing.Dossier{"b.com": d}), "the same person")
	require.Equal(t, []string{"holder+site", "site@b.com"},
		keys(map[string]filing.Dossier{"c.com": own, "b.com": own, "a.com": d}))
	for key, want := range map[string][2]string{"holder+site": {"holder+site", ""}, "site@b.com": {"site", "b.com"}} {
		roles, domain := filing.SMSVerifierOf(key)
		require.Equal(t, want, [2]string{roles, domain})
	}
}
