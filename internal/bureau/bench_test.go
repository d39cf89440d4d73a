package bureau_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
)

func manyRecords(n int) []bureau.Record {
	list := make([]bureau.Record, n)
	for i := range list {
		d := filingtest.Dossier()
		d.Holder.DocumentType, d.Holder.DocumentNumber = filing.DocumentPassport, fmt.Sprintf("P%08d", i)
		d.Site = filingtest.Site(fmt.Sprintf("www%d.example.com", i), "192.0.2.10")
		list[i] = bureau.Record{ID: int64(i) + 1, Dossier: d}
	}
	return list
}

// perRecord reports the time per record, so that data files of different sizes are comparable.
func perRecord(b *testing.B, records int) {
	b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkPack(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		records := manyRecords(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				content, _, err := bureau.BuildRecords(version, 1, records)
				require.NoError(b, err)
				_, err = bureau.Pack("ISP1", content)
				require.NoError(b, err)
			}
			perRecord(b, n)
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		content := resultsOf(b, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				d, err := bureau.ParseDownload(content)
				require.NoError(b, err)
				require.Len(b, d.Results, n)
			}
			perRecord(b, n)
		})
	}
}

// resultsOf is the file that the bureau sends when n filings are approved.
func resultsOf(b *testing.B, n int) []byte {
	b.Helper()
	s, err := stand.New(stand.Options{ISPID: 1, UserName: "u", Password: "p"})
	require.NoError(b, err)
	server := httptest.NewServer(s)
	b.Cleanup(server.Close)
	c := bureau.New(bureau.Config{BaseURL: server.URL, ISPID: 1, UserName: "u", Password: "p"})
	content, _, err := bureau.BuildRecords(version, 1, manyRecords(n))
	require.NoError(b, err)
	zipped, err := bureau.Pack("ISP1", content)
	require.NoError(b, err)
	_, err = c.Upload(b.Context(), 1, zipped)
	require.NoError(b, err)
	file, _, err := c.Download(b.Context())
	require.NoError(b, err)
	return file.XML
}
