package bureau_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

// recordsOfEachKind are records whose files are in testdata.
func recordsOfEachKind() map[string]bureau.Record {
	subject := filing.Subject{
		HolderID: 9001, HolderNumber: "沪ICP备2026000001号", SiteID: 9101, SiteNumber: "沪ICP备2026000001号-1", AccessID: 9201,
		DomainIDs: map[string]int64{"www.example.com": 9301}, AddressIDs: map[string]int64{"192.0.2.10": 9401},
	}
	d := filingtest.Dossier()
	d.Site.PreApprovals, d.Site.Remark = []int{1, 3}, "备注 <&>"
	papers := []bureau.Paper{{Format: 1, Purpose: 2, Content: []byte("paper"), Remark: "营业执照"},
		{Format: 1, Purpose: 5, Content: []byte("site"), OfSite: true}}
	list := map[string]bureau.Record{}
	for _, kind := range []filing.Kind{filing.KindNew, filing.KindNewSite, filing.KindNewAccess, filing.KindChange,
		filing.KindCancelAccess, filing.KindEndHolder, filing.KindEndSite} {
		r := bureau.Record{ID: 7, Dossier: d, Papers: papers}
		r.Dossier.Kind = kind
		switch kind {
		case filing.KindNewSite:
			r.Dossier.OwnershipProof = filing.OwnershipProof{Number: subject.HolderNumber, Password: "filing-password"}
		case filing.KindNewAccess:
			r.Dossier.OwnershipProof = filing.OwnershipProof{Number: subject.SiteNumber, Password: "filing-password"}
		case filing.KindChange:
			r.Dossier.Subject = subject
			r.Dossier.Site.Domains = append(r.Dossier.Site.Domains, "new.example.com")
		case filing.KindCancelAccess, filing.KindEndHolder, filing.KindEndSite:
			r.Dossier.Subject, r.Dossier.Ending = subject, filing.Ending{Reason: 3, Note: "更换接入商"}
			r.Dossier.OwnershipProof.Password = "filing-password"
		}
		list[string(kind)] = r
	}
	return list
}

// golden compares with the bytes in testdata; BEIAN_GOLDEN=write replaces them.
func golden(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("BEIAN_GOLDEN") == "write" {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, content, 0o644))
	}
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(kept), string(content),
		"the bytes of a record changed: what was packed before must stay the same")
}

func TestEveryKindOfRecord(t *testing.T) {
	for name, record := range recordsOfEachKind() {
		t.Run(name, func(t *testing.T) {
			content, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{record})
			require.NoError(t, err)
			require.Empty(t, unfit)
			require.NotContains(t, string(content), "filing-password", "a filing password is sent hashed")
			golden(t, "upload-"+name+".xml", content)
			require.True(t, bureau.Holds(content, version, 310001, record))
			other := record
			other.ID = 8
			if !record.Dossier.Kind.Ends() {
				require.False(t, bureau.Holds(content, version, 310001, other))
				ids, err := bureau.RecordIDs(content)
				require.NoError(t, err)
				require.Equal(t, []int64{7}, ids)
			}
			schema(t, "upload-data.xsd", content)
		})
	}
}

// Without a filing password only a new access has the element, which the interface requires, and deregistering a holder
// where the bureau wants a fixed value.
func TestRecordsWithoutFilingPassword(t *testing.T) {
	for name, record := range recordsOfEachKind() {
		for _, fixed := range []string{"", "0"} {
			record.Dossier.OwnershipProof.Password, record.ICPmm = "", fixed
			content, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{record})
			require.NoError(t, err)
			require.Empty(t, unfit, name)
			kind := record.Dossier.Kind
			wants := kind == filing.KindNewAccess || kind == filing.KindEndHolder && fixed != ""
			require.Equal(t, wants, strings.Contains(string(content), "<ICPmm>"+fixed+"</ICPmm>"), name)
			require.Equal(t, wants, strings.Contains(string(content), "ICPmm"), name)
			if kind != filing.KindNewAccess || fixed != "" {
				schema(t, "upload-data.xsd", content)
			}
		}
	}
}

func TestAllKindsShareAFile(t *testing.T) {
	var list []bureau.Record
	id := int64(0)
	for _, r := range recordsOfEachKind() {
		id++
		r.ID = id
		list = append(list, r)
	}
	content, unfit, err := bureau.BuildRecords(version, 310001, list)
	require.NoError(t, err)
	require.Empty(t, unfit)
	schema(t, "upload-data.xsd", content)
}

func TestStaffsRecords(t *testing.T) {
	day := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)
	data, err := bureau.ParseDownload([]byte(filedTask))
	require.NoError(t, err)
	require.Len(t, data.Tasks, 1)
	records := []bureau.StaffRecord{
		{ID: 1, Verification: &bureau.Verification{Who: "林核实", Opinion: "信息有误", Faults: "电话不通", At: day,
			Task: data.Tasks[0]}},
		{ID: 2, Unfiled: &bureau.UnfiledResult{Domain: "www.example.com", IP: 3221225994, Operator: 1, Province: 310000,
			Result: 1, Opinion: "已关闭", Listed: day, Due: day}},
		{ID: 3, Paper: &bureau.PaperOf{Paper: bureau.Paper{Format: 1, Purpose: 1, Content: []byte("sheet")},
			Subject: filing.Subject{HolderID: 9001}}},
	}
	content, unfit, err := bureau.BuildStaffRecords(version, 310001, records)
	require.NoError(t, err)
	require.Empty(t, unfit)
	golden(t, "upload-staff.xml", content)
	schema(t, "upload-data.xsd", content)
	ids, err := bureau.RecordIDs(content)
	require.NoError(t, err)
	require.Empty(t, ids)
	for _, r := range records {
		require.True(t, bureau.HoldsStaffs(content, version, 310001, r))
	}
	other := *records[1].Unfiled
	other.Result = 2
	require.False(t, bureau.HoldsStaffs(content, version, 310001, bureau.StaffRecord{Unfiled: &other}))

	foreign := *records[1].Unfiled
	foreign.Opinion = "已关闭😀"
	content, unfit, err = bureau.BuildStaffRecords(version, 310001, []bureau.StaffRecord{
		{ID: 4, Unfiled: &bureau.UnfiledResult{Domain: "x"}}, {ID: 5, Unfiled: &foreign}, {ID: 6}, records[1],
	})
	require.NoError(t, err)
	require.Equal(t,
		map[int64]int{4: bureau.CodeSchema, 5: bureau.CodeIllegalCharacters, 6: bureau.CodeSchema}, codesOf(unfit))
	schema(t, "upload-data.xsd", content)
	content, unfit, err = bureau.BuildStaffRecords(version, 310001, []bureau.StaffRecord{{ID: 6}})
	require.NoError(t, err)
	require.Nil(t, content)
	require.Len(t, unfit, 1)
}

func TestAddressBlocks(t *testing.T) {
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, bureau.China)
	blocks := []bureau.AddressBlock{
		{Operation: bureau.AddAddresses, ID: 1, From: 3221225984, To: 3221226239, Source: 100, Remark: "来源"},
		{Operation: bureau.AddAddresses, ID: 2, From: 3221225984, To: 3221226239, Use: bureau.UsedByProvider, Since: since},
		{Operation: bureau.ChangeAddresses, ID: 3, BureauID: 5, From: 3221225984, To: 3221226111, Use: bureau.Reserved,
			Since: since},
		{Operation: bureau.ChangeAddresses, ID: 4, BureauID: 6, From: 3221225984, To: 3221226111, Source: 100},
		{Operation: bureau.RemoveAddresses, ID: 5, BureauID: 7, Source: 100},
		{Operation: bureau.RemoveAddresses, ID: 6, BureauID: 8},
	}
	content, unfit, err := bureau.BuildAddresses(version, 310001, blocks)
	require.NoError(t, err)
	require.Empty(t, unfit)
	golden(t, "upload-addresses.xml", content)
	schema(t, "upload-data.xsd", content)
	for _, b := range blocks {
		require.True(t, bureau.HoldsAddresses(content, version, 310001, b))
		alone, _, err := bureau.BuildAddresses(version, 310001, []bureau.AddressBlock{b})
		require.NoError(t, err)
		schema(t, "upload-data.xsd", alone)
		for _, other := range blocks {
			require.Equal(t, b.ID == other.ID, bureau.HoldsAddresses(alone, version, 310001, other))
		}
	}
	ids, err := bureau.AddressIDs(content)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2}, ids)
	ids, err = bureau.RecordIDs(content)
	require.NoError(t, err)
	require.Empty(t, ids, "blocks are no filings")

	_, _, err = bureau.BuildAddresses(version, 310001, nil)
	require.Error(t, err)
	content, unfit, err = bureau.BuildAddresses(version, 310001, []bureau.AddressBlock{
		{ID: 1}, {ID: 2, Operation: bureau.AddAddresses, Use: 9, From: 1, To: 2}, {ID: 3, Operation: bureau.RemoveAddresses},
		{ID: 4, Operation: bureau.ChangeAddresses, From: 1, To: 2, Source: 1},
		{ID: 5, Operation: bureau.AddAddresses, From: 1, To: 2, Source: 1, Remark: "😀"},
	})
	require.NoError(t, err)
	require.Nil(t, content)
	require.Equal(t, map[int64]int{1: 5001, 2: 5001, 3: 5001, 4: 5001, 5: 5008}, codesOf(unfit))
}

// Records that would violate the schema are reported and not submitted.
func TestWhatBreaksTheSchemaIsFound(t *testing.T) {
	for name, spoil := range map[string]func(*filing.Dossier){
		"name":     func(d *filing.Dossier) { d.Holder.Name = "" },
		"region":   func(d *filing.Dossier) { d.Holder.City = "31" },
		"mobile":   func(d *filing.Dossier) { d.Holder.Manager.Mobile = "139" },
		"domains":  func(d *filing.Dossier) { d.Site.Domains = nil },
		"services": func(d *filing.Dossier) { d.Site.Services = []int{65} },
		"kind":     func(d *filing.Dossier) { d.Kind = "?" },
		"home":     func(d *filing.Dossier) { d.Site.HomePage = "x" },
	} {
		good, bad := bureau.Record{ID: 1, Dossier: filingtest.Dossier()}, bureau.Record{ID: 2, Dossier: filingtest.Dossier()}
		spoil(&bad.Dossier)
		content, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{good, bad})
		require.NoError(t, err, name)
		require.Equal(t, map[int64]int{2: bureau.CodeSchema}, codesOf(unfit), name)
		require.NotEmpty(t, content, name)
	}
}

// Any dossier within our limits is within the ministry's.
func TestWhatFitsPassesTheSchema(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		kinds := recordsOfEachKind()
		record := kinds[rapid.SampledFrom([]string{"new", "new_site", "new_access", "change", "end_holder"}).Draw(r, "kind")]
		text := rapid.StringOfN(rapid.SampledFrom([]rune("林测试ABc1 <&\"'>;，—")), 0, 300, -1)
		record.Dossier.Holder.Name = text.Draw(r, "name")
		record.Dossier.Holder.Superior = text.Draw(r, "superior")
		record.Dossier.Holder.Manager.OfficePhone = rapid.StringMatching(`\d{0,14}`).Draw(r, "phone")
		record.Dossier.Site.Name = text.Draw(r, "site")
		record.Dossier.Site.Services = rapid.SliceOfN(rapid.IntRange(0, 70), 0, 4).Draw(r, "services")
		record.Dossier.Ending.Note = text.Draw(r, "note")
		content, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{record})
		require.NoError(r, err)
		if len(unfit) == 0 {
			schema(t, "upload-data.xsd", content)
		}
	})
}

func TestFileNamesCarryTheSequence(t *testing.T) {
	name := bureau.FileName(310001, 42)
	require.Regexp(t, `^[A-Za-z0-9]{1,128}$`, name)
	for _, text := range []string{name, name + ".xml", " " + name} {
		sequence, ok := bureau.SequenceOf(text)
		require.True(t, ok, text)
		require.EqualValues(t, 42, sequence)
	}
	_, ok := bureau.SequenceOf("beian.xml")
	require.False(t, ok)
}

func TestHours(t *testing.T) {
	at := func(clock string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-24 "+clock, bureau.China)
		require.NoError(t, err)
		return at
	}
	hours, err := bureau.ParseHours("09:00-17:30")
	require.NoError(t, err)
	require.Equal(t, at("09:00"), hours.Next(at("03:00")))
	require.Equal(t, at("12:00"), hours.Next(at("12:00")))
	require.Equal(t, at("09:00").Add(24*time.Hour), hours.Next(at("17:30")))
	night, err := bureau.ParseHours("22:00-06:00")
	require.NoError(t, err)
	require.Equal(t, at("23:00"), night.Next(at("23:00")))
	require.Equal(t, at("22:00"), night.Next(at("06:00")))
	for _, bad := range []string{"9", "09:00-09:00", "24:30-25:00"} {
		_, err := bureau.ParseHours(bad)
		require.Error(t, err, bad)
	}

	closed := bureau.Answer{Code: bureau.CodeHours, Message: "请您在规定的时间段内进行报备，报备时间为：08:30至12:00"}
	require.Equal(t, at("08:30").Add(24*time.Hour), closed.ResumeAt(at("13:00"), hours), "the answer's hours win")
	closed.Message = "请您在规定的时间段内进行报备"
	require.Equal(t, at("09:00"), closed.ResumeAt(at("07:00"), hours), "or else the settings'")
	require.True(t, closed.ResumeAt(at("10:00"), hours).After(at("10:00")))
	for _, code := range []int{bureau.CodeBusy, 901, 902, bureau.CodeOther} {
		require.True(t, bureau.Answer{Code: code}.ResumeAt(at("10:00"), hours).After(at("10:00")), code)
	}
}

const filedTask = `<DownloadData version="V.3.0"><ICP><HSRW><Baxx><Zt_xx><Ztid>9001</Ztid><Dwmc>林测试</Dwmc><Dwxz>5</Dwxz>` +
	`<Txdz><Shengid>310000</Shengid><Shiid>310100</Shiid><Xianid>310101</Xianid><Xxdz>样例路 100 号</Xxdz></Txdz>` +
	`<Zj><Zjlx>2</Zjlx><Zjhm>310101199003070035</Zjhm><Zjzs>上海市黄浦区</Zjzs></Zj>` +
	`<Fzr><Fzr_xm>林测试</Fzr_xm><Fzr_sjhm>13900001234</Fzr_sjhm><Fzr_dzyj>lin@example.com</Fzr_dzyj></Fzr><Bbyhlx>1</Bbyhlx><Scbbsj>2026-11-01</Scbbsj></Zt_xx>` +
	`<Wz_xx><Wzid>9101</Wzid><Wzmc>读书笔记</Wzmc><Fwnr><Fwnr_id>2</Fwnr_id></Fwnr><Ym_xx><Ymid>9301</Ymid><Ym>www.example.com</Ym></Ym_xx>` +
	`<Jr_xx><Jrid>9201</Jrid><Wzfb><Fbdd>9</Fbdd></Wzfb><Wzjrfs><Jrfs>3</Jrfs></Wzjrfs><Ip_xx><Ipid>9401</Ipid><Qsip>3221225994</Qsip><Zzip>3221225994</Zzip></Ip_xx>` +
	`<Bbyhid>310001</Bbyhid><Bbyhlx>1</Bbyhlx></Jr_xx><Wz_Fzr><Fzr_xm>林测试</Fzr_xm><Fzr_sjhm>13900001234</Fzr_sjhm><Fzr_dzyj>lin@example.com</Fzr_dzyj></Wz_Fzr>` +
	`<Syurl>http://www.example.com/</Syurl></Wz_xx></Baxx></HSRW></ICP></DownloadData>`

// The scans for a pre-approval content are submitted with it, at most ten, with its number; they aren't attachments.
func TestApprovalsCarryTheirPapers(t *testing.T) {
	r := bureau.Record{ID: 7, Dossier: filingtest.Dossier()}
	r.Dossier.Site.PreApprovals = []int{3, 7}
	r.Dossier.Site.ApprovalNumbers = map[int]string{3: "沪教 2026-1 号"}
	for range 3 {
		r.Papers = append(r.Papers, bureau.Paper{Format: 1, Approval: 3, Content: []byte("scan")})
	}
	content, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{r})
	require.NoError(t, err)
	require.Empty(t, unfit)
	schema(t, "upload-data.xsd", content)
	text := string(bureau.Text(content))
	require.Contains(t, text,
		"<Nrlx_id>3</Nrlx_id><Qzsph>沪教 2026-1 号</Qzsph><Spwj>c2Nhbg==</Spwj><Spwj>c2Nhbg==</Spwj><Spwj>c2Nhbg==</Spwj>")
	require.Contains(t, text, "<Nrlx_id>7</Nrlx_id><Qzsph>-</Qzsph><Spwj>-</Spwj>", "the schema requires both")
	require.NotContains(t, text, "<Fjxx>")
	for range 8 {
		r.Papers = append(r.Papers, r.Papers[0])
	}
	_, unfit, err = bureau.BuildRecords(version, 310001, []bureau.Record{r})
	require.NoError(t, err)
	require.Equal(t, map[int64]int{7: bureau.CodeSchema}, codesOf(unfit))
}

// A new access identifies the site by the number whose ownership was proved, and its holder by the number without the
// site's index.
func TestPapersOfANewAccessNameTheirOwner(t *testing.T) {
	r := recordsOfEachKind()["new_access"]
	content, _, err := bureau.BuildRecords(version, 310001, []bureau.Record{r})
	require.NoError(t, err)
	text := string(bureau.Text(content))
	require.Contains(t, text, "<Ssdxlx>1</Ssdxlx><Ssdxbs><Baxh>沪ICP备2026000001号</Baxh></Ssdxbs>")
	require.Contains(t, text, "<Ssdxlx>2</Ssdxlx><Ssdxbs><Baxh>沪ICP备2026000001号-1</Baxh></Ssdxbs>")
}
