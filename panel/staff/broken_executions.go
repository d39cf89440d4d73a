package staff

import (
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

// brokenShown bounds how many broken workflows the page lists: they are one thing to mend.
const brokenShown = 200

type brokenData struct {
	Rows []brokenRow
	// More: there are others.
	More bool
}

type brokenRow struct {
	store.BrokenExecution
	// Filing is the address of the filing's page, Temporal that of the run in Temporal's own
	// UI; empty: there is none.
	Filing, Temporal string
}

// brokenToday is one line for each type of workflow and cause: a build that doesn't fit is
// one thing to mend, whatever it holds up.
func (p *Pages) brokenToday(ctx context.Context, t *locale.Localizer) (lines []waiting, err error) {
	groups, err := p.Store.BrokenGroups(ctx)
	for _, g := range groups {
		what := t.T("broken.group", map[string]any{"type": WorkflowText(t, g.Type), "cause": BrokenCause(t, g.Cause)})
		lines = append(lines, p.line(t, what, g.Counted, "look", "/support/broken", url.Values{"type": {g.Type}, "cause": {g.Cause}})...)
	}
	return lines, err
}

// WorkflowText is what a type of workflow is called.
func WorkflowText(t *locale.Localizer, kind string) string {
	return textOr(t, "workflow.", kind)
}

// BrokenCause is why a workflow's code fails, by Temporal's word for it.
func BrokenCause(t *locale.Localizer, cause string) string {
	if cause == "" {
		return t.T("broken.cause_unknown", nil)
	}
	if text := dossierview.TextIf(t, "broken.cause_", strings.ToLower(cause)); text != "" {
		return text
	}
	return cause
}

// brokenPage lists the workflows that stand still because their code fails: all of them, or
// those of a type and a cause.
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
			row.Filing = "/support/filings/" + url.PathEscape(order) + "?" + url.Values{"serial": {serial}}.Encode()
		}
		if p.TemporalUI != "" {
			row.Temporal = p.TemporalUI + "/workflows/" + url.PathEscape(b.WorkflowID) + "/" + url.PathEscape(b.RunID)
		}
		data.Rows = append(data.Rows, row)
	}
	return p.RenderTemplate(c, http.StatusOK, "broken", web.Page{Title: "broken.title", Data: data})
}
