package bureau_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	stand "github.com/beian/beian/internal/simulate/bureau"
)

// recordDownloads records what the simulator sends for every section as golden files: run with BEIAN_GOLDEN=write.
func recordDownloads(t *testing.T) {
	t.Helper()
	s, err := stand.New(stand.Options{ISPID: 310001, UserName: "u", Password: "p", Clock: func() time.Time {
		return time.Date(2026, 11, 25, 9, 30, 0, 0, bureau.China)
	}, RefuseSiteNames: map[string]int{"违规": 1020}})
	require.NoError(t, err)
	server := httptest.NewServer(s)
	defer server.Close()
	c := bureau.New(bureau.Config{BaseURL: server.URL, ISPID: 310001, UserName: "u", Password: "p"})
	sequence := int64(0)
	upload := func(list ...bureau.Record) {
		content, unfit, err := bureau.BuildRecords(version, 310001, list)
		require.NoError(t, err)
		require.Empty(t, unfit)
		sequence++
		zipped, err := bureau.Pack(bureau.FileName(310001, sequence), content)
		require.NoError(t, err)
		answer, err := c.Upload(t.Context(), sequence, zipped)
		require.NoError(t, err)
		require.Equal(t, bureau.GoOn, answer.Action())
	}
	keep := func(name string) {
		file, _, err := c.Download(t.Context())
		require.NoError(t, err)
		require.NotNil(t, file, name)
		require.NoError(t, os.WriteFile(filepath.Join("testdata", "download-"+name+".xml"), file.XML, 0o644))
		_, err = c.DownloadAck(t.Context(), file.Name)
		require.NoError(t, err)
	}
	list := records()
	list[1].Dossier.Site.Name = "违规网站"
	upload(list...)
	keep("results") // one approved, with its data; one refused
	filed, err := os.ReadFile(filepath.Join("testdata", "download-results.xml"))
	require.NoError(t, err)
	d, err := bureau.ParseDownload(filed)
	require.NoError(t, err)
	h := d.Filings[0]
	end := list[0]
	end.Dossier.Kind, end.Dossier.Subject, end.Dossier.Ending = filing.KindEndSite, filing.Subject{SiteID: h.Sites[0].ID},
		filing.Ending{Reason: 1}
	for name, push := range map[string]func() error{
		"codes": s.PushCodeTables,
		"task":  func() error { return s.PushVerificationTask(h.Number) },
		"check": func() error { return s.PushCheckResult(h.Sites[0].Number) },
		"sync":  func() error { return s.PushSync("") },
	} {
		require.NoError(t, push())
		keep(name)
	}
	upload(end)
	keep("ended")
	block := bureau.AddressBlock{Operation: bureau.AddAddresses, ID: 5, From: 3221225984, To: 3221226239, Source: 310000,
		Remark: "自有"}
	content, _, err := bureau.BuildAddresses(version, 310001, []bureau.AddressBlock{block})
	require.NoError(t, err)
	sequence++
	zipped, err := bureau.Pack(bureau.FileName(310001, sequence), content)
	require.NoError(t, err)
	_, err = c.Upload(t.Context(), sequence, zipped)
	require.NoError(t, err)
	keep("addresses")
}

// Downloads are parsed as before: each recorded file has its expected result next to it. BEIAN_GOLDEN=readings rewrites
// the results from the existing files.
func TestGoldenDownloadsAreReadAsBefore(t *testing.T) {
	golden := os.Getenv("BEIAN_GOLDEN")
	write := golden == "write" || golden == "readings"
	if golden == "write" {
		recordDownloads(t)
	}
	files, err := filepath.Glob("testdata/download-*.xml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 8)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			d, err := bureau.ParseDownload(content)
			require.NoError(t, err)
			require.Empty(t, d.Skipped)
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			e.SetIndent("", " ")
			require.NoError(t, e.Encode(d))
			reading := strings.TrimSuffix(file, ".xml") + ".json"
			if write {
				require.NoError(t, os.WriteFile(reading, b.Bytes(), 0o644))
			}
			before, err := os.ReadFile(reading)
			require.NoError(t, err, fmt.Sprintf("no reading of %s: BEIAN_GOLDEN=write makes one", file))
			require.JSONEq(t, string(before), b.String())
			schema(t, "download-data.xsd", content)
		})
	}
}
