package bureau_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
)

// several is a new holder's record with n sites, whose records are 1, 2, …
func several(n int) bureau.Record {
	list := make([]bureau.Record, n)
	for i := range list {
		d := filingtest.Dossier()
		d.Site = filingtest.Site(fmt.Sprintf("example%d.com", i+1), "192.0.2.10")
		d.Site.Name = fmt.Sprintf("样例网站%d", i+1)
		d.Companion = i > 0
		list[i] = bureau.Record{ID: int64(i + 1), Dossier: d,
			Papers: []bureau.Paper{{Format: 1, Purpose: 5, Content: []byte("site"), OfSite: true}}}
	}
	list[0].Papers = append(list[0].Papers, bureau.Paper{Format: 1, Purpose: 2, Content: []byte("holder")})
	list[0].Companions = list[1:]
	return list[0]
}

func TestSeveralSitesAreOneRecord(t *testing.T) {
	r := several(3)
	content, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{r})
	require.NoError(t, err)
	require.Empty(t, unfit)
	golden(t, "upload-new-together.xml", content)
	schema(t, "upload-data.xsd", content)
	ids, err := bureau.RecordIDs(content)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2, 3}, ids)
	require.True(t, bureau.Holds(content, version, 310001, r))
	require.False(t, bureau.Holds(content, version, 310001, several(2)))
}

// What can't be filed of one site keeps all of them back, and is said of that one.
func TestUnfitSiteKeepsItsCompanionsBack(t *testing.T) {
	for i := range 3 {
		r := several(3)
		site := &r.Dossier.Site
		if i > 0 {
			site = &r.Companions[i-1].Dossier.Site
		}
		site.Remark = "\u0001"
		content, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{r})
		require.NoError(t, err)
		require.Nil(t, content)
		require.Len(t, unfit, 1)
		require.Equal(t, "site.remark", unfit[int64(i+1)].Field)
	}
}

// Both editions file several sites at once, and a review may name the one that it refuses.
func TestBureauTakesSeveralSitesAtOnce(t *testing.T) {
	for _, edition := range []stand.Edition{stand.Edition2005, stand.EditionToday} {
		t.Run(string(edition), func(t *testing.T) {
			p := connect(t, "", stand.Options{Edition: edition})
			sequence := int64(0)
			exchange := func(r bureau.Record) bureau.DownloadData {
				sequence++
				content, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{r})
				require.NoError(t, err)
				require.Empty(t, unfit)
				packed, err := bureau.Pack(bureau.FileName(310001, sequence), content)
				require.NoError(t, err)
				_, err = p.client.Upload(t.Context(), sequence, packed)
				require.NoError(t, err)
				file, _, err := p.client.Download(t.Context())
				require.NoError(t, err)
				_, err = p.client.DownloadAck(t.Context(), file.Name)
				require.NoError(t, err)
				schema(t, "download-data.xsd", file.XML)
				data, err := bureau.ParseDownload(file.XML)
				require.NoError(t, err)
				return data
			}
			refused := several(3)
			refused.Companions[0].Dossier.Site.Remark = "结果1002"
			data := exchange(refused)
			require.Empty(t, data.Filings, "nothing of the record is filed")
			require.Len(t, data.Results, 1)
			require.False(t, data.Results[0].Approved)
			require.EqualValues(t, 2, bureau.OwnSite(data.Results[0]))

			data = exchange(several(3))
			require.Len(t, data.Results, 1)
			require.True(t, data.Results[0].Approved)
			require.EqualValues(t, 1, bureau.OwnRecord(data.Results[0]))
			require.Zero(t, bureau.OwnSite(data.Results[0]))
			require.Len(t, data.Filings[0].Sites, 3)
			for i, s := range data.Filings[0].Sites {
				require.Equal(t, fmt.Sprintf("%s-%d", data.Filings[0].Number, i+1), s.Number)
				require.Equal(t, []int64{int64(i + 1)}, bureau.RecordsOf(data.Filings[0], s, s.Accesses[0]))
			}
		})
	}
}

// A site is a new filing's only in a review, and by our ID.
func TestReviewsNameSitesByOurIDs(t *testing.T) {
	for key, want := range map[string]int64{"2001": 2, "2002": 0, "x": 0, "1": 0} {
		require.Equal(t, want, bureau.OwnSite(bureau.Result{Operation: 1, Review: true, Key: key}), key)
		require.Zero(t, bureau.OwnSite(bureau.Result{Operation: 1, Key: key}))
		require.Zero(t, bureau.OwnSite(bureau.Result{Operation: filing.KindNewSite.Operation(), Review: true, Key: key}))
	}
}
