package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		"备案号：沪ICP备2023012345号-1": "沪ICP备2023012345号-1", "ICP备案号沪ICP备05000940号": "沪ICP备05000940号",
		"备案/许可证号: 粤B2-20090059-18": "粤B2-20090059-18", "网站备案/许可证号：粤ＩＣＰ備2023012345號——3": "粤ICP备2023012345号-3",
		"增值电信业务经营许可证编号：粵B2－20090059": "粤B2-20090059", "（沪ICP备05000940号）": "沪ICP备05000940号", "京B2-20090191号": "京B2-20090191",
		"沪ICP备2023012345号-2a": "沪ICP备2023012345号-2A", "粤B2-20090059-1621A": "粤B2-20090059-1621A",
		"沪ICP备05000940号-3X": "沪ICP备05000940号-3X",
		"京ICP证030173号-12K":  "京ICP证030173号-12K", "A2.B1.B2-20090001": "A2.B1.B2-20090001",
		"京A2.B1.B2-20090001-2":         "京A2.B1.B2-20090001-2",
		"沪ICP备\u200b05000940\u202d号‐1": "沪ICP备05000940号-1", "沪 icp 备 05000940 号。": "沪ICP备05000940号",
	} {
		n, err := filing.ParseNumber(text)
		require.NoError(t, err, text)
		require.Equal(t, want, n.String(), text)
		again, err := filing.ParseNumber(n.String())
		require.NoError(t, err)
		require.Equal(t, n, again)
		require.True(t, filing.LooksLikeNumber(text), text)
		require.NotContains(t, n.Holder(), "A-", "the holder's number has no index")
	}
	for _, text := range []string{
		"沪ICP备05000940号-1B", "沪ICP备05000940号A", "粤B3-20090059", "粤B2-2009005", "粤B2-200900591", "粤B2-20090059-0",
		"B-20090059", "某B2-20090059",
		"粤B2-20090059A", "B2", "备案号：", "：", "编号", "沪ICP备05000940号-1 沪ICP备05000941号-1",
	} {
		_, err := filing.ParseNumber(text)
		require.ErrorIs(t, err, filing.ErrNumber, text)
	}
	require.False(t, filing.LooksLikeNumber("上海B2网络科技有限公司"))
}

func TestMailAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"zhang@例子.中国": "zhang@xn--fsqu00a.xn--fiqs8s", " Zhang＠ＱＱ。com ": "Zhang@qq.com",
		"mailto:a.b+c@Example.COM": "a.b+c@example.com",
		"a@b\u200b.com":            "a@b.com", "x—y@my–host.com": "x-y@my-host.com",
	} {
		c := filingtest.Contact()
		c.Email = text
		c.Normalise()
		require.Equal(t, want, c.Email)
		require.Empty(t, c.Validate(), text)
	}
	for text, key := range map[string]string{
		"张三@qq.com": "email_local", "josé@example.com": "email_local", "a@-b.com": "email_invalid",
		"a@b": "email_invalid", "a b@c.com": "email_invalid",
		"a@b.com c@d.com": "email_invalid", "张三": "email_invalid", "a@例 子.中国": "email_invalid",
		"a@1.2.3.4": "email_invalid", "": "required",
		"a@b.c": "length",
	} {
		c := filingtest.Contact()
		c.Email = text
		c.Normalise()
		p := c.Validate().For("email")
		require.NotNil(t, p, text)
		require.Equal(t, key, p.Key, text)
	}
}

func TestPhonesAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{"+86 139-0000-1234": "13900001234",
		"\u202d13900001234\u202c": "13900001234", "１３９—００００—１２３４": "13900001234",
		"(0086)139.0000.1234": "13900001234", "8613900001234": "13900001234"} {
		require.Equal(t, want, filing.NormaliseMobile(text))
	}
	for text, want := range map[string]string{"021——55550123": "021-55550123",
		"（021）55550123转801": "021-55550123-801", "021 – 5555 0123": "021-55550123",
		"(021)-55550123": "021-55550123"} {
		h := filingtest.PersonHolder()
		h.Manager.OfficePhone = text
		h.Normalise()
		require.Equal(t, want, h.Manager.OfficePhone)
		require.Nil(t, h.Validate(filing.BuiltIn()).For("manager_office_phone"))
	}
}

func TestRangesAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{"192.0.2.1——192.0.2.9": "192.0.2.1-192.0.2.9",
		"192.0.2.1 至 192.0.2.9": "192.0.2.1-192.0.2.9",
		"192。0。2。1":             "192.0.2.1", "192.0.2.1～192.0.2.9": "192.0.2.1-192.0.2.9",
		"\ufeff192.0.2.1 − 192.0.2.9": "192.0.2.1-192.0.2.9"} {
		r, key := filing.ParseIPRange(text)
		require.Empty(t, key, text)
		require.Equal(t, want, r.String())
	}
	_, key := filing.ParseIPRange("192.0.2.1 92")
	require.Equal(t, "ip_invalid", key, "a space doesn't join two numbers")
	_, key = filing.NormaliseDomain("a.com b.com")
	require.Equal(t, "domain_invalid", key)
}

// Hosts become A-labels wherever they are typed.
func TestHomePagesHaveALabels(t *testing.T) {
	s := filingtest.Site("例子.中国", "192.0.2.1")
	for text, want := range map[string]string{"例子。中国": "http://xn--fsqu00a.xn--fiqs8s",
		"https://ＷＷＷ.例子.中国:8080/a?b=c": "https://www.xn--fsqu00a.xn--fiqs8s:8080/a?b=c",
		"http://例子.中国/首页":              "http://xn--fsqu00a.xn--fiqs8s/%E9%A6%96%E9%A1%B5"} {
		s.HomePage = text
		s.Normalise()
		require.Equal(t, want, s.HomePage)
		require.Empty(t, s.Validate(filing.BuiltIn()))
	}
}

// A form accepts exactly the characters that every bureau's reader takes, and names the first other one.
func TestCharactersOfFields(t *testing.T) {
	for text, character := range map[string]string{"张䶮": "䶮 (U+4DAE)", "5€店": "€ (U+20AC)", "𠮷田": "𠮷 (U+20BB7)",
		"笑😀": "😀 (U+1F600)"} {
		d := filingtest.Dossier()
		d.Holder.Name, d.Holder.Superior, d.Holder.Address, d.Holder.DocumentAddress = text, text, text+"路 100 号", text
		d.Holder.Manager.Name, d.Site.Name, d.Site.Remark = text, text, text
		d.Holder.Normalise()
		d.Site.Normalise()
		problems := append(d.Holder.Validate(filing.BuiltIn()), d.Site.Validate(filing.BuiltIn())...)
		require.Len(t, problems, 7, text)
		for _, p := range problems {
			require.Equal(t, "not_gbk", p.Key)
			require.Equal(t, character, p.Args["character"], p.Field)
		}
	}
	h := filingtest.PersonHolder()
	h.Name, h.Address = "阿卜杜拉•买买提", "样例路\v100 号\u00a02 单元"
	h.Normalise()
	require.Equal(t, "阿卜杜拉·买买提", h.Name)
	require.Equal(t, "样例路 100 号 2 单元", h.Address)
	require.Empty(t, h.Validate(filing.BuiltIn()))
}

// The bureau's own table wins: what it adds identifies those whose document it is by its name, and everybody if nobody
// knows the name.
func TestDocumentTypesOfTheBureausTable(t *testing.T) {
	const permit, foundation, whatever = 30, 31, 32
	tables := filing.BuiltIn()
	tables.DocumentTypes = filing.Edition([]filing.Code{{ID: filing.DocumentBusinessLicence, Name: "工商营业执照"},
		{ID: filing.DocumentResidentID, Name: "身份证"}, {ID: permit, Name: "外国人永久居留身份证"},
		{ID: foundation, Name: "基金会法人登记证书"}, {ID: whatever, Name: "样例证件"}}, tables.DocumentTypes)
	tables.Natures = filing.Edition([]filing.Code{{ID: 1, Name: "国防机构"}, {ID: 4, Name: "企业"}, {ID: 5, Name: "个人"},
		{ID: 17, Name: "基金会"}, {ID: 18, Name: "样例性质"}}, tables.Natures)
	require.Equal(t, "Foundation", tables.Natures[3].English)
	require.Equal(t, "Foreigner's permanent residence card", tables.DocumentTypes[2].English)
	require.Equal(t, "样例证件", tables.DocumentTypes[4].English)
	for nature, want := range map[int][]int{
		filing.NaturePerson:     {filing.DocumentResidentID, permit, whatever},
		filing.NatureEnterprise: {filing.DocumentBusinessLicence, whatever},
		17:                      {foundation, whatever},
		// None of its own is left, and a nature that nobody knows.
		filing.NatureDefence: {filing.DocumentBusinessLicence, filing.DocumentResidentID, permit, foundation, whatever},
		18:                   {filing.DocumentBusinessLicence, filing.DocumentResidentID, permit, foundation, whatever},
	} {
		var ids []int
		for _, c := range tables.DocumentsFor(nature) {
			ids = append(ids, c.ID)
		}
		require.Equal(t, want, ids, nature)
	}
	h := filingtest.PersonHolder()
	h.DocumentType, h.DocumentNumber = permit, "chn310198001010 01"
	h.Manager.DocumentType, h.Manager.DocumentNumber = permit, "CHN31019800101001"
	h.Normalise()
	require.Empty(t, h.Validate(tables))
	require.NotEmpty(t, h.Validate(filing.BuiltIn()))
}
