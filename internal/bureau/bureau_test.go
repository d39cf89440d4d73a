package bureau_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/simulate/fault"
)

const version = "V.3.0"

func records() []bureau.Record {
	company := filing.Dossier{Holder: filingtest.CompanyHolder(),
		Site: filingtest.Site("www.example.net", "192.0.2.10-192.0.2.30")}
	company.Site.Domains = append(company.Site.Domains, "*.example.net", "xn--fsq092h.xn--fiqs8s")
	company.Site.IPs = append(company.Site.IPs, "198.51.100.7")
	company.Site.PreApprovals = []int{1, 3}
	company.Site.Remark = "备注 <&>"
	return []bureau.Record{{ID: 1, Dossier: filingtest.Dossier()}, {ID: 2, Dossier: company}}
}

// schema validates against the ministry's schema. If that isn't available, only this part of a test is skipped, and
// listed at the end of the run.
func schema(t *testing.T, name string, content []byte) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		path, err := filepath.Abs("../../../shared/bureau-spec/" + name)
		require.NoError(t, err)
		if _, err := os.Stat(path); err != nil {
			t.Skip("skipped: the ministry's schemas are not next to the project (../shared/bureau-spec)")
		}
		lint, err := exec.LookPath("xmllint")
		require.NoError(t, err, "install Debian's package libxml2-utils")
		file := filepath.Join(t.TempDir(), "data.xml")
		require.NoError(t, os.WriteFile(file, content, 0o600))
		out, err := exec.Command(lint, "--noout", "--schema", path, file).CombinedOutput()
		require.NoError(t, err, string(out))
	})
}

func TestUploadFileIsValidAgainstTheSchema(t *testing.T) {
	content, unfit, err := bureau.BuildRecords(version, 310001, records())
	require.NoError(t, err)
	require.Empty(t, unfit)
	schema(t, "upload-data.xsd", content)
}

func TestSameRecordsMakeTheSameBytes(t *testing.T) {
	a, _, err := bureau.BuildRecords(version, 310001, records())
	require.NoError(t, err)
	b, _, err := bureau.BuildRecords(version, 310001, records())
	require.NoError(t, err)
	require.Equal(t, a, b)
	require.Contains(t, string(a), `encoding="GBK"`)
}

func TestUnfitRecordsDontBlockOthers(t *testing.T) {
	list := records()
	list[0].Dossier.Site.Name = "笑脸😀"
	content, unfit, err := bureau.BuildRecords(version, 310001, list)
	require.NoError(t, err)
	require.Equal(t, map[int64]int{1: bureau.CodeIllegalCharacters}, codesOf(unfit))
	require.NotEmpty(t, content)
	_, _, err = bureau.BuildRecords(version, 310001, make([]bureau.Record, bureau.MaxRecords+1))
	require.Error(t, err)
}

func TestUnpackRefusesWhatIsNotWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SliceOfN(rapid.Byte(), 1, 2000).Draw(t, "content")
		zipped, err := bureau.Pack("x", content)
		require.NoError(t, err)
		flipped := rapid.IntRange(0, len(zipped)-1).Draw(t, "at")
		zipped[flipped] ^= 0x55
		_, err = bureau.Unpack(zipped, "AAAAAAAAAAAAAAAAAAAAAA==")
		require.ErrorIs(t, err, bureau.ErrHash)
	})
}

type pair struct {
	client *bureau.Client
	stand  *stand.Server
}

func connect(t *testing.T, key string, o stand.Options) pair {
	t.Helper()
	o.ISPID, o.UserName, o.Password = 310001, "provider", "口令"
	cfg := bureau.Config{ISPID: 310001, UserName: "provider", Password: "口令"}
	if key != "" {
		o.Key, o.IV = []byte(key), []byte("0102030405060708")
		cfg.Encrypt, cfg.Key, cfg.IV = true, o.Key, o.IV
	}
	s, err := stand.New(o)
	require.NoError(t, err)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	cfg.BaseURL = server.URL
	return pair{bureau.New(cfg), s}
}

func zipped(t *testing.T, list []bureau.Record) []byte {
	t.Helper()
	content, _, err := bureau.BuildRecords(version, 310001, list)
	require.NoError(t, err)
	z, err := bureau.Pack("x", content)
	require.NoError(t, err)
	return z
}

func TestRoundTrip(t *testing.T) {
	for name, key := range map[string]string{"clear": "", "AES": "abcdefghijklmnop"} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			p := connect(t, key, stand.Options{RefuseSiteNames: map[string]int{"违规": 1020}})
			list := records()
			list[1].Dossier.Site.Name = "违规网站"
			a, err := p.client.Upload(ctx, 1, zipped(t, list))
			require.NoError(t, err)
			require.Equal(t, bureau.GoOn, a.Action())

			file, _, err := p.client.Download(ctx)
			require.NoError(t, err)
			require.NotNil(t, file)
			again, _, err := p.client.Download(ctx)
			require.NoError(t, err)
			require.Equal(t, file, again, "an unacknowledged file comes again")
			data, err := bureau.ParseDownload(file.XML)
			require.NoError(t, err)
			require.Len(t, data.Filings, 1)
			require.Regexp(t, `^沪ICP备\d{10}号-1$`, data.Filings[0].Sites[0].Number)
			verdict := map[string]int{}
			for _, r := range data.Results {
				verdict[r.Key] = r.Code
			}
			require.Equal(t, map[string]int{"1": bureau.CodeApproved, "2": 1020}, verdict)

			certificate, err := p.client.FetchCertificate(ctx, data.Filings[0].CertificatePath)
			require.NoError(t, err)
			require.Greater(t, len(certificate), 1024)
			_, err = p.client.FetchCertificate(ctx, "http://198.51.100.1/bazu.cert")
			require.ErrorContains(t, err, "on another host")

			_, err = p.client.DownloadAck(ctx, file.Name)
			require.NoError(t, err)
			none, a, err := p.client.Download(ctx)
			require.NoError(t, err)
			require.Nil(t, none)
			require.Equal(t, bureau.CodeNothing, a.Code)
			schema(t, "download-data.xsd", file.XML)
		})
	}
}

func TestSequenceIsGuarded(t *testing.T) {
	ctx := context.Background()
	p := connect(t, "", stand.Options{ReviewAfter: -1})
	last, _, err := p.client.QueryPreviousUpload(ctx)
	require.NoError(t, err)
	require.Zero(t, last.Sequence)
	a, err := p.client.Upload(ctx, 3, zipped(t, records()))
	require.NoError(t, err)
	require.Equal(t, bureau.FillGap, a.Action())
	require.Equal(t, []int64{1, 2}, a.Missing)
}

func TestLostAnswerIsFoundByAsking(t *testing.T) {
	ctx := context.Background()
	p := connect(t, "", stand.Options{ReviewAfter: -1})
	p.stand.Faults.Set(fault.Fault{Operation: "isp_upload", Mode: fault.Lose, Times: 1})
	_, err := p.client.Upload(ctx, 1, zipped(t, records()))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "pwdHash")
	last, _, err := p.client.QueryPreviousUpload(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, last.Sequence)
}

func TestFaultsAreToldApart(t *testing.T) {
	ctx := context.Background()
	p := connect(t, "", stand.Options{})
	for code, action := range map[string]bureau.Action{"5": bureau.TellStaff, "19": bureau.TellStaff,
		"901": bureau.TryLater, "7": bureau.Rebuild, "15": bureau.TryLater} {
		p.stand.Faults.Set(fault.Fault{Operation: "isp_upload", Mode: fault.Fail, Code: code, Times: 1})
		a, err := p.client.Upload(ctx, 1, zipped(t, records()))
		require.NoError(t, err)
		require.Equal(t, action, a.Action(), code)
	}
	_, err := p.client.Upload(ctx, 1, zipped(t, records()))
	require.NoError(t, err)
	p.stand.Faults.Set(fault.Fault{Operation: "isp_download", Mode: fault.Fail, Code: "hash", Times: 1})
	_, _, err = p.client.Download(ctx)
	require.ErrorIs(t, err, bureau.ErrHash)
}

func TestStateSurvivesRestart(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "state.json")
	p := connect(t, "", stand.Options{ReviewAfter: -1, StateFile: file})
	_, err := p.client.Upload(ctx, 1, zipped(t, records()))
	require.NoError(t, err)
	again := connect(t, "", stand.Options{ReviewAfter: -1, StateFile: file})
	require.EqualValues(t, 1, again.stand.Sequence())
	require.Equal(t, map[int64]int{1: 1, 2: 1}, again.stand.Accepted())
}

func TestStatusAndPassword(t *testing.T) {
	ctx := context.Background()
	p := connect(t, "", stand.Options{})
	p.stand.Seed(stand.SeedFiling{
		HolderName: "上海样例网络科技有限公司", Nature: filing.NatureEnterprise, DocumentType: filing.DocumentBusinessLicence,
		DocumentNumber: "91310101MA1FP0000H",
		Province:       "310000", Number: "沪ICP备05000940号", Password: "right", SiteNumber: "沪ICP备05000940号-1",
		SiteName: "样例网站 <1>",
		Domains:  []string{"filed.example.com"},
	})
	status, _, err := p.client.QueryStatus(ctx, bureau.ConditionDomain, "filed.example.com")
	require.NoError(t, err)
	require.Equal(t, filing.Status{Filed: true, SiteName: "样例网站 <1>", HolderNumber: "沪ICP备05000940号",
		SiteNumber: "沪ICP备05000940号-1"}, status)
	status, _, err = p.client.QueryStatus(ctx, filing.DocumentBusinessLicence, "91310101MA1FP0000H")
	require.NoError(t, err)
	require.Equal(t, filing.Status{Filed: true, HolderNumber: "沪ICP备05000940号"}, status)
	status, _, err = p.client.QueryStatus(ctx, bureau.ConditionDomain, "other.example.com")
	require.NoError(t, err)
	require.Equal(t, filing.Status{}, status)
	_, _, err = p.client.QueryStatus(ctx, 12, "91310101MA1FP0000H")
	require.ErrorContains(t, err, "no condition type 12")

	right, _, err := p.client.VerifyPassword(ctx, "沪ICP备05000940号", "right")
	require.NoError(t, err)
	require.True(t, right)
	for range 5 {
		right, _, err = p.client.VerifyPassword(ctx, "沪ICP备05000940号", "wrong")
		require.NoError(t, err)
		require.False(t, right)
	}
	_, a, err := p.client.VerifyPassword(ctx, "沪ICP备05000940号", "right")
	require.NoError(t, err)
	require.Equal(t, bureau.CodeTooManyTries, a.Code)
	require.Equal(t, bureau.TellCustomer, a.Action())
	p.stand.Faults.Set(fault.Fault{Operation: "isp_querybeianstatus", Mode: fault.Lose, Times: 1})
	_, _, err = p.client.QueryStatus(ctx, bureau.ConditionDomain, "filed.example.com")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "filed.example.com", "an error names no person's data")
}
