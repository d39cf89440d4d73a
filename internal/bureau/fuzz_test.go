package bureau_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
)

// Every parser of external input terminates, within its limits, with a value or an error.

func FuzzParseDownload(f *testing.F) {
	f.Add([]byte(
		`<DownloadData version="V.3.0"><ICP><BAJG><Jg_xx><Jgxx><Jgdm>1020</Jgdm></Jgxx><Czlx>1</Czlx><Bs>7</Bs></Jg_xx></BAJG></ICP></DownloadData>`))
	f.Add([]byte(filedTask))
	f.Add([]byte(
		`<DownloadData version="V.3.0"><JCDM><Jcdm_xx><Dwxz_dms><Dwxz_xx><Id>4</Id><Mc>企业</Mc><Sfyx>1</Sfyx></Dwxz_xx></Dwxz_dms></Jcdm_xx></JCDM></DownloadData>`))
	f.Add([]byte(`<!DOCTYPE x [<!ENTITY a "b">]><DownloadData>&a;</DownloadData>`))
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := bureau.ParseDownload(content)
		if err != nil {
			return
		}
		for _, r := range d.Results {
			if r.Code == 0 {
				t.Fatal("a result without a code")
			}
		}
		for _, table := range d.Codes {
			for _, row := range table.Rows {
				if row.ID < 1 || row.Name == "" {
					t.Fatal("a code without a number or a name")
				}
			}
		}
	})
}

func FuzzUnpack(f *testing.F) {
	z, err := bureau.Pack("x", []byte("<DownloadData/>"))
	require.NoError(f, err)
	f.Add(z)
	f.Fuzz(func(t *testing.T, zipped []byte) {
		content, err := bureau.Unpack(zipped, bureau.Digest(zipped))
		if err == nil && len(content) > 4*bureau.MaxFileSize {
			t.Fatal("bigger than the limit")
		}
	})
}

func FuzzRecordIDs(f *testing.F) {
	f.Add([]byte(`<UploadData><ICP><XZBA><Baxx><Zt_xx><IspZtid>7</IspZtid></Zt_xx></Baxx></XZBA></ICP></UploadData>`))
	f.Fuzz(func(t *testing.T, content []byte) {
		ids, err := bureau.RecordIDs(content)
		if err != nil {
			return
		}
		for _, id := range ids {
			if id < 1 {
				t.Fatalf("record ID %d", id)
			}
		}
		if !bureau.SameXML(content, content) {
			t.Fatal("not the same as itself")
		}
	})
}

func FuzzParseReturn(f *testing.F) {
	f.Add(`<return><msg_code>14</msg_code><dataSequences><dataSequence>3,4</dataSequence></dataSequences></return>`)
	f.Add(`<return><msg_code>0</msg_code><fileInfos><beianInfo>eA==</beianInfo></fileInfos></return>`)
	f.Fuzz(func(t *testing.T, text string) {
		answer, err := bureau.ParseReturn(text)
		if err != nil {
			return
		}
		for _, n := range answer.Missing {
			if n < 1 {
				t.Fatalf("sequence number %d", n)
			}
		}
	})
}

func FuzzParseHours(f *testing.F) {
	f.Add("09:00-17:30")
	f.Fuzz(func(t *testing.T, text string) {
		if h, err := bureau.ParseHours(text); err == nil && (h.From < 0 || h.To < 0) {
			t.Fatal("negative hours")
		}
	})
}

// bomb is a zip whose entry unzips to n bytes of one letter.
func bomb(t *testing.T, n int, entries int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for range entries {
		w, err := z.Create("x.xml")
		require.NoError(t, err)
		block := bytes.Repeat([]byte("a"), 1<<20)
		for range n >> 20 {
			_, err = w.Write(block)
			require.NoError(t, err)
		}
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// The interface takes 50 MB (3-3-1-3).
func TestDataFilesAreLimited(t *testing.T) {
	const limit = 50 << 20
	require.Equal(t, limit, bureau.MaxFileSize)
	content := make([]byte, limit+1)
	zipped, err := bureau.Pack("x", content[:limit])
	require.NoError(t, err)
	back, err := bureau.Unzip(zipped)
	require.NoError(t, err)
	require.Len(t, back, limit)
	_, err = bureau.Pack("x", content)
	require.ErrorIs(t, err, bureau.ErrTooBig)
}

func TestHostileFilesAreRefused(t *testing.T) {
	big := bomb(t, 4*bureau.MaxFileSize+1<<20, 1)
	require.Less(t, len(big), 1<<20)
	_, err := bureau.Unpack(big, bureau.Digest(big))
	require.ErrorContains(t, err, "too big")
	two := bomb(t, 1<<20, 2)
	_, err = bureau.Unpack(two, bureau.Digest(two))
	require.ErrorContains(t, err, "2 entries")
	for name, text := range map[string]string{
		"depth":    strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200),
		"entities": `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;">]><DownloadData>&lol1;</DownloadData>`,
		"external": `<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]><DownloadData>&x;</DownloadData>`,
		"encoding": `<?xml version="1.0" encoding="no-such"?><DownloadData/>`,
		"root":     `<Other/>`,
	} {
		_, err := bureau.ParseDownload([]byte(text))
		require.Error(t, err, name)
	}
}

// Each recorded download is read completely.
func TestGoldenDownloads(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("testdata", "download-lists.xml"))
	require.NoError(t, err)
	d, err := bureau.ParseDownload(content)
	require.NoError(t, err)
	schema(t, "download-data.xsd", content)
	require.Equal(t, []bureau.Ended{{ID: 9001, Remark: "主体注销"}, {Site: true, ID: 9101}}, d.Ended)
	require.Equal(t, []bureau.Blacklisted{
		{Name: "某公司", DocumentType: 1, DocumentNumber: "91310101MA1FP0000H"},
		{Name: "某网站", Domains: []string{"bad.example.com"}, Remark: "违法"},
		{Removed: true, Name: "旧网站", Domains: []string{"old.example.com"}},
	}, d.Blacklist)
	require.Len(t, d.Found, 2)
	require.True(t, d.Found[0].Illegal)
	require.Equal(t, "192.0.2.10", bureau.AddressText(d.Found[1].IP))
	require.Len(t, d.Checks, 2)
	require.Equal(t, []bureau.Notice{{Site: true, Number: "沪ICP备2026000001号-1", Text: "请更新联系电话"}}, d.Notices)
}
