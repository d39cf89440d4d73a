package bureau_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/simulate/bureau"
)

// edited is a new filing with texts replaced, each of which must occur.
func edited(t *testing.T, id int, document, domain string, pairs ...string) string {
	t.Helper()
	content := newFiling(id, document, domain)
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, content, pairs[i])
		content = strings.Replace(content, pairs[i], pairs[i+1], 1)
	}
	return "<XZBA>" + content + "</XZBA>"
}

func TestRulesOfContent(t *testing.T) {
	const document = "310101199003070043"
	range1 := "<Ip_xx><IspIpid>2003</IspIpid><Qsip>3221225994</Qsip><Zzip>3221225994</Zzip></Ip_xx>"
	access := "<Jr_xx>" + accessXML(2002) + "</Jr_xx>"
	unit := []string{"<Dwxz>5</Dwxz>", "<Dwxz>4</Dwxz>"}
	office := "<Fzr_dhhm>021-55550123</Fzr_dhhm>"
	for code, pairs := range map[int][]string{
		1004: {"<Ym>b.example</Ym>", "<Ym>b..example</Ym>"},
		1006: {"<Qsip>3221225994</Qsip>", "<Qsip>3221225995</Qsip>"},
		1007: {"<Wz_Fzr><Fzr_xm>林样例</Fzr_xm>" + office + "<Fzr_sjhm>13900001234",
			"<Wz_Fzr><Fzr_xm>林样例</Fzr_xm>" + office + "<Fzr_sjhm>139000012345"},
		1015: {document, "310101199003070044"},
		1021: {"<Syurl>http://b.example", "<Syurl>http://www.a.example/"},
		1022: {"<Syurl>http://b.example", "<Syurl>b.example"},
		1024: {range1, range1 + strings.Replace(range1, ">3221225994</Qsip>", ">3221225990</Qsip>", 1)},
		1029: {access, access + access},
		1031: append(unit, "<Wz_Fzr><Fzr_xm>林样例</Fzr_xm>"+office, "<Wz_Fzr><Fzr_xm>林样例</Fzr_xm>"),
		1033: {"<Fwnr>", "<Nrlx><Nrlx_xx><Nrlx_id>9</Nrlx_id><Qzsph>无</Qzsph><Spwj>无</Spwj></Nrlx_xx></Nrlx><Fwnr>"},
		1034: {"<Fwnr_id>2<", "<Fwnr_id>12<"},
		1044: {"<Fzr><Fzr_xm>林样例</Fzr_xm>", "<Fzr>"},
		1066: {"<Yylb_id>1<", "<Yylb_id>10<"},
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			p := connect(t, bureau.Options{})
			p.upload(edited(t, 1, "310101199003070035", "a.example", "<Syurl>http://a.example", "<Syurl>http://www.a.example"))
			p.next()
			p.upload(edited(t, 2, document, "b.example", pairs...))
			p.refused(code, 1, "2")
			p.filed(3, document, "b.example")
		})
	}
}

func TestSiteNamesAndChangesInNumber(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	p := connect(t, bureau.Options{UniqueSiteNames: true, MaxChanges: 2, Clock: func() time.Time { return now }})
	filed := p.filed(1, "310101199003070035", "a.example")
	p.upload("<XZBA>" + newFiling(2, "310101199003070043", "b.example") + "</XZBA>")
	p.refused(1020, 1, "2")
	for range 2 {
		p.upload(change(t, filed, "310101199003070035", "d.example"))
		require.Contains(t, p.next(), "<Shjg>1</Shjg><Czlx>4</Czlx>", "it may keep its own name")
	}
	p.upload(change(t, filed, "310101199003070035", "e.example"))
	p.refused(1051, 4, one(t, filed, "Ztid"))
	now = now.Add(24 * time.Hour)
	p.upload(change(t, filed, "310101199003070035", "e.example"))
	require.Contains(t, p.next(), "<Shjg>1</Shjg><Czlx>4</Czlx>")
}

func TestResultsOnCommand(t *testing.T) {
	p := connect(t, bureau.Options{})
	p.upload(edited(t, 1, "310101199003070035", "a.example", "<Wzmc>样例网站", "<Wzmc>样例网站结果1012"))
	p.refused(1012, 1, "1")
	p.upload(edited(t, 2, "310101199003070035", "a.example", "</Syurl>", "</Syurl><Wz_Bz>结果1002</Wz_Bz>"))
	require.Contains(t, p.next(), "<Shjg>0</Shjg><Czlx>1</Czlx><Jlid>2</Jlid>")
	p.upload(edited(t, 3, "310101199003070035", "a.example", "</Syurl>", "</Syurl><Wz_Bz>结果1062</Wz_Bz>"))
	p.refused(1062, 1, "3")
	filed := p.next()
	require.Contains(t, filed, "<Shjg>1</Shjg><Czlx>1</Czlx><Jlid>3</Jlid>", "it continues to its review")
	id := one(t, filed, "Wzid")
	p.upload(strings.Replace(drop(1, id, 1, ""), "</Zxly>", "</Zxly><Zxlybz>结果1999</Zxlybz>", 1))
	p.refused(1999, 7, id)

	response, err := http.PostForm(p.url+"/commands/verdict", url.Values{"code": {"5999"}, "count": {"2"}})
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	for range 2 {
		p.upload(drop(1, id, 1, ""))
		p.refused(5999, 7, id)
	}
	p.upload(drop(1, id, 1, ""))
	require.Contains(t, p.next(), "<Zxlb>1</Zxlb><Jlid>"+id+"</Jlid>")
	require.NoError(t, p.bureau.CommandVerdicts(2054, 1))
	for _, code := range []string{"2054", "2998"} {
		p.send(`<UploadData version="V.3.0"><IP><XZBA><Xzly><Ly><IspId>1</IspId><Qsip>9</Qsip><Zzip>9</Zzip><Lydw>1</Lydw></Ly></Xzly></XZBA><Qqdwid>310001</Qqdwid></IP></UploadData>`)
		require.Contains(t, p.next(), "<Jgdm>"+code+"</Jgdm>")
	}
	require.Error(t, p.bureau.CommandVerdicts(7, 1))
	require.Error(t, p.bureau.CommandVerdicts(1002, 0))
}
