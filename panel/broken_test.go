package panel_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// Incompatible code is one line of today's page per workflow type and cause, however many workflows it blocks. The
// line links to the blocked workflows, and each of these to its filing and to Temporal.
func TestBrokenCodeIsShown(t *testing.T) {
	o := newOffice(t, panel.Config{TemporalUI: "https://temporal.example.com/namespaces/default"})
	one := func(id, kind, cause string) store.BrokenExecution {
		return store.BrokenExecution{Execution: store.Execution{WorkflowID: id, RunID: "r-1"}, Type: kind,
			Category: "WorkflowTaskFailed", Cause: cause, BuildID: "b2"}
	}
	viewer := o.caller("viewer")
	_, page, _ := viewer.look("/support/broken", nil)
	require.Equal(t, 1, page.Find("[data-none]").Length())
	require.NoError(t, o.db.SaveBroken(t.Context(), []store.BrokenExecution{
		one("filing/A1/2", "Filing", "NonDeterministicError"), one("filing/A2", "Filing", "NonDeterministicError"),
		one("exchange/1", "Exchange", "SomethingNew"), one("elsewhere", "Theirs", ""),
	}, false))
	_, page, _ = viewer.look("/support", nil)
	lines := page.Find(`[data-group="broken"] tbody tr`)
	require.Equal(t, 3, lines.Length())
	filings := lines.FilterFunction(func(i int, _ *goquery.Selection) bool {
		return strings.Contains(lines.Eq(i).Text(), "备案：代码与已有的历史不符")
	})
	require.Equal(t, 1, filings.Length())
	require.Equal(t, "2", strings.TrimSpace(filings.Find("td").Eq(1).Text()))
	require.Contains(t, lines.Text(), "管局数据交换：SomethingNew", "a newer server's term is shown verbatim")
	require.Contains(t, lines.Text(), "Theirs：原因未知")

	href, _ := filings.Find("a").Attr("href")
	status, page, text := viewer.look(href, nil)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, 2, page.Find("[data-workflow]").Length())
	require.Equal(t, 1, page.Find(`a[href="/support/filings/A1?serial=2"]`).Length())
	require.Equal(t, 1,
		page.Find(`a[href="https://temporal.example.com/namespaces/default/workflows/filing%2FA1%2F2/r-1"]`).Length())
	require.Contains(t, text, "b2")
	_, page, _ = viewer.look("/support/broken", nil)
	require.Equal(t, 4, page.Find("[data-workflow]").Length())
}
