package staff

import (
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

const (
	// bulkFailures is how many failures a page lists.
	bulkFailures = 100
	// bulkBeginsWithin is how soon a job's workflow normally begins; after that the page offers to begin it.
	bulkBeginsWithin = 10 * time.Second
)

func bulkPath(id int64) string { return "/support/bulk/" + web.IdText(id) }

// bulkJobData is a job's page.
type bulkJobData struct {
	bulkRow
	Counts map[store.BulkOutcome]int
	// Acts are the ways in which the job can be controlled now.
	Acts     []string
	Failures []store.BulkItem
	// Live: the page renews itself, and shows the first failures.
	Live bool
	// Next is the address of the next failures.
	Next string
}

// done is how many filings the job has processed.
func (d bulkJobData) done() int { return d.Total - d.Counts[""] }

// actBegin starts a job's workflow if the panel failed to.
const actBegin = "begin"

// bulkActs are the ways in which a job can be controlled in its state.
func bulkActs(job store.BulkJob, now time.Time) []string {
	switch job.State {
	case filing.BulkNew:
		if now.Sub(job.CreatedAt) > bulkBeginsWithin {
			return []string{actBegin}
		}
	case filing.BulkRunning:
		return []string{string(workflows.BulkPause), string(workflows.BulkStop)}
	case filing.BulkPaused:
		return []string{string(workflows.BulkContinue), string(workflows.BulkStop)}
	}
	return nil
}

func (p *Pages) bulkJobPage(c *gin.Context, job store.BulkJob) error {
	data, err := p.bulkJobData(c, job)
	if err != nil {
		return err
	}
	heading := p.T(c).T("bulk.job", map[string]any{"id": job.ID})
	return p.Render(c, http.StatusOK, web.Page{Heading: heading}, web.With(bulkJobPage, data))
}

// bulkProgress is the part of a job's page that renews itself.
func (p *Pages) bulkProgress(c *gin.Context, job store.BulkJob) error {
	data, err := p.bulkJobData(c, job)
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	return p.RenderFragment(c, web.With(bulkProgress, data))
}

func (p *Pages) bulkJobData(c *gin.Context, job store.BulkJob) (data bulkJobData, err error) {
	ctx := c.Request.Context()
	after := web.QueryID(c, "after")
	data = bulkJobData{
		bulkRow: bulkRow{BulkJob: job}, Acts: bulkActs(job, p.Store.Now()), Live: after == 0 && !job.State.Over(),
	}
	if data.Search, err = job.Search(); err != nil {
		return data, err
	}
	if data.Counts, err = p.Store.BulkCounts(ctx, job.ID); err != nil {
		return data, err
	}
	failures, err := p.Store.BulkItems(ctx, job.ID, store.BulkFailed, after, bulkFailures+1)
	data.Failures, data.Next = web.Paged(failures, bulkFailures, func(last store.BulkItem) string {
		return web.URL("/support/bulk/%d?after=%d", job.ID, last.FilingID)
	})
	return data, err
}

// bulkControls are all that a job's form may ask for.
var bulkControls = []string{
	actBegin, string(workflows.BulkPause), string(workflows.BulkContinue), string(workflows.BulkStop),
}

// controlBulk pauses, continues, stops or begins a job.
func (p *Pages) controlBulk(c *gin.Context, job store.BulkJob) error {
	act := web.PostForm(c).Get("act")
	if !slices.Contains(bulkControls, act) {
		return web.ErrBadRequest
	}
	err := p.Asked(c, p.AuditEntry(c, "bulk."+act, "bulk", web.IdText(job.ID), ""), func() error {
		if act == actBegin {
			return p.Filings.StartBulk(c.Request.Context(), job.ID)
		}
		return p.Filings.ControlBulk(c.Request.Context(), job.ID, workflows.BulkControl{Act: workflows.BulkAct(act)})
	})
	return p.Finish(c, err, bulkPath(job.ID), "", web.Refusals{workflows.ErrWrongStage: "flash.bulk_moved_on"})
}
