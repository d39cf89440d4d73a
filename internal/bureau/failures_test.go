package bureau_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

// A call that doesn't get through is an error, never an answer.
func TestCallsThatDontGetThrough(t *testing.T) {
	ctx := t.Context()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("x"))
	}))
	t.Cleanup(cut.Close)
	for name, c := range map[string]struct {
		cfg               bureau.Config
		call, certificate string
	}{
		"nobody answers": {bureau.Config{BaseURL: gone.URL, Password: "p"}, "can't be reached", "can't be reached"},
		"a cut answer":   {bureau.Config{BaseURL: cut.URL, Password: "p"}, "interrupted", "interrupted"},
		"a password that GBK lacks": {bureau.Config{BaseURL: cut.URL, Password: "😀"}, "not in GBK",
			"interrupted"},
		"no URL": {bureau.Config{BaseURL: "http://[::1", Password: "p"}, "missing ']'", "malformed"},
		"a short key": {bureau.Config{BaseURL: cut.URL, Password: "p", Encrypt: true, Key: []byte("short"),
			IV: []byte("0102030405060708")}, "16 bytes", "interrupted"},
		"a short IV": {bureau.Config{BaseURL: cut.URL, Password: "p", Encrypt: true, Key: []byte("abcdefghijklmnop"),
			IV: []byte("0102")}, "16 bytes", "interrupted"},
	} {
		client := bureau.New(c.cfg)
		_, err := client.Upload(ctx, 1, []byte("zip"))
		require.ErrorContains(t, err, c.call, name)
		_, err = client.FetchCertificate(ctx, "/1")
		require.ErrorContains(t, err, c.certificate, name)
		if c.cfg.Encrypt {
			continue
		}
		_, _, err = client.Download(ctx)
		require.Error(t, err, name)
		_, err = client.DownloadAck(ctx, "F")
		require.Error(t, err, name)
		_, _, err = client.QueryPreviousUpload(ctx)
		require.Error(t, err, name)
		_, _, err = client.QueryStatus(ctx, 0, "example.com")
		require.Error(t, err, name)
		_, _, err = client.VerifyPassword(ctx, "n", "p")
		require.Error(t, err, name)
	}
}

// Refused queries say with which code, and successful ones too.
func TestCodesOfQueriesAreReturned(t *testing.T) {
	s, c := scripted(t)
	ctx := t.Context()
	s.answer = returns(19, "")
	_, a, err := c.Download(ctx)
	require.NoError(t, err)
	require.Equal(t, 19, a.Code)
	_, a, err = c.QueryPreviousUpload(ctx)
	require.NoError(t, err)
	require.Equal(t, 19, a.Code)
	_, a, err = c.QueryStatus(ctx, 0, "example.com")
	require.NoError(t, err)
	require.Equal(t, 19, a.Code)
	for _, state := range []string{"0", "1"} {
		s.answer = returns(1, "<StatusInfo><Bazt>"+state+"</Bazt></StatusInfo><VerifyRes>"+state+"</VerifyRes>")
		_, a, err = c.QueryStatus(ctx, 0, "example.com")
		require.NoError(t, err)
		require.Equal(t, 1, a.Code)
		_, a, err = c.VerifyPassword(ctx, "n", "p")
		require.NoError(t, err)
		require.Equal(t, 1, a.Code)
	}
	for _, deep := range []string{strings.Repeat("<a>", 32) + strings.Repeat("</a>", 32), ""} {
		s.answer = returns(0, deep)
		_, err = c.Upload(ctx, 1, []byte("zip"))
		require.Equal(t, deep != "", err != nil, "33 elements deep, and one")
	}
	s.answer = returns(0, strings.Repeat("<a>", 31)+strings.Repeat("</a>", 31))
	_, err = c.Upload(ctx, 1, []byte("zip"))
	require.NoError(t, err, "32 deep")
	s.answer = "<!DOCTYPE a><return><msg_code>0</msg_code></return>"
	_, err = c.Upload(ctx, 1, []byte("zip"))
	require.ErrorContains(t, err, "not the XML of the interface")
}

func TestDamagedFilesAreAskedForAgain(t *testing.T) {
	s := &script{status: http.StatusOK}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	c := bureau.New(bureau.Config{BaseURL: server.URL, Password: "p", Encrypt: true, Key: []byte("abcdefghijklmnop"),
		IV: []byte("0102030405060708")})
	for _, sealed := range []string{"", "AAAA", "!", base64Of(make([]byte, 16)), base64Of(make([]byte, 17))} {
		s.answer = returns(0, `<fileInfos><encryptAlgorithm>1</encryptAlgorithm><beianInfo> `+sealed+
			` </beianInfo><beianInfoHash>AAAA</beianInfoHash></fileInfos>`)
		_, _, err := c.Download(t.Context())
		require.ErrorIs(t, err, bureau.ErrHash, sealed)
	}
	_, err := bureau.Unzip([]byte("no zip"))
	require.ErrorContains(t, err, "not a zip")
	zipped, err := bureau.Pack("x", []byte(strings.Repeat("content", 100)))
	require.NoError(t, err)
	zipped[40] ^= 0xff
	_, err = bureau.Unzip(zipped)
	require.ErrorContains(t, err, "damaged")
}

// Each kind reports what it can't hold by the bureau's own code.
func TestUnfitRecordsOfEachKind(t *testing.T) {
	kinds := []filing.Kind{"", filing.KindNew, filing.KindNewSite, filing.KindNewAccess, filing.KindChange}
	for _, kind := range kinds {
		right := func() filing.Dossier {
			d := filingtest.Dossier()
			d.Kind = kind
			d.OwnershipProof = filing.OwnershipProof{Number: "沪ICP备05000940号-1", Password: "p"}
			d.Subject = filing.Subject{HolderID: 1, HolderNumber: "沪ICP备05000940号", SiteID: 2,
				SiteNumber: "沪ICP备05000940号-1", AccessID: 3}
			return d
		}
		for code, spoil := range map[int]func(*filing.Dossier){
			0:                            func(*filing.Dossier) {},
			bureau.CodeInvalidIP:         func(d *filing.Dossier) { d.Site.IPs = append(d.Site.IPs, "x") },
			bureau.CodeSchema:            func(d *filing.Dossier) { d.Site.ServerPlace = 65 },
			bureau.CodeIllegalCharacters: func(d *filing.Dossier) { d.OwnershipProof.Number = "沪\v"; d.Site.Name = "a\vb" },
		} {
			if code == bureau.CodeIllegalCharacters && kind == filing.KindNewAccess {
				continue // it has no free text
			}
			d := right()
			spoil(&d)
			_, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{{ID: 7, Dossier: d}})
			require.NoError(t, err)
			require.Equal(t, code, unfit[7].Code, "%s %d", kind, code)
		}
	}
	require.Equal(t, [4]int{5001, 5008, 1006, 5010}, [4]int{bureau.CodeSchema, bureau.CodeIllegalCharacters,
		bureau.CodeInvalidIP, bureau.CodePapers}, "the interface's numbers (3-5)")
	_, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{{ID: 7,
		Dossier: filing.Dossier{Kind: filing.KindRegister}}})
	require.NoError(t, err)
	require.Equal(t, bureau.CodeSchema, unfit[7].Code, "it has no record")
}

func TestIDsOfEachPart(t *testing.T) {
	for parts, want := range map[string][]int64{
		"<IspZtid>7</IspZtid>": {7}, "<IspWzid>7001</IspWzid>": {7}, "<IspZtid>7</IspZtid><IspWzid>7001</IspWzid>": {7},
		"<IspZtid>7</IspZtid><IspJrid>8002</IspJrid>": {7, 8}, "<IspWzid>999</IspWzid>": nil, "<IspZtid>0</IspZtid>": nil,
		"<IspWzid>-5000</IspWzid>": nil, "<IspWzid>x</IspWzid>": nil, "<IspZtid>99999999999999999999</IspZtid>": nil, "<Wzid>7001</Wzid>": nil, "<IspZtid>1</IspZtid>": {1},
	} {
		ids, err := bureau.RecordIDs([]byte("<UploadData><ICP><XZBA>" + parts + "</XZBA></ICP></UploadData>"))
		require.NoError(t, err)
		require.Equal(t, want, ids, parts)
	}
	ids, err := bureau.AddressIDs([]byte("<UploadData><IP><IspId>3</IspId><Id>4</Id><IspId>0</IspId><IspId>x</IspId></IP></UploadData>"))
	require.NoError(t, err)
	require.Equal(t, []int64{3}, ids)
}

// Whether a record is in a file is decided by its section, too.
func TestARecordIsLookedForInItsSection(t *testing.T) {
	subject := filing.Subject{HolderID: 5, SiteID: 5, AccessID: 5}
	list := []bureau.Record{{ID: 1, Dossier: filing.Dossier{Kind: filing.KindEndSite, Subject: subject,
		Ending: filing.Ending{Reason: 1}}}}
	file, unfit, err := bureau.BuildRecords(version, 310001, list)
	require.NoError(t, err)
	require.Empty(t, unfit)
	require.True(t, bureau.Holds(file, version, 310001, list[0]))
	other := list[0]
	other.Dossier.Kind = filing.KindEndHolder
	require.False(t, bureau.Holds(file, version, 310001, other))
	require.False(t, bureau.Holds(file, version, 310001, records()[0]), "another section")
	require.False(t, bureau.Holds([]byte("<a>"), version, 310001, list[0]), "no file")
	unfitting := records()[0]
	unfitting.Dossier.Site.Name = ""
	require.False(t, bureau.Holds(file, version, 310001, unfitting), "what can't be written is in no file")
	removal := func(source int64) bureau.AddressBlock {
		return bureau.AddressBlock{Operation: bureau.RemoveAddresses, BureauID: 9, Source: source}
	}
	file, _, err = bureau.BuildAddresses(version, 310001, []bureau.AddressBlock{removal(0)})
	require.NoError(t, err)
	require.True(t, bureau.HoldsAddresses(file, version, 310001, removal(0)))
	require.False(t, bureau.HoldsAddresses(file, version, 310001, removal(1)), "the same number, of a source")
	_, unfit, err = bureau.BuildAddresses(version, 310001, []bureau.AddressBlock{{ID: 4, Operation: 4}})
	require.NoError(t, err)
	require.Equal(t, map[int64]filing.Unfit{4: {Code: bureau.CodeSchema}}, unfit)
}

// The bureau's files, as odd as the schema allows.
func TestOddDownloads(t *testing.T) {
	parse := func(inner string) bureau.DownloadData {
		d, err := bureau.ParseDownload([]byte("<DownloadData>" + inner + "</DownloadData>"))
		require.NoError(t, err)
		return d
	}
	at := time.Date(2026, 11, 25, 1, 2, 3, 0, time.UTC)
	for text, want := range map[string]time.Time{"2026-11-25 09:02:03": at, "2026-11-25 09:02:03.0": at,
		"2026-11-25T09:02:03": at, "20261125090203": at, " 2026-11-25 ": at.Truncate(24 * time.Hour).Add(-8 * time.Hour), "soon": {}} {
		d := parse("<ICP><BAJG><GJSHS><Gjsh><Shsj>" + text + "</Shsj><Shjg>1</Shjg><Jlid> 7 </Jlid></Gjsh></GJSHS></BAJG></ICP>")
		require.Equal(t, []bureau.Result{{Review: true, Key: "7", Approved: true, Code: 1001, ReviewedAt: want}}, d.Results, text)
	}
	result := func(inner string) []bureau.Result {
		return parse("<ICP><BAJG><Jg_xx>" + inner + "</Jg_xx></BAJG></ICP>").Results
	}
	code := func(n int, text string) string {
		return fmt.Sprintf("<Jgxx><Jgdm>%d</Jgdm><Dmms> %s </Dmms></Jgxx>", n, text)
	}
	require.Equal(t, []bureau.Result{{Operation: 1, Key: "7", Code: 1020, Opinion: "一；二"}},
		result(code(1020, "一")+code(1021, "二")+"<Czlx>1</Czlx><Bs> 7 </Bs>"))
	require.Equal(t, []bureau.Result{{Key: "7", Code: 1001, Approved: true}}, result(code(1001, "")+"<Bs>7</Bs>"))
	require.Equal(t, []bureau.Result{{Code: 5001, Opinion: "F1", File: "F1"}}, result(code(5001, "F1")))
	require.Equal(t, []bureau.Result{{Key: "7", Code: 5001, Opinion: "F1"}}, result(code(5001, "F1")+"<Bs>7</Bs>"))
	require.Empty(t, result("<Bs>7</Bs>"))
	require.Empty(t, result(code(0, "")+"<Bs>7</Bs>"))
	refused := parse("<ICP><BAJG><GJSHS><Gjsh><Shyj> 不符 </Shyj><Shjg>2</Shjg><Jlid>7</Jlid></Gjsh></GJSHS></BAJG></ICP>")
	require.Equal(t, []bureau.Result{{Review: true, Key: "7", Code: 1002, Opinion: "不符"}}, refused.Results)

	address := func(inner string) bureau.DownloadData {
		return parse("<IP><BAJG><Fpjg>" + inner + "</Fpjg></BAJG></IP>")
	}
	require.Equal(t, []bureau.AddressResult{{Operation: 2, ID: 8, BureauID: 9, Code: 1001, Opinion: "好"}},
		address(code(1001, "好")+"<Id>9</Id><Czlx>2</Czlx><IspId>8</IspId>").Addresses)
	require.Empty(t, address("<Id>9</Id>").Addresses)
	require.Equal(t, []bureau.Result{{Code: 5001, File: "F1"}}, address(code(5001, "F1")).Results)
	require.Len(t, address(code(5001, "F1")+"<Id>9</Id>").Addresses, 1, "a block's own")
	require.Len(t, address(code(5001, "F1")+"<IspId>9</IspId>").Addresses, 1)

	ended := parse("<ICP><ZXSJ><Zxxx><Zxlb>1</Zxlb><Jlid>5</Jlid><Bz> b </Bz></Zxxx><Zxxx><Zxlb>0</Zxlb><Jlid>1</Jlid></Zxxx>" +
		"<Zxxx><Jlid>0</Jlid></Zxxx></ZXSJ></ICP>")
	require.Equal(t, []bureau.Ended{{Site: true, ID: 5, Remark: "b"}, {ID: 1}}, ended.Ended)
	lists := parse("<ICP><HMDLB><Zthmdxxs><Czlx>2</Czlx><Bz> b </Bz><Zt_xx><Dwmc> n </Dwmc><Zj><Zjlx>2</Zjlx><Zjhm> 1 </Zjhm></Zj></Zt_xx></Zthmdxxs><Wzhmdxxs><Czlx>1</Czlx><Wz_xx><Ym_xx><Ym> A.com </Ym></Ym_xx></Wz_xx>" +
		"</Wzhmdxxs></HMDLB></ICP>")
	require.Equal(t, []bureau.Blacklisted{{Removed: true, Name: "n", DocumentType: 2, DocumentNumber: "1", Remark: "b"}, {Domains: []string{"a.com"}}}, lists.Blacklist)
	require.Equal(t, []string{"IP/HCJG", "YM", "SJTB/IP", "SJTB/YM"},
		parse("<IP><HCJG/></IP><YM/><SJTB><IP/><YM/></SJTB>").Skipped)
	found := parse("<ICP><WBAWZLB><Wbawz_xx><IP>4294967295</IP><Id>-1</Id></Wbawz_xx><Wbawz_xx><IP>4294967296</IP></Wbawz_xx></WBAWZLB></ICP>")
	require.Equal(t, []bureau.FoundSite{{IP: 1<<32 - 1}, {}}, found.Found)
	codes := parse("<JCDM><Jcdm_xx><Yylb_dms><a><Id>1</Id><Mc> 中文 </Mc><Sfyx>0</Sfyx></a><a><Id>0</Id><Mc>x</Mc></a><a><Id>2</Id></a>" +
		"<a><Id>2147483648</Id><Nr>理由</Nr><Lx>3</Lx></a></Yylb_dms><Qy_dms/></Jcdm_xx></JCDM>")
	require.Equal(t, []bureau.CodeTable{{Name: bureau.TableLanguages, Rows: []bureau.CodeRow{{ID: 1, Name: "中文"},
		{ID: 1<<31 - 1, Name: "理由", Group: 3, Valid: true}}}}, codes.Codes)
	notices := parse("<ICP><XGTZ><Tzxx><Tzlb>1</Tzlb><Jlid>4</Jlid></Tzxx><Tzxx><Tzlb>0</Tzlb></Tzxx></XGTZ></ICP>")
	require.Equal(t, []bureau.Notice{{Site: true, ID: 4}, {}}, notices.Notices)
}
