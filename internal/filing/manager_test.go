package filing_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

// A dossier of before the site's manager was asked for has one manager for both.
func TestDossiersWithoutASitesManager(t *testing.T) {
	const old = `{"kind":"new","holder":{"name":"林测试","nature":5,"manager":{"name":"林测试","document_type":2,
		"document_number":"310101199003070035","office_phone":"","mobile":"13900001234","email":"lin@example.com"}},
		"site":{"name":"读书笔记","home_page":"http://www.example.com/","domains":["www.example.com"]}}`
	var d filing.Dossier
	require.NoError(t, json.Unmarshal([]byte(old), &d))
	require.Equal(t, "林测试", d.SiteManager().Name)
	require.False(t, d.TwoManagers())
	require.False(t, d.Asks(filing.FormSite, "manager_name"))
	written, err := json.Marshal(d)
	require.NoError(t, err)
	for _, name := range []string{"other_manager", "emergency_phone", "legal_representative"} {
		require.NotContains(t, string(written), name)
	}
}

func TestEachRuleOfTheSitesManager(t *testing.T) {
	two := filingtest.TwoManagers(filingtest.Dossier())
	problems := func(spoil func(*filing.Dossier)) (list []string) {
		d := two
		spoil(&d)
		d.Site.Normalise()
		for _, p := range d.ValidateSiteOn(today, filing.BuiltIn()) {
			list = append(list, p.Field+" "+p.Key)
		}
		return list
	}
	require.Empty(t, problems(func(*filing.Dossier) {}))
	m := func(spoil func(*filing.Manager)) func(*filing.Dossier) {
		return func(d *filing.Dossier) { spoil(&d.Site.Manager) }
	}
	for want, spoil := range map[string]func(*filing.Dossier){
		"manager_name required":                           m(func(m *filing.Manager) { m.Name = "" }),
		"manager_document_type choose":                    m(func(m *filing.Manager) { m.DocumentType = 0 }),
		"manager_document_number resident_id_check_digit": m(func(m *filing.Manager) { m.DocumentNumber = "310101198505120043" }),
		"manager_office_phone required":                   m(func(m *filing.Manager) { m.OfficePhone = "" }),
		"manager_mobile required":                         m(func(m *filing.Manager) { m.Mobile = "" }),
		"manager_email email_invalid":                     m(func(m *filing.Manager) { m.Email = "chen" }),
		"manager_emergency_phone emergency_phone_invalid": m(func(m *filing.Manager) { m.EmergencyPhone = "12345" }),
	} {
		require.Equal(t, []string{want}, problems(spoil))
	}
	require.Empty(t, problems(func(d *filing.Dossier) { d.Site.OtherManager, d.Site.Manager = false, filing.Manager{} }))
	require.Empty(t, problems(m(func(m *filing.Manager) { m.EmergencyPhone = "(021) 5555 0123 转 8" })))
	d := two
	d.Site.OtherManager = false
	d.Site.Normalise()
	require.Equal(t, filing.Manager{}, d.Site.Manager, "what nobody needs isn't kept")
}

func TestWhoMustSayWhetherTheyAreTheLegalRepresentative(t *testing.T) {
	d := filingtest.Dossier()
	d.Holder = filingtest.CompanyHolder()
	d.Holder.Manager.LegalRepresentative = "perhaps"
	d.Holder.Normalise()
	require.NotNil(t, d.Holder.Validate(filing.BuiltIn()).For("manager_legal_representative"))
	require.True(t, d.Asks(filing.FormHolder, "manager_legal_representative"))
	d.Holder = filingtest.PersonHolder()
	require.Nil(t, d.Holder.Validate(filing.BuiltIn()).For("manager_legal_representative"))
	require.False(t, d.Asks(filing.FormHolder, "manager_legal_representative"))
	require.True(t, d.Offers(filing.FormHolder, "manager_legal_representative"), "whoever chooses another nature sees it")
	for _, c := range []struct {
		answer, holder, site string
	}{{filing.Yes, filing.Yes, filing.No}, {filing.No, filing.No, ""}, {"", "", ""}} {
		d := filingtest.TwoManagers(filingtest.Dossier())
		d.Holder.Manager.LegalRepresentative = c.answer
		require.Equal(t, c.holder, d.ManagerIsLegalRepresentative(filing.SMSHolderManager))
		require.Equal(t, c.site, d.ManagerIsLegalRepresentative(filing.SMSSiteManager))
		d.Site.OtherManager = false
		require.Equal(t, c.holder, d.ManagerIsLegalRepresentative(filing.SMSSiteManager), "the same person")
	}
}

// Which forms ask for a site's own manager.
func TestWhoIsAskedForASitesManager(t *testing.T) {
	company := filingtest.TwoManagers(filingtest.Dossier())
	for name, c := range map[string]struct {
		kind          filing.Kind
		other, person bool
		asks, offers  bool
	}{
		"a unit's site":                        {filing.KindNew, false, false, false, true},
		"a unit's site with another":           {filing.KindNew, true, false, true, true},
		"a person's site":                      {filing.KindNew, false, true, false, false},
		"a person's site with another":         {filing.KindNew, true, true, true, true}, // to correct it
		"a change":                             {filing.KindChange, true, false, true, true},
		"a new site":                           {filing.KindNewSite, false, false, false, false},
		"a new site that follows a new filing": {filing.KindNewSite, true, false, true, true},
		"an access":                            {filing.KindNewAccess, true, false, false, false},
	} {
		d := company
		if d.Kind, d.Site.OtherManager = c.kind, c.other; c.person {
			d.Holder = filingtest.PersonHolder()
		}
		require.Equal(t, c.asks, d.Asks(filing.FormSite, "manager_mobile"), name)
		require.Equal(t, c.offers, d.Offers(filing.FormSite, "manager_mobile"), name)
		require.Equal(t, c.offers, d.Asks(filing.FormSite, "manager_other"), name)
	}
}

// A change starts with the managers that the bureau has.
func TestTakingTheBureausManagers(t *testing.T) {
	two := filingtest.TwoManagers(filingtest.Dossier())
	bare := func(m filing.Manager) filing.Manager {
		m.EmergencyPhone, m.LegalRepresentative = "", ""
		return m
	}
	filed := filing.FiledHolder{Holder: two.Holder, Sites: []filing.FiledSite{{ID: 7, Manager: bare(two.Site.Manager)}}}
	filed.Holder.Manager = bare(two.Holder.Manager)
	take := func(before filing.Dossier, f filing.FiledHolder) filing.Dossier {
		before.Subject.SiteID = 7
		before.Take(f)
		return before
	}
	d := take(two, filed)
	require.Equal(t, two.Holder.Manager, d.Holder.Manager, "what the bureau doesn't have stays")
	require.Equal(t, two.Site.Manager, d.Site.Manager)
	one := filingtest.Dossier()
	d = take(one, filed)
	require.True(t, d.TwoManagers())
	require.Equal(t, bare(two.Site.Manager), d.Site.Manager)
	require.Equal(t, one.Holder.Manager.EmergencyPhone, d.Holder.Manager.EmergencyPhone, "the same person")
	filed.Sites[0].Manager = filed.Holder.Manager
	filed.Sites[0].Manager.DocumentNumber = "" // bureaus leave it out
	d = take(two, filed)
	require.False(t, d.Site.OtherManager, "one person now")
	require.Equal(t, filing.Manager{}, d.Site.Manager)
	filed.Sites[0].Manager = filing.Manager{}
	require.Equal(t, two.Site.Manager, take(two, filed).Site.Manager, "nothing is known of it")
}

// A refusal is about the manager whom the opinion names, or else about both.
func TestRefusalsAboutManagers(t *testing.T) {
	two := filingtest.TwoManagers(filingtest.Dossier())
	one := filingtest.Dossier()
	for _, c := range []struct {
		d              filing.Dossier
		about, opinion string
		want           []string
	}{
		{one, "holder.manager_mobile", "网站负责人手机号码无效", []string{"holder.manager_mobile"}},
		{two, "holder.manager_mobile", "无效手机号码", []string{"holder.manager_mobile", "site.manager_mobile"}},
		{two, "holder.manager_office_phone", "网站负责人办公电话不能为空", []string{"site.manager_office_phone"}},
		{two, "holder.manager_name", "主体负责人姓名不能为空", []string{"holder.manager_name"}},
		{two, "holder.name", "网站负责人", []string{"holder.name"}},
		{two, "site.name", "", []string{"site.name"}},
		{two, ".", "", []string{"."}},
	} {
		require.Equal(t, c.want, c.d.ManagerFields(c.about, c.opinion), "%s %s", c.about, c.opinion)
	}
}

// Each manager's document is a paper, with the use of that manager.
func TestPapersOfTwoManagers(t *testing.T) {
	two := filingtest.TwoManagers(filingtest.Dossier())
	uses := func(d filing.Dossier) map[string][]int {
		found := map[string][]int{}
		for _, n := range filing.BuiltInPapers().Needed(d, nil) {
			for _, u := range n.Uses {
				found[n.Key] = append(found[n.Key], u.Purpose)
			}
		}
		return found
	}
	of := uses(two)
	require.Equal(t, []int{3}, of["manager_id_front"])
	require.Equal(t, []int{4}, of["site_manager_id_front"])
	require.Equal(t, []int{4}, of["site_manager_id_back"])
	two.Site.Manager.DocumentType = filing.DocumentPassport
	of = uses(two)
	require.Equal(t, []int{4}, of["site_manager_document"])
	require.NotContains(t, of, "site_manager_id_front")
	two.Kind = filing.KindNewSite
	require.NotContains(t, uses(two), "manager_id_front", "the record has no holder's manager")
	require.Contains(t, uses(two), "site_manager_document")
	two.Site.OtherManager, two.Kind = false, filing.KindNew
	of = uses(two)
	require.Equal(t, []int{3, 4}, of["manager_id_front"])
	require.NotContains(t, of, "site_manager_document")
}
