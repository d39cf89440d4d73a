package staff

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// brokenShown bounds the list of broken workflows: they are one thing to fix.
const brokenShown = 200

type brokenData struct {
	Rows []brokenRow
	// More: there are others.
	More bool
}

type brokenRow struct {
	store.BrokenExecution
	// Filing is the address of the filing's page, Temporal of the run in Temporal's UI; empty if there is none.
	Filing, Temporal string
}

// brokenToday is one line for each type of workflow and cause: an incompatible build is one thing to fix, however
// many workflows it blocks.
func (p *Pages) brokenToday(ctx context.Context, t *locale.Localizer) (lines []waiting, err error) {
	groups, err := p.Store.BrokenGroups(ctx)
	for _, g := range groups {
		what := t.T("broken.group", map[string]any{"type": workflowText(t, g.Type), "cause": brokenCause(t, g.Cause)})
		href := "/support/broken?" + url.Values{"type": {g.Type}, "cause": {g.Cause}}.Encode()
		lines = append(lines, p.counted(t, g.Counted, waiting{What: what, Href: href})...)
	}
	return lines, err
}

// workflowText is the name of a workflow type.
func workflowText(t *locale.Localizer, kind string) string {
	return textOr(t, "broken_workflow.", kind)
}

// brokenCause is why a workflow's code fails, from Temporal's word for it.
func brokenCause(t *locale.Localizer, cause string) string {
	if cause == "" {
		return t.T("broken.cause_unknown", nil)
	}
	return cmp.Or(dossierview.TextIf(t, "broken.cause_", strings.ToLower(cause)), cause)
}

// brokenPage lists the workflows whose code fails: all of them, or those of one type and cause.
func (p *Pages) brokenPage(c *gin.Context) error {
	ctx := c.Request.Context()
	list, err := p.Store.BrokenExecutions(ctx, c.Query("type"), c.Query("cause"), brokenShown+1)
	if err != nil {
		return err
	}
	data := brokenData{More: len(list) > brokenShown}
	for _, b := range list[:min(brokenShown, len(list))] {
		row := brokenRow{BrokenExecution: b}
		if order, serial, ok := workflows.FilingOf(b.WorkflowID); ok {
			row.Filing = web.URL("/support/filings/%s?serial=%s", order, serial)
		}
		if p.TemporalUI != "" {
			row.Temporal = p.TemporalUI + web.URL("/workflows/%s/%s", b.WorkflowID, b.RunID)
		}
		data.Rows = append(data.Rows, row)
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "broken.title"}, web.With(brokenPage, data))
}
