package filing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

// A formCase spoils a right form in one way, and names the only problem that this makes; none if it is still right.
type formCase[F any] struct {
	name  string
	spoil func(*F)
	want  string // "field key", or empty
}

// checkForm runs a form's cases: the rule that a case is about is the only one that refuses it.
func checkForm[F any](t *testing.T, right func() F, validate func(F) filing.Problems, cases []formCase[F]) {
	t.Helper()
	require.Empty(t, validate(right()), "the form is right to begin with")
	for _, c := range cases {
		f := right()
		c.spoil(&f)
		var got []string
		for _, p := range validate(f) {
			got = append(got, p.Field+" "+p.Key)
		}
		require.Equal(t, c.want, strings.Join(got, ", "), c.name)
	}
}

// long is a text of n characters, each of three bytes.
func long(n int) string { return strings.Repeat("长", n) }

// mailOf is a mail address of n bytes.
func mailOf(n int) string {
	const host = "@mail.example.org"
	return strings.Repeat("a", n-len(host)) + host
}

// limits has a case on each side of the longest text that a field takes.
func limits[F any](field string, set func(*F, string), most int, required bool) []formCase[F] {
	cases := []formCase[F]{
		{field + " at its limit", func(f *F) { set(f, long(most)) }, ""},
		{field + " over its limit", func(f *F) { set(f, long(most+1)) }, field + " too_long"},
		{field + " that GBK lacks", func(f *F) { set(f, "测试测试😀") }, field + " not_gbk"},
	}
	if required {
		return append(cases, formCase[F]{field + " missing", func(f *F) { set(f, "") }, field + " required"})
	}
	return append(cases, formCase[F]{field + " left empty", func(f *F) { set(f, "") }, ""})
}

func TestEachRuleOfTheContact(t *testing.T) {
	type form = filing.ContactDetails
	cases := limits("name", func(f *form, s string) { f.Name = s }, 128, true)
	cases = append(cases, limits("remark", func(f *form, s string) { f.Remark = s }, 1024, false)...)
	checkForm(t, filingtest.Contact, form.Validate, append(cases, []formCase[form]{
		{"no user name", func(f *form) { f.UserName = "" }, "user_name required"},
		{"a short user name", func(f *form) { f.UserName = "名" }, "user_name length"},
		{"the shortest", func(f *form) { f.UserName = "名字" }, ""},
		{"the longest", func(f *form) { f.UserName = long(32) }, ""},
		{"a long user name", func(f *form) { f.UserName = long(33) }, "user_name length"},
		{"a user name of every kind of character", func(f *form) { f.UserName = "名_aZ09" }, ""},
		{"a space in it", func(f *form) { f.UserName = "名 字" }, "user_name user_name_characters"},
		{"a letter with an accent", func(f *form) { f.UserName = "josé" }, "user_name user_name_characters"},
		{"a hyphen", func(f *form) { f.UserName = "a-b" }, "user_name user_name_characters"},
		{"a character that GBK lacks", func(f *form) { f.UserName = "名𠀀" }, "user_name not_gbk"},
		{"no province", func(f *form) { f.Province = "" }, "province required"},
		{"an unknown province", func(f *form) { f.Province = "999999" }, "province region_unknown"},
		{"a city for a province", func(f *form) { f.Province = "310100" }, "province region_unknown"},
		{"no mobile", func(f *form) { f.Mobile = "" }, "mobile required"},
		{"a mobile of ten digits", func(f *form) { f.Mobile = "1390000123" }, "mobile mobile_invalid"},
		{"one of twelve", func(f *form) { f.Mobile = "139000012345" }, "mobile mobile_invalid"},
		{"an old prefix", func(f *form) { f.Mobile = "12900001234" }, "mobile mobile_invalid"},
		{"a fixed line", func(f *form) { f.Mobile = "02155550123" }, "mobile mobile_invalid"},
		{"no mail", func(f *form) { f.Email = "" }, "email required"},
		{"mail without a host", func(f *form) { f.Email = "lin.ceshi" }, "email email_invalid"},
		{"mail at a bare name", func(f *form) { f.Email = "lin@localhost" }, "email email_invalid"},
		{"mail with a name before it", func(f *form) { f.Email = "Lin <lin@example.org>" }, "email email_invalid"},
		{"a dot before the host only", func(f *form) { f.Email = "lin.ceshi@org" }, "email email_invalid"},
		{"the shortest mail", func(f *form) { f.Email = "a@b.cd" }, ""},
		{"a shorter one", func(f *form) { f.Email = "a@b.c" }, "email length"},
		{"the longest mail", func(f *form) { f.Email = mailOf(128) }, ""},
		{"a longer one", func(f *form) { f.Email = mailOf(129) }, "email length"},
	}...))
}

func TestEachRuleOfTheHolder(t *testing.T) {
	type form = filing.Holder
	validate := func(f form) filing.Problems { return f.ValidateOn(today, filing.BuiltIn()) }
	cases := limits("name", func(f *form, s string) { f.Name = s }, 255, true)
	cases = append(cases, limits("document_address", func(f *form, s string) { f.DocumentAddress = s }, 1024, true)...)
	cases = append(cases, limits("superior", func(f *form, s string) { f.Superior = s }, 255, true)...)
	cases = append(cases, limits("address", func(f *form, s string) { f.Address = s }, 1024, true)...)
	cases = append(cases, limits("manager_name", func(f *form, s string) { f.Manager.Name = s }, 128, true)...)
	checkForm(t, filingtest.CompanyHolder, validate, append(cases, []formCase[form]{
		{"no document type", func(f *form) { f.DocumentType = 0 }, "document_type choose"},
		{"an unknown one", func(f *form) { f.DocumentType, f.DocumentNumber = 99, "ABCD1234" }, "document_type choose"},
		{"a document of people", func(f *form) {
			f.DocumentType, f.DocumentNumber = filing.DocumentPassport, "E12345678"
		}, "document_type document_not_for_nature"},
		{"no document number", func(f *form) { f.DocumentNumber = "" }, "document_number required"},
		{"a long one", func(f *form) { f.DocumentNumber = strings.Repeat("1", 129) }, "document_number too_long"},
		{"a long one within the limit", func(f *form) { f.DocumentNumber = strings.Repeat("1", 128) },
			"document_number licence_length"},
		{"no province", func(f *form) { f.Province = "" }, "province required"},
		{"an unknown province", func(f *form) { f.Province = "990000" }, "province region_unknown"},
		{"no city", func(f *form) { f.City = "" }, "city required"},
		{"another province's city", func(f *form) { f.City = "320100" }, "city region_not_inside"},
		{"no county", func(f *form) { f.County = "" }, "county required"},
		{"another city's county", func(f *form) { f.County = "320102" }, "county region_not_inside"},
		{"the shortest address", func(f *form) { f.Address = "样例路一" }, ""},
		{"a shorter one", func(f *form) { f.Address = "样例路" }, "address address_short"},
		{"no manager's document type", func(f *form) { f.Manager.DocumentType = 0 }, "manager_document_type choose"},
		{"a company's document", func(f *form) {
			f.Manager.DocumentType, f.Manager.DocumentNumber = filing.DocumentBusinessLicence, "91310101MA1FP0000H"
		}, "manager_document_type choose"},
		{"no manager's document", func(f *form) { f.Manager.DocumentNumber = "" }, "manager_document_number required"},
		{"a mistyped one", func(f *form) { f.Manager.DocumentNumber = "310101199003070036" },
			"manager_document_number resident_id_check_digit"},
		{"no office phone", func(f *form) { f.Manager.OfficePhone = "" }, "manager_office_phone required"},
		{"one without an area", func(f *form) { f.Manager.OfficePhone = "55550123" },
			"manager_office_phone office_phone_invalid"},
		{"one with an extension", func(f *form) { f.Manager.OfficePhone = "0571-5555012-123456" }, ""},
		{"a longer extension", func(f *form) { f.Manager.OfficePhone = "0571-5555012-1234567" },
			"manager_office_phone office_phone_invalid"},
		{"no mobile", func(f *form) { f.Manager.Mobile = "" }, "manager_mobile required"},
		{"a wrong mobile", func(f *form) { f.Manager.Mobile = "139" }, "manager_mobile mobile_invalid"},
		{"no mail", func(f *form) { f.Manager.Email = "" }, "manager_email required"},
		{"wrong mail", func(f *form) { f.Manager.Email = "lin" }, "manager_email email_invalid"},
	}...))
	checkForm(t, filingtest.PersonHolder, validate, []formCase[form]{
		{"a person needs no office phone", func(f *form) { f.Manager.OfficePhone = "" }, ""},
		{"but a right one", func(f *form) { f.Manager.OfficePhone = "5555" }, "manager_office_phone office_phone_invalid"},
	})
	h := filingtest.PersonHolder()
	h.Nature = 0
	require.Equal(t, map[string]string{"nature": "choose"}, keys(validate(h)),
		"without a nature, any document may be right")
}

func TestEachRuleOfAChange(t *testing.T) {
	before := filingtest.CompanyHolder()
	checkForm(t, filingtest.CompanyHolder, func(h filing.Holder) filing.Problems { return h.ValidateChange(before) },
		[]formCase[filing.Holder]{
			{"another name", func(h *filing.Holder) { h.Name = "上海另一家有限公司" }, ""},
			{"another province", func(h *filing.Holder) { h.Province = "330000" }, "province province_fixed"},
			{"a document that changes don't have",
				func(h *filing.Holder) { h.DocumentType = filing.DocumentEnterpriseOrgCode },
				"document_type document_not_in_changes"},
			{"the last that they have", func(h *filing.Holder) { h.DocumentType = filing.DocumentTaiwanPermit }, ""},
		})
	before.Province = ""
	require.Empty(t, filingtest.CompanyHolder().ValidateChange(before), "it is unknown where the holder was filed")
}

func TestEachRuleOfTheSite(t *testing.T) {
	type form = filing.Site
	right := func() form { return filingtest.Site("www.example.com", "192.0.2.10") }
	validate := func(f form) filing.Problems { return f.Validate(filing.BuiltIn()) }
	domains := func(n int) []string {
		list := []string{"www.example.com"}
		for i := 1; i < n; i++ {
			list = append(list, fmt.Sprintf("a%d.example.com", i))
		}
		return list
	}
	ips := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("192.0.2.%d", i+1))
		}
		return list
	}
	home := func(n int) string {
		const start = "http://www.example.com/"
		return start + strings.Repeat("a", n-len(start))
	}
	cases := limits("name", func(f *form, s string) { f.Name = s }, 512, true)
	cases = append(cases, limits("remark", func(f *form, s string) { f.Remark = s }, 1024, false)...)
	checkForm(t, right, validate, append(cases, []formCase[form]{
		{"a domain for a name", func(f *form) { f.Name = "example.com" }, "name site_name_not_a_name"},
		{"digits for a name", func(f *form) { f.Name = "2026" }, "name site_name_not_a_name"},
		{"digits in a name", func(f *form) { f.Name = "读书笔记 2026" }, ""},
		{"no domain", func(f *form) { f.Domains = nil }, "domains required, home_page home_page_not_in_domains"},
		{"the most domains", func(f *form) { f.Domains = domains(100) }, ""},
		{"one more", func(f *form) { f.Domains = domains(101) }, "domains too_many"},
		{"a domain that isn't one", func(f *form) { f.Domains = append(f.Domains, "a b") }, "domains domain_invalid"},
		{"no home page", func(f *form) { f.HomePage = "" }, "home_page required"},
		{"the longest home page", func(f *form) { f.HomePage = home(255) }, ""},
		{"a longer one", func(f *form) { f.HomePage = home(256) }, "home_page home_page_invalid"},
		{"a page over HTTPS", func(f *form) { f.HomePage = "https://www.example.com/" }, ""},
		{"another scheme", func(f *form) { f.HomePage = "ftp://www.example.com/" }, "home_page home_page_invalid"},
		{"a user in it", func(f *form) { f.HomePage = "http://a@www.example.com/" }, "home_page home_page_invalid"},
		{"no host", func(f *form) { f.HomePage = "http:///a" }, "home_page home_page_invalid"},
		{"a home page at an address", func(f *form) { f.HomePage = "http://192.0.2.10/" }, "home_page home_page_invalid"},
		{"a broken escape", func(f *form) { f.HomePage = "http://www.example.com/%zz" }, "home_page home_page_invalid"},
		{"another domain's home page", func(f *form) { f.HomePage = "http://www.example.org/" },
			"home_page home_page_not_in_domains"},
		{"a character that GBK lacks", func(f *form) { f.HomePage = "http://www.example.com/😀" }, "home_page not_gbk"},
		{"no address", func(f *form) { f.IPs = nil }, "ips required"},
		{"the most addresses", func(f *form) { f.IPs = ips(100) }, ""},
		{"one more", func(f *form) { f.IPs = ips(101) }, "ips too_many"},
		{"IPv6", func(f *form) { f.IPs = []string{"2001:db8::1"} }, "ips ipv6_not_carried"},
		{"a host for an address", func(f *form) { f.IPs = []string{"192.0.2.10", "www.example.com"} }, "ips ip_invalid"},
		{"a loopback address", func(f *form) { f.IPs = []string{"127.0.0.1"} }, "ips ip_not_usable"},
		{"no access mode", func(f *form) { f.AccessMode = 0 }, "access_mode choose"},
		{"no place", func(f *form) { f.ServerPlace = 0 }, "server_place choose"},
		{"an unknown approval", func(f *form) { f.PreApprovals = []int{99} }, "pre_approvals choose"},
		{"an approval", func(f *form) { f.PreApprovals = []int{1} }, ""},
		{"no language", func(f *form) { f.Languages = nil }, "languages choose"},
		{"an unknown language", func(f *form) { f.Languages = []int{1, 99} }, "languages choose"},
		{"no service", func(f *form) { f.Services = nil }, "services choose"},
		{"an unknown service", func(f *form) { f.Services = []int{99} }, "services choose"},
	}...))
	s := right()
	s.Domains = []string{"www.example.com", "ok.example.com", "bad..example.com"}
	require.Equal(t, map[string]any{"line": 3}, validate(s).For("domains").Args, "the line as people count")
	s = filing.Site{HomePage: " example.com ", Domains: []string{"EXAMPLE.com", "example.com", "", "a b"},
		IPs: []string{"192.0.2.1 - 192.0.2.1", "192.0.2.1", "x"}}
	s.Normalise()
	require.Equal(t, "http://example.com", s.HomePage)
	require.Equal(t, []string{"example.com", "a b"}, s.Domains, "each once; what isn't one stays as typed")
	require.Equal(t, []string{"192.0.2.1", "x"}, s.IPs)
}

func TestEachRuleOfPasswords(t *testing.T) {
	type form struct{ password, again, user string }
	both := func(s string) func(*form) { return func(f *form) { f.password, f.again = s, s } }
	checkForm(t, func() form { return form{"good-one-1", "good-one-1", "somename"} },
		func(f form) filing.Problems { return filing.ValidatePassword(f.password, f.again, f.user) }, []formCase[form]{
			{"none", both(""), "password required"},
			{"the longest", both(strings.Repeat("a", 128)), ""},
			{"a longer one", both(strings.Repeat("a", 129)), "password too_long"},
			{"digits", both("0123456789012"), "password password_digits"},
			{"the user's name", func(f *form) { f.user = "GOOD-one-1" }, "password password_is_user_name"},
			{"another the second time", func(f *form) { f.again = "good-one-2" }, "password_again password_differs"},
		})
}

func TestEachRuleOfOwnershipProofs(t *testing.T) {
	type form = filing.OwnershipProof
	right := func() form { return form{Number: "沪ICP备2023012345号-1", Password: "secret"} }
	for _, kind := range []filing.Kind{filing.KindNewSite, filing.KindNewAccess} {
		checkForm(t, right, func(f form) filing.Problems { return f.Validate(kind, filing.PasswordRequired) }, []formCase[form]{
			{"no number", func(f *form) { f.Number = "" }, "number required"},
			{"not a number", func(f *form) { f.Number = "2023012345" }, "number number_invalid"},
			{"no password", func(f *form) { f.Password = "" }, "password required"},
			{"the longest", func(f *form) { f.Password = strings.Repeat("a", 128) }, ""},
			{"a longer one", func(f *form) { f.Password = strings.Repeat("a", 129) }, "password too_long"},
			{"a password that GBK lacks", func(f *form) { f.Password = "😀" }, "password not_gbk"},
		})
	}
	type ending = filing.Ending
	checkForm(t, func() ending { return ending{Reason: 1} },
		func(e ending) filing.Problems { return e.Validate(filing.BuiltIn()) },
		append(limits("note", func(e *ending, s string) { e.Note = s }, 1000, false),
			formCase[ending]{"no reason", func(e *ending) { e.Reason = 0 }, "reason choose"}))
}

func TestEachRuleOfApprovalNumbers(t *testing.T) {
	needed := []filing.NeededPaper{{Paper: filing.Paper{Key: "approval", Each: filing.EachPreApproval}, Item: 2, Must: true},
		{Paper: filing.Paper{Key: "letter"}, Must: true}, {Paper: filing.Paper{Key: "other"}}}
	type form struct {
		number string
		has    []string
	}
	checkForm(t, func() form { return form{"新出审字〔2026〕1 号", []string{"approval.2", "letter"}} },
		func(f form) filing.Problems {
			d := filingtest.Dossier()
			d.Site.ApprovalNumbers = map[int]string{2: f.number}
			return filing.PaperProblems(d, needed, func(n filing.NeededPaper) bool {
				return strings.Contains(strings.Join(f.has, " "), n.Field())
			})
		}, append(limits("number.2", func(f *form, s string) { f.number = s }, 512, true),
			formCase[form]{"no letter", func(f *form) { f.has = f.has[:1] }, "letter paper_missing"},
			formCase[form]{"no approval", func(f *form) { f.has = f.has[1:] }, "approval.2 paper_missing"}))
	needed[0].Must = false
	require.Empty(t, filing.PaperProblems(filingtest.Dossier(), needed[:1], func(filing.NeededPaper) bool { return false }),
		"an optional one")
}

// The rules for codes are promises to customers and limits for guessers.
func TestRulesOfVerificationCodes(t *testing.T) {
	require.Equal(t, "8 10m0s 5 24h0m0s 1m0s", fmt.Sprint(filing.CodeDigits, " ", filing.CodeTTL, " ", filing.MaxWrongTries,
		" ", filing.LockFor, " ", filing.ResendAfter))
}
