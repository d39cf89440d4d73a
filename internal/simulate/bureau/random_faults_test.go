package bureau_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/simulate/fault"
)

func (p *provider) decide(record, verdict string) {
	p.t.Helper()
	p.form("/records/"+record+"/"+verdict, nil)
}

func (p *provider) form(path string, values url.Values) {
	p.t.Helper()
	r, err := http.PostForm(p.url+path, values)
	require.NoError(p.t, err)
	require.NoError(p.t, r.Body.Close())
	require.Equal(p.t, http.StatusOK, r.StatusCode)
}

func TestQueryAndVerify(t *testing.T) {
	p := connect(t, bureau.Options{Seeded: seeded()})
	ask := func(kind, condition string) string {
		return p.call(query, "isp_querybeianstatus",
			map[string]string{"queryConditionType": kind, "queryCondition": condition})[""]
	}
	require.Contains(t, ask("0", "elsewhere.example"),
		"<StatusInfo><Cxtjlx>0</Cxtjlx><Cxtj>elsewhere.example</Cxtj><Wzmc>他处网站</Wzmc><Ztbah>沪ICP备2020000009号</Ztbah><Wzbah>沪ICP备2020000009号-1</Wzbah><Bazt>0</Bazt></StatusInfo>")
	require.Contains(t, ask("1", "91310101MA1FP1111X"),
		"<Cxtj>91310101MA1FP1111X</Cxtj><Ztbah>沪ICP备2020000009号</Ztbah><Bazt>0</Bazt>")
	require.Contains(t, ask("2", "91310101MA1FP1111X"), "<Cxtj>91310101MA1FP1111X</Cxtj><Bazt>1</Bazt>")
	check := func(password string) map[string]string {
		return p.call(verify, "isp_verifybamm", map[string]string{"baxh": "沪ICP备2020000009号", "bamm": password})
	}
	require.Equal(t, "0", check("secret12")["VerifyRes"])
	for range 5 {
		require.Equal(t, "1", check("wrong")["VerifyRes"])
	}
	require.Equal(t, "22", check("secret12")["msg_code"])
	for method, path := range map[string]string{"isp_querybeianstatus": query, "isp_verifybamm": verify} {
		p.bureau.Faults.Set(fault.Fault{Operation: method, Mode: fault.Fail, Code: "12", Times: 1})
		require.Equal(t, "12", p.call(path, method, nil)["msg_code"])
	}
}

func TestDownloadFaults(t *testing.T) {
	p := connect(t, bureau.Options{})
	download := func(code string) map[string]string {
		p.bureau.Faults.Set(fault.Fault{Operation: "isp_download", Mode: fault.Fail, Code: code, Times: 1})
		return p.call(report, "isp_download", nil)
	}
	first := p.filed(1, "310101199003070035", "a.example")
	require.Equal(t, first, unpack(t, download("duplicate")))
	require.NoError(t, p.bureau.PushNotice(one(t, first, "Baxh"), "一"))
	require.NoError(t, p.bureau.PushNotice(one(t, first, "Baxh"), "二"))
	require.Contains(t, unpack(t, download("outoforder")), "二")
	require.Equal(t, "2", download("late")["msg_code"])
	require.Contains(t, unpack(t, download("depth")), strings.Repeat("<ICP>", 200))
	require.Less(t, len(download("bomb")["beianInfo"]), 1<<20)
	require.NotEmpty(t, download("truncated")["beianInfo"])
	require.Contains(t, unpack(t, download("encoding")), "�")
	require.Contains(t, p.next(), "一")
	require.Contains(t, p.next(), "二")
	require.Empty(t, p.next())
}

func TestGapForgetsTheLastFile(t *testing.T) {
	p := connect(t, bureau.Options{ReviewAfter: -1})
	p.upload("<XZBA>" + newFiling(1, "310101199003070035", "a.example") + "</XZBA>")
	p.bureau.Faults.Set(fault.Fault{Operation: "isp_upload", Mode: fault.Fail, Code: "gap", Times: 1})
	params := packed(t, "<UploadData/>")
	params["dataSequence"] = "2"
	answer := p.call(report, "isp_upload", params)
	require.Equal(t, "14", answer["msg_code"])
	require.Equal(t, "1", answer["dataSequence"])
	require.Empty(t, p.bureau.Accepted())
	p.sequence--
	p.upload("<XZBA>" + newFiling(1, "310101199003070035", "a.example") + "</XZBA>")
	require.Equal(t, map[int64]int{1: 1}, p.bureau.Accepted())
	require.Len(t, p.bureau.Truth(), 1)
	p.decide("1", "approve")
	require.NotEmpty(t, p.next())
	block :=
		`<UploadData version="V.3.0"><IP><XZBA><Xzly><Ly><IspId>1</IspId><Qsip>8</Qsip><Zzip>9</Zzip><Lydw>1</Lydw></Ly></Xzly></XZBA><Qqdwid>310001</Qqdwid></IP></UploadData>`
	p.send(block)
	first := p.next()
	p.bureau.Faults.Set(fault.Fault{Operation: "isp_upload", Mode: fault.Fail, Code: "gap", Times: 1})
	params["dataSequence"] = "3"
	require.Equal(t, "2", p.call(report, "isp_upload", params)["dataSequence"])
	p.sequence--
	p.send(block)
	require.Equal(t, first, p.next())
}

func TestHours(t *testing.T) {
	for at, code := range map[string]string{"2026-03-02T08:59:00+08:00": "20", "2026-03-02T09:00:00+08:00": "0",
		"2026-03-02T17:30:00+08:00": "20"} {
		p := connect(t, bureau.Options{Hours: "09:00-17:30", Clock: clockAt(at)})
		params := packed(t, `<UploadData version="V.3.0"><ICP><XZBA>`+newFiling(1, "310101199003070035", "a.example")+
			`</XZBA><Qqdwid>310001</Qqdwid></ICP></UploadData>`)
		params["dataSequence"] = "1"
		require.Equal(t, code, p.call(report, "isp_upload", params)["msg_code"], at)
	}
}

func TestRandomFaultsAreRepeatable(t *testing.T) {
	run := func() (list []string) {
		p := connect(t, bureau.Options{Random: &bureau.RandomFaults{Seed: 7, Rate: 0.5}})
		for range 60 {
			answer, err := p.try(report, "isp_download", nil)
			list = append(list, fmt.Sprint(answer["msg_code"], err != nil))
		}
		return list
	}
	require.Equal(t, run(), run())
}

func TestPageAndCommands(t *testing.T) {
	p := connect(t, bureau.Options{ReviewAfter: -1, Seeded: seeded()})
	p.upload("<XZBA>" + newFiling(1, "310101199003070035", "a.example") + "</XZBA>")
	p.form("/records/1-1/approve", nil)
	p.form("/commands/notice", url.Values{"number": {"沪ICP备2020000009号"}, "text": {"请整改"}})
	p.form("/commands/codes", nil)
	for range 3 {
		require.NotEmpty(t, p.next())
	}
	r, err := http.Get(p.url)
	require.NoError(t, err)
	defer r.Body.Close()
	page, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	for _, part := range []string{"新增备案", "他处网站 elsewhere.example", "secret12", "/commands/sync", "</html>"} {
		require.Contains(t, string(page), part)
	}
}

func TestStateSurvives(t *testing.T) {
	o := bureau.Options{ReviewAfter: -1, StateFile: filepath.Join(t.TempDir(), "state.json"), Seeded: seeded()}
	p := connect(t, o)
	p.upload("<XZBA>" + newFiling(1, "310101199003070035", "a.example") +
		newFiling(2, "310101199003070043", "b.example") + "</XZBA>")
	p.decide("1", "approve")
	again := connect(t, o)
	again.sequence = 1
	filed := again.next()
	again.decide("2", "approve")
	require.NotEmpty(t, again.next())
	again.upload(newSite(one(t, filed, "Baxh"), again.bureau.PasswordOf(one(t, filed, "Baxh")), 3001, "c.example"))
	again.decide("2-3001", "approve")
	require.Contains(t, again.next(), "c.example")
	require.Equal(t, p.bureau.PasswordOf("沪ICP备2020000009号"), again.bureau.PasswordOf("沪ICP备2020000009号"))
}

// Ten thousand filings in ten files are decided and downloaded in seconds.
func TestTenThousandFilings(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	schemas = "/nonexistent/" // not what is measured here
	t.Cleanup(func() { schemas = "../../../../shared/bureau-spec/" })
	p := connect(t, bureau.Options{})
	start := time.Now()
	for file := range 10 {
		var b strings.Builder
		for i := range 1000 {
			id := file*1000 + i + 1
			b.WriteString(newFiling(id, fmt.Sprintf("3101011990%08d", id), fmt.Sprintf("d%d.example", id)))
		}
		p.upload("<XZBA>" + b.String() + "</XZBA>")
		require.Contains(t, p.next(), "<BASJ>")
	}
	require.Len(t, p.bureau.Accepted(), 10000)
	require.Less(t, time.Since(start), time.Minute)
}
