package staff

import (
	"bytes"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

func TestFilingListOffersWhatTheReaderMayDo(t *testing.T) {
	texts, err := locale.New()
	require.NoError(t, err)
	stuck := store.FoundFiling{Filing: store.Filing{OrderNumber: "D1", Serial: 2, Stage: "checking", StuckStep: "send_code"}}
	for may, want := range map[string]int{"": 0, "act_on_filings": 1, "check": 1, "see_personal": 0} {
		p := &web.Page{Title: "support.title", T: texts.For("zh"), Lang: "zh", May: func(what string) bool { return what == may }}
		var b bytes.Buffer
		require.NoError(t, filingsPage(p, filingsData{Filings: []store.FoundFiling{stuck}}).Render(t.Context(), &b))
		doc, err := goquery.NewDocumentFromReader(&b)
		require.NoError(t, err)
		require.Equal(t, want, doc.Find(".act").Children().Length(), may)
		require.Equal(t, may == "see_personal", doc.Find("details").Length() == 1)
	}
}
