package bureau_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

// section is what a data file has between the first start and end of an element.
func section(text, element string) string {
	_, rest, _ := strings.Cut(text, "<"+element+">")
	inside, _, _ := strings.Cut(rest, "</"+element+">")
	return inside
}

// A record has the holder's manager and the site's, each with their own emergency phone where the bureau takes one.
func TestRecordsHaveBothManagers(t *testing.T) {
	for _, kind := range []filing.Kind{filing.KindNew, filing.KindNewSite, filing.KindChange} {
		for _, at := range []bureau.EmergencyPhone{bureau.EmergencyNowhere, bureau.EmergencyInMsn} {
			r := recordsOfEachKind()[string(kind)]
			r.Dossier, r.EmergencyPhone = filingtest.TwoManagers(r.Dossier), at
			content, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{r})
			require.NoError(t, err)
			require.Empty(t, unfit)
			schema(t, "upload-data.xsd", content)
			text := string(bureau.Text(content))
			holders, sites := section(text, "Fzr"), section(text, "Wz_Fzr")
			require.Equal(t, kind != filing.KindNewSite, strings.Contains(holders, "<Fzr_xm>林测试</Fzr_xm>"), kind)
			require.Contains(t, sites, "<Fzr_xm>陈测试</Fzr_xm>")
			require.Contains(t, sites, "<Fzr_sjhm>13800005678</Fzr_sjhm>")
			require.Contains(t, sites, "<Fzr_zjhm>310101198505120042</Fzr_zjhm>")
			require.Equal(t, at == bureau.EmergencyInMsn, strings.Contains(sites, "<Msn>13600009012</Msn>"))
			require.Equal(t, at == bureau.EmergencyInMsn, strings.Contains(text, "<Msn>"))
		}
	}
}

// What doesn't fit is found at the field of the right person.
func TestUnfitManagersAreNamed(t *testing.T) {
	for _, kind := range []filing.Kind{filing.KindNew, filing.KindNewSite, filing.KindChange} {
		for other, field := range map[bool]string{true: "site.manager_name", false: "holder.manager_name"} {
			r := recordsOfEachKind()[string(kind)]
			if other {
				r.Dossier = filingtest.TwoManagers(r.Dossier)
				r.Dossier.Site.Manager.Name = "\U00020bb7"
			} else {
				r.Dossier.Holder.Manager.Name = "\U00020bb7"
			}
			_, unfit, err := bureau.BuildRecords(version, 310001, []bureau.Record{r})
			require.NoError(t, err)
			require.Equal(t, field, unfit[r.ID].Field, kind)
		}
	}
}

// An emergency phone in Msn is read back; whatever else it may be isn't.
func TestEmergencyPhonesAreReadBack(t *testing.T) {
	for msn, want := range map[string]string{"13600009012": "13600009012", " 021-55550123 ": "021-55550123",
		"lin@hotmail.example": ""} {
		d, err := bureau.ParseDownload([]byte(strings.ReplaceAll(filedTask, "<Fzr_dzyj>lin@example.com</Fzr_dzyj>",
			"<Fzr_dzyj>lin@example.com</Fzr_dzyj><Msn>"+msn+"</Msn>")))
		require.NoError(t, err)
		require.Len(t, d.Tasks, 1)
		filed := d.Tasks[0]
		require.Equal(t, want, filed.Holder.Manager.EmergencyPhone)
		require.Equal(t, want, filed.Sites[0].Manager.EmergencyPhone)
	}
}
