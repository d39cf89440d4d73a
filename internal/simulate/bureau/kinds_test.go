package bureau_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/simulate/bureau"
)

func change(t *testing.T, filed, document, domain string) string {
	t.Helper()
	number := one(t, filed, "Baxh")
	jr := fmt.Sprintf(
		"<Jrid>%s</Jrid><Wzfb><Fbdd>1</Fbdd></Wzfb><Wzjrfs><Jrfs>3</Jrfs></Wzjrfs><Ip_xx><IspIpid>5</IspIpid><Qsip>3221225999</Qsip><Zzip>3221225999</Zzip></Ip_xx>", one(t, filed, "Jrid"))
	return "<BGBA><Bgxx>" + holderXML("<Ztid>"+one(t, filed, "Ztid")+"</Ztid>", document, "<Baxh>"+number+"</Baxh>") +
		"<Wz_xx>" + siteXML("<Wzid>"+one(t, filed, "Wzid")+"</Wzid>", domain, jr) + "<Baxh>" + number +
		"-1</Baxh><Syurl>http://" + domain + "</Syurl></Wz_xx></Bgxx></BGBA>"
}

func drop(kind int, id string, reason int, password string) string {
	mm := ""
	if password != "" {
		mm = "<ICPmm>" + icpmm(password) + "</ICPmm>"
	}
	return fmt.Sprintf("<ZXBA><Zx_xx><Zxlb>%d</Zxlb><Jlid>%s</Jlid><Zxly>%d</Zxly>%s</Zx_xx></ZXBA>", kind, id, reason, mm)
}

func newSite(number, password string, id int, domain string) string {
	return fmt.Sprintf(
		"<XZWZ><Xzxx><Zt_xx><Ztbah>%s</Ztbah></Zt_xx><Wz_xx>%s<Syurl>http://%s</Syurl></Wz_xx><ICPmm>%s</ICPmm></Xzxx></XZWZ>",
		number, siteXML(fmt.Sprintf("<IspWzid>%d</IspWzid>", id), domain, accessXML(id+1)), domain,
		strings.ToUpper(icpmm(password)))
}

func newAccess(number, password string, id int) string {
	return fmt.Sprintf("<XZJR><Xzxx><Wz_xx><Wzbah>%s</Wzbah></Wz_xx>%s<ICPmm>%s</ICPmm></Xzxx></XZJR>", number,
		accessXML(id), icpmm(password))
}

func TestEveryKindOfRecord(t *testing.T) {
	p := connect(t, bureau.Options{Seeded: seeded()})
	filed := p.filed(1, "310101199003070035", "a.example")
	number, ztid := one(t, filed, "Baxh"), one(t, filed, "Ztid")
	password := p.bureau.PasswordOf(number)
	require.Len(t, password, 8)

	p.upload("<XZBA>" + newFiling(2, "310101199003070035", "b.example") + "</XZBA>")
	p.refused(1003, 1, "2")
	p.upload("<XZBA>" + newFiling(3, "310101199003070043", "a.example") + "</XZBA>")
	p.refused(1005, 1, "3")

	p.upload(newSite(number, "wrong", 4001, "c.example"))
	p.refused(1018, 2, number)
	p.upload(newSite("沪ICP备1号", "wrong", 4001, "c.example"))
	p.refused(1016, 2, "沪ICP备1号")
	p.upload(newSite(number, password, 4001, "c.example"))
	content := p.next()
	require.Contains(t, content, "<Shjg>1</Shjg><Czlx>2</Czlx><Jlid>4001</Jlid>")
	require.Contains(t, content, number+"-2")
	require.Contains(t, content, "a.example")

	p.upload(newAccess("沪ICP备2020000009号-1", "secret12", 5001))
	content = p.next()
	require.Contains(t, content, "<Shjg>1</Shjg><Czlx>3</Czlx><Jlid>5001</Jlid>")
	require.Contains(t, content, "<Ispid>990001</Ispid>")
	require.Contains(t, content, "<IspJrid>5001</IspJrid>")
	require.NotContains(t, content, "IspZtid")
	p.upload(newAccess("沪ICP备2020000009号-1", "secret12", 5002))
	p.refused(1038, 3, "沪ICP备2020000009号-1")
	ours := content[strings.Index(content, "<IspJrid>5001"):]
	p.upload(drop(2, one(t, ours, "Jrid"), 99, ""))
	p.refused(1026, 5, one(t, ours, "Jrid"))
	p.upload(drop(2, one(t, content, "Jrid"), 1, ""))
	p.refused(1047, 5, one(t, content, "Jrid"))
	p.upload(drop(2, one(t, ours, "Jrid"), 1, ""))
	content = p.next()
	require.Contains(t, content, "<Czlx>5</Czlx><Jlid>"+one(t, ours, "Jrid")+"</Jlid>")
	require.Contains(t, content, "<Ispid>990001</Ispid>")
	require.NotContains(t, content, "<Ispid>310001</Ispid>")
	p.upload(drop(2, one(t, filed, "Jrid"), 1, ""))
	p.refused(1025, 5, one(t, filed, "Jrid"))

	p.upload(change(t, filed, "310101199003070035", "d.example"))
	content = p.next()
	require.Contains(t, content, "<Czlx>4</Czlx><Jlid>"+ztid+"</Jlid>")
	require.Contains(t, content, "<Ym>d.example</Ym>")
	require.Contains(t, content, "3221225999")
	require.Equal(t, "1", p.call(query, "isp_querybeianstatus",
		map[string]string{"queryConditionType": "0", "queryCondition": "a.example"})["Bazt"])

	p.upload(drop(1, one(t, filed, "Wzid"), 1, ""))
	content = p.next()
	require.Contains(t, content, "<Zxlb>1</Zxlb><Jlid>"+one(t, filed, "Wzid")+"</Jlid>")
	p.upload(drop(1, one(t, filed, "Wzid"), 1, ""))
	p.refused(1050, 7, one(t, filed, "Wzid"))
	p.upload(drop(0, ztid, 1, ""))
	p.refused(1018, 6, ztid)
	p.upload(drop(0, ztid, 1, password))
	content = p.next()
	require.Contains(t, content, "<Zxlb>0</Zxlb><Jlid>"+ztid+"</Jlid>")
	p.upload(newSite(number, password, 6001, "e.example"))
	p.refused(1049, 2, number)
	p.filed(7, "310101199003070035", "a.example")

	require.Equal(t, 1, p.bureau.Accepted()[1])
	require.Equal(t, 3, p.bureau.AcceptedKeys()["2/4001"]) // wrong password, wrong number, right
	truth := p.bureau.Truth()
	require.Equal(t, bureau.Truth{RecordID: 1, Kind: 1, Code: 1001, Number: number, Sequence: 1}, truth[0])
}

func TestReviewHoldsOthersBack(t *testing.T) {
	p := connect(t, bureau.Options{ReviewAfter: -1})
	p.upload("<XZBA>" + newFiling(1, "310101199003070035", "a.example") +
		newFiling(2, "310101199003070035", "b.example") + "</XZBA>")
	require.Empty(t, p.next())
	p.decide("1-1", "approve")
	filed := p.next()
	p.decide("2", "approve")
	p.refused(1003, 1, "2")
	ztid := one(t, filed, "Ztid")
	p.upload(change(t, filed, "310101199003070035", "d.example"))
	p.upload(change(t, filed, "310101199003070035", "e.example"))
	p.refused(1017, 4, ztid)
	p.decide("4-"+ztid, "refuse")
	require.Contains(t, p.next(), "<Shjg>0</Shjg><Czlx>4</Czlx>")
	password := p.bureau.PasswordOf(one(t, filed, "Baxh"))
	p.upload(drop(0, ztid, 1, password))
	p.upload(drop(0, ztid, 1, password))
	p.refused(1027, 6, ztid)
	p.upload(drop(1, one(t, filed, "Wzid"), 1, ""))
	p.refused(1042, 7, one(t, filed, "Wzid"))
}

func TestWholeFileRefused(t *testing.T) {
	refused := func(t *testing.T, o bureau.Options) {
		p := connect(t, o)
		p.upload("<XZBA>" +
			strings.Replace(newFiling(1, "310101199003070035", "a.example"), "<Zjzs>样例路</Zjzs>", "", 1) + "</XZBA>")
		content := p.next()
		require.Contains(t, content, "<Jgdm>5001</Jgdm><Dmms>UPLOAD.xml</Dmms></Jgxx><Czlx>1</Czlx></Jg_xx>")
		require.Empty(t, p.bureau.Accepted())
		require.EqualValues(t, 1, p.bureau.Sequence())
		p.filed(1, "310101199003070035", "a.example")
	}
	t.Run("by rules", func(t *testing.T) { refused(t, bureau.Options{}) })
	t.Run("by the schema", func(t *testing.T) {
		needsSchema(t, "upload-data.xsd")
		refused(t, bureau.Options{Schema: schemas + "upload-data.xsd"})
	})
}

func TestRulesOfOptions(t *testing.T) {
	p := connect(t, bureau.Options{Province: "110000"})
	p.upload("<XZBA>" + newFiling(1, "310101199003070035", "a.example") + "</XZBA>")
	p.refused(1045, 1, "1")
	p = connect(t, bureau.Options{ReportedIPs: []string{"192.0.3.0/24"}})
	p.upload("<XZBA>" + newFiling(1, "310101199003070035", "a.example") + "</XZBA>")
	p.refused(1063, 1, "1")
	p = connect(t, bureau.Options{})
	require.NoError(t, p.bureau.PushBlacklistDomain("a.example", bureau.BlacklistAdd))
	p.next()
	p.upload("<XZBA>" + newFiling(1, "310101199003070035", "a.example") + "</XZBA>")
	p.refused(1064, 1, "1")
	require.NoError(t, p.bureau.PushBlacklistHolder("林样例", 2, "310101199003070035", bureau.BlacklistAdd))
	p.next()
	p.upload("<XZBA>" + newFiling(1, "310101199003070035", "b.example") + "</XZBA>")
	p.refused(1065, 1, "1")
	p.send(`<UploadData version="V.3.0"><ICP><XZBA>` + newFiling(2, "310101199003070043", "b.example") +
		`</XZBA><Qqdwid>7</Qqdwid></ICP></UploadData>`)
	p.refused(5003, 1, "2")
	p.send(`<UploadData version="V.2.0"><ICP><XZBA>` + newFiling(3, "310101199003070043", "b.example") +
		`</XZBA><Qqdwid>310001</Qqdwid></ICP></UploadData>`)
	p.refused(5004, 1, "3")
	p.upload("<XZBA>" + strings.Replace(newFiling(4, "310101199003070043", "b.example"), "</Baxx>",
		"<Fj><Fjxx><Fjwjgs>1</Fjwjgs><Fjyt>1</Fjyt><Fjnr>不是</Fjnr><Fjssdx><Ssdxlx>1</Ssdxlx><Ssdxbs>4</Ssdxbs></Fjssdx></Fjxx></Fj></Baxx>", 1) + "</XZBA>")
	p.refused(5010, 1, "4")
	p.upload("<XZBA>" +
		strings.Replace(newFiling(5, "310101199003070043", "b.example"), "样例网站", "样例&#x85;网站", 1) + "</XZBA>")
	p.refused(5008, 1, "5")
}

func TestAddresses(t *testing.T) {
	p := connect(t, bureau.Options{ReportedIPs: []string{}})
	block := func(from, to int) string {
		return fmt.Sprintf("<Ly><IspId>1</IspId><Qsip>%d</Qsip><Zzip>%d</Zzip><Lydw>1</Lydw></Ly>", from, to)
	}
	p.send(`<UploadData version="V.3.0"><IP><XZBA><Xzly>` + block(3221225985, 3221226239) + block(9, 8) + block(3221226000,
		3221226300) + `</Xzly></XZBA><SCBA><Scly><Ly><Id>5</Id></Ly></Scly></SCBA><Qqdwid>310001</Qqdwid></IP></UploadData>`)
	content := p.next()
	for _, code := range []string{"2998", "2002", "2003", "2055"} {
		require.Contains(t, content, "<Jgdm>"+code+"</Jgdm>")
	}
	p.filed(1, "310101199003070035", "a.example")
}

func TestStoredKinds(t *testing.T) {
	p := connect(t, bureau.Options{})
	filed := p.filed(1, "310101199003070035", "a.example")
	ztid := one(t, filed, "Ztid")
	p.upload("<XZHYD><Fjxx><Fjwjgs>1</Fjwjgs><Fjyt>1</Fjyt><Fjnr>QUJD</Fjnr><Fjssdx><Ssdxlx>1</Ssdxlx><Ssdxbs><Jlid>" +
		ztid + "</Jlid></Ssdxbs></Fjssdx></Fjxx></XZHYD>")
	p.refused(1060, 1, ztid)
	outcome :=
		"<WBACLJG><Clxx><Ym>u.example</Ym><IP>9</IP><Yys>1</Yys><Jrs>310001</Jrs><Shengid>310000</Shengid><Cljg>2</Cljg><Clyj>已停止</Clyj><Rbsj>2026-01-01</Rbsj><Clsx>2026-01-02</Clsx></Clxx></WBACLJG>"
	p.upload(outcome)
	require.Contains(t, p.next(), "<Jgdm>5005</Jgdm>")
	require.NoError(t, p.bureau.PushUnfiledSite("u.example", "192.0.2.1"))
	p.next()
	p.upload(outcome)
	require.Empty(t, p.next())
	p.upload(outcome)
	require.Contains(t, p.next(), "<Jgdm>5006</Jgdm>")
}

// Every file that the bureau sends on its own is valid; next validates it.
func TestPushedFiles(t *testing.T) {
	needsSchema(t, "download-data.xsd")
	p := connect(t, bureau.Options{Seeded: seeded()})
	filed := p.filed(1, "310101199003070035", "a.example")
	number := one(t, filed, "Baxh")
	for name, push := range map[string]func() error{
		"HMDLB domain": func() error { return p.bureau.PushBlacklistDomain("bad.example", bureau.BlacklistAdd) },
		"HMDLB holder": func() error { return p.bureau.PushBlacklistHolder("坏公司", 1, "X1", bureau.BlacklistRemove) },
		"XGTZ holder":  func() error { return p.bureau.PushNotice(number, "请整改") },
		"XGTZ site":    func() error { return p.bureau.PushNotice(number+"-1", "请整改") },
		"WBAWZLB":      func() error { return p.bureau.PushUnfiledSite("u.example", "192.0.2.1") },
		"FFJRHMD":      func() error { return p.bureau.PushIllegalAccess("u.example", "192.0.2.1") },
		"HSRW":         func() error { return p.bureau.PushVerificationTask(number) },
		"HCJG":         func() error { return p.bureau.PushCheckResult(number + "-1") },
		"ZXSJ":         func() error { return p.bureau.PushDeregistration("沪ICP备2020000009号") },
		"JCDM":         p.bureau.PushCodeTables,
		"SJTB":         func() error { return p.bureau.PushSync("") },
	} {
		require.NoError(t, push(), name)
		require.Contains(t, p.next(), "<"+strings.Fields(name)[0]+">")
	}
	require.Error(t, p.bureau.PushNotice("沪ICP备2020000009号", "请整改"))
}

// A bureau of today files a site with one registrable domain, of which a change only takes away; one of 2005 files any.
func TestDomainsOfASite(t *testing.T) {
	const document = "310101199003070035"
	second := func(content, domain string) string {
		return strings.Replace(content, "<Jr_xx>", "<Ym_xx><IspYmid>10</IspYmid><Ym>"+domain+"</Ym></Ym_xx><Jr_xx>", 1)
	}
	for _, edition := range []bureau.Edition{bureau.Edition2005, bureau.EditionToday} {
		t.Run(string(edition), func(t *testing.T) {
			p := connect(t, bureau.Options{Edition: edition, Seeded: seeded()})
			decides := func(kind int, bs string) {
				t.Helper()
				if edition == bureau.EditionToday {
					p.refused(1004, kind, bs)
				} else {
					require.Contains(t, p.next(), "<Shjg>1</Shjg>")
				}
			}
			p.upload("<XZBA>" + second(newFiling(1, document, "a.example"), "b.example") + "</XZBA>")
			decides(1, "1")
			p.upload("<XZBA>" + newFiling(2, "310101199003070043", "www.c.example") + "</XZBA>")
			decides(1, "2")
			number := seeded()[0].Number
			p.upload(second(newSite(number, "secret12", 4001, "d.example"), "e.example"))
			decides(2, number)
			require.Equal(t, edition == bureau.Edition2005, p.bureau.NumberOf("e.example") != "")

			filed := p.filed(3, "310101198505120042", "f.example")
			require.Equal(t, one(t, filed, "Baxh")+"-1", p.bureau.NumberOf("f.example"))
			p.upload(second(change(t, filed, "310101198505120042", "f.example"), "g.example"))
			decides(4, one(t, filed, "Ztid"))
			p.upload(change(t, filed, "310101198505120042", "f.example"))
			require.Contains(t, p.next(), "<Shjg>1</Shjg><Czlx>4</Czlx>")
			require.Empty(t, p.bureau.NumberOf("g.example"))
		})
	}
}
