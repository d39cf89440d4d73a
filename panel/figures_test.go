package panel_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// fared inserts a filing that was refused once in Shanghai, was stuck for two hours, and is approved; it advances the
// clock.
func (o *office) fared(order string, begin time.Time) {
	t, ctx := o.t, o.t.Context()
	now := begin
	o.db.SetClock(func() time.Time { return now })
	f := o.filing(order, "owner")
	_, err := o.db.DB().ExecContext(ctx, `UPDATE filings SET province = '310000' WHERE id = ?`, f.ID)
	require.NoError(t, err)
	seq := int64(1)
	step := func(after time.Duration, p store.Progress) {
		now = now.Add(after)
		seq++
		p.FilingID, p.Seq, p.Actor = f.ID, seq, "test"
		require.NoError(t, o.db.Advance(ctx, p))
	}
	yes, no := true, false
	step(time.Hour, store.Progress{Stage: filing.Submitting, EventKind: "submitting", Revision: 1})
	step(0, store.Progress{EventKind: "stuck", Stuck: &yes, StuckStep: "queue_record", StuckReason: "no_account",
		Detail: "queue_record: no_account"})
	step(2*time.Hour, store.Progress{EventKind: "resumed", Stuck: &no, Detail: "queue_record: retry"})
	step(0, store.Progress{Stage: filing.Reviewing, EventKind: "accepted"})
	step(48*time.Hour, store.Progress{Stage: filing.Correcting, EventKind: "refused"})
	step(time.Hour, store.Progress{Stage: filing.Submitting, EventKind: "submitting", Revision: 2})
	step(time.Hour, store.Progress{Stage: filing.Reviewing, EventKind: "accepted"})
	step(48*time.Hour, store.Progress{Stage: filing.Installing, EventKind: "approved"})
}

// The page shows its numbers in tables and pictures, for the period and province in its address, and each figure as a
// file.
func TestFiguresAreShown(t *testing.T) {
	o := newOffice(t, panel.Config{})
	viewer := o.caller("viewer")
	status, page, _ := viewer.look("/support/figures", nil)
	require.Equal(t, http.StatusOK, status)
	require.Zero(t, page.Find("svg.plot").Length(), "nothing has happened yet")
	now := time.Now()
	begin := now.Add(-5 * 24 * time.Hour) // within seven days even if midnight passes meanwhile
	o.fared("F1", begin)
	o.fared("F2", begin)
	o.db.SetClock(func() time.Time { return now.Add(time.Hour) })

	status, page, _ = viewer.look("/support/figures?days=7", nil)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, 1, page.Find("[data-uncounted]").Length(), "no worker counted")
	for left := 1; left > 0; {
		var err error
		left, err = o.db.CountDays(t.Context(), 100)
		require.NoError(t, err)
	}
	o.db.SetClock(func() time.Time { return now.Add(2 * time.Hour) }) // after the cache has expired
	status, page, _ = viewer.look("/support/figures?days=7", nil)
	require.Equal(t, http.StatusOK, status)
	require.Zero(t, page.Find("[data-uncounted]").Length())
	row := func(figure, name string) (cells []string) {
		page.Find(`[data-figure="` + figure + `"] tr[data-row="` + name + `"] td`).Each(func(_ int, cell *goquery.Selection) {
			cells = append(cells, strings.Join(strings.Fields(cell.Text()), " "))
		})
		return cells
	}
	require.Equal(t, []string{"管局审核", "4", "2 天", "2 天"}, row("stays", "reviewing"))
	require.Equal(t, []string{"驳回待修改", "2", "1 小时", "1 小时"}, row("stays", "correcting"))
	require.Equal(t, []string{"未记录结果代码", "管局", "2", "100%"}, row("refusals", "bureau-0"))
	require.Equal(t, []string{"2", "2", "2 小时", "0"}, row("stuck", "queue_record-no_account")[1:])
	require.Equal(t, []string{"上海市", "4", "4", "50%", "50%", "2 天"}, row("provinces", "310000"))
	require.Equal(t, 7, page.Find(`[data-figure="daily"] tbody tr`).Length())
	require.Equal(t, 6, page.Find("svg.plot").Length())
	page.Find("svg.plot").Each(func(_ int, plot *goquery.Selection) {
		require.NotEmpty(t, plot.Find("title").First().Text())
		require.NotEmpty(t, plot.Find("desc").First().Text())
		require.Zero(t, plot.Find("[style], [fill]").Length(), "the stylesheet sets the colours")
	})

	file := func(path string) [][]string {
		t.Helper()
		href, ok := page.Find(`a[href^="/support/figures/` + path + `"]`).Attr("href")
		require.True(t, ok)
		status, _, text := viewer.look(href, nil)
		require.Equal(t, http.StatusOK, status)
		require.True(t, strings.HasPrefix(text, "\ufeff"))
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
		require.NoError(t, err)
		return rows
	}
	require.Equal(t, []string{"day", "opened", "submitted", "approved", "refused", "filed"}, file("daily.csv")[0])
	require.Len(t, file("daily.csv"), 8)
	require.Equal(t, []string{"stage", "name", "count", "median_seconds", "p95_seconds"}, file("stays.csv")[0])
	require.Equal(t, []string{"bureau", "0", "未记录结果代码", "2"}, file("refusals.csv")[1])
	require.Equal(t, []string{"queue_record", "no_account"}, file("stuck.csv")[1][:2])
	require.Equal(t, []string{"310000", "上海市", "4", "2", "2", "50", "50", "4"}, file("provinces.csv")[1][:8])

	_, page, _ = viewer.look("/support/figures?days=7&province=330000", nil)
	require.Equal(t, []string{"管局审核", "0", "–", "–"}, row("stays", "reviewing"))
	require.Equal(t, "4", row("provinces", "310000")[1], "provinces are compared in any case")
	require.Equal(t, "7", page.Find("#f-days option[selected]").AttrOr("value", ""))
	require.Equal(t, "330000", page.Find("#f-province option[selected]").AttrOr("value", ""))

	for _, path := range []string{"/support/figures?days=8", "/support/figures?province=1",
		"/support/figures/daily.csv?days=x"} {
		status, page, _ = viewer.look(path, nil)
		require.Equal(t, http.StatusUnprocessableEntity, status, path)
		require.Equal(t, 1, page.Find(".error").Length(), path)
	}
	for _, path := range []string{"/support/figures/daily", "/support/figures/nothing.csv"} {
		status, _, _ = viewer.look(path, nil)
		require.Equal(t, http.StatusNotFound, status, path)
	}
}
