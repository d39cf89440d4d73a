package staff

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

const (
	// bulkSample is how many filings a dry run shows.
	bulkSample = 10
	// bulkJobsListed and bulkFailures are how many a page has.
	bulkJobsListed = 20
	bulkFailures   = 100
	// defaultBulkRate is filings a second.
	defaultBulkRate = 5
	// bulkBeginsWithin is how soon a job's workflow begins where all is well; then the page
	// offers to begin it.
	bulkBeginsWithin = 10 * time.Second
)

// bulkData is the page of a search, its dry run, and the jobs there were.
type bulkData struct {
	// Form is the search, Start what starts a job of what its dry run found.
	web.Form
	Start web.Form
	// HolderChosen is the holder that is searched for, as an address has it.
	HolderChosen string
	// Searched tells that there was a dry run: Count and Sample are its result.
	Searched bool
	Count    int
	Sample   []store.Filing
	// Query, Found and Token go with Start, and Count: the search, when the dry run was, and
	// the mark by which sending the form twice makes one job.
	Query, Found, Token string
	// Grown tells that more fits than when Start was sent.
	Grown bool
	Jobs  []bulkRow
	Next  int64
}

// HasProblems tells whether the page shows problems, which its title then says.
func (d bulkData) HasProblems() bool { return d.Form.HasProblems() || d.Start.HasProblems() }

// bulkRow is a job in the list.
type bulkRow struct {
	store.BulkJob
	Search store.StuckFilter
}

// stuckFields are what stuck filings are searched by: as all filings, and by when they got
// stuck.
func stuckFields(t *locale.Localizer, codes filing.Tables) []web.Field {
	return append(searchFields(t, codes), web.Field{Name: "until", Type: "datetime-local"})
}

// stuckSearched reads a search of what is stuck by a time, so that a job made after a dry
// run has nothing that got stuck in between.
func (p *Pages) stuckSearched(q url.Values, by time.Time) (f store.StuckFilter, values url.Values, problems filing.Problems) {
	f.Until = by
	f.FilingSearch, values, problems = p.searched(q, by)
	if typed := web.Trimmed(q, "until"); typed != "" {
		values.Set("until", typed)
		until, err := time.ParseInLocation(web.DateTimeField, typed, web.China)
		if err != nil {
			problems = append(problems, filing.Problem{Field: "until", Key: "search_until"})
		} else if until.Before(by) {
			f.Until = until
		}
	}
	return f, values, problems
}

// fieldFind asks for a dry run whatever else is asked for.
const fieldFind = "find"

func stuckPath(q url.Values) string { return "/support/stuck?" + q.Encode() }

// dryRunPath is the page with a search's dry run.
func dryRunPath(values url.Values) string {
	q := maps.Clone(values)
	q.Set(fieldFind, "1")
	return stuckPath(q)
}

// isKnownSearch tells whether a search has nothing but what it may be made of: ignoring the rest
// would match more than the search says.
func (p *Pages) isKnownSearch(q url.Values) bool {
	known := []string{"holder", fieldFind, "after"}
	for _, f := range stuckFields(p.Texts.For("zh"), filing.BuiltIn()) { // names are the same in every language
		known = append(known, f.Name)
	}
	for name := range q {
		if !slices.Contains(known, name) {
			return false
		}
	}
	return true
}

// bulkStart is the form that starts a job, as it is drawn: new, or back with problems.
type bulkStart struct {
	token    string
	found    time.Time
	values   url.Values
	problems filing.Problems
	// grown tells that more fits than was shown when it was sent.
	grown bool
}

// bulkPage is the search, with its dry run.
func (p *Pages) bulkPage(c *gin.Context) error {
	return p.showBulk(c, c.Request.URL.Query(), bulkStart{
		token: web.NewToken(), found: p.Store.Now(), values: url.Values{"resolution": {string(workflows.Retry)}, "rate": {strconv.Itoa(defaultBulkRate)}},
	})
}

func (p *Pages) showBulk(c *gin.Context, q url.Values, start bulkStart) error {
	ctx, t := c.Request.Context(), p.Texts.For(p.Lang(c))
	if !p.isKnownSearch(q) {
		return web.ErrBadRequest
	}
	f, values, problems := p.stuckSearched(q, start.found)
	if problems.For("holder") != nil { // holders are asked for on the search's page, which says what is wrong
		return web.Redirect(c, "/support/filings?"+values.Encode())
	}
	data := bulkData{
		Form: web.Build(t, formSearch, stuckFields(t, p.Tables(ctx)), values, problems), Start: web.Build(t, "bulk", bulkFields(t, f.Step), start.values, start.problems),
		HolderChosen: values.Get("holder"), Searched: len(problems) == 0 && (len(values) > 0 || q.Has(fieldFind)),
		Query: values.Encode(), Found: start.found.UTC().Format(time.RFC3339Nano), Token: start.token, Grown: start.grown,
	}
	var err error
	if data.Searched {
		if data.Count, err = p.Store.CountStuck(ctx, f); err == nil {
			data.Sample, err = p.Store.StuckFilings(ctx, f, bulkSample)
		}
	}
	if data.Count == 0 { // there is no form to mend
		data.Start.Problems = nil
	}
	after, _ := strconv.ParseInt(q.Get("after"), 10, 64) // nonsense is the newest
	var jobs []store.BulkJob
	if err == nil {
		jobs, err = p.Store.Bulks(ctx, after, bulkJobsListed+1)
	}
	if len(jobs) > bulkJobsListed {
		jobs = jobs[:bulkJobsListed]
		data.Next = jobs[bulkJobsListed-1].ID
	}
	for i := 0; err == nil && i < len(jobs); i++ {
		var search store.StuckFilter
		search, err = jobs[i].Search()
		data.Jobs = append(data.Jobs, bulkRow{jobs[i], search})
	}
	if err != nil {
		return err
	}
	status := http.StatusOK
	switch {
	case data.HasProblems():
		status = http.StatusUnprocessableEntity
	case data.Grown:
		status = http.StatusConflict
	}
	return p.RenderTemplate(c, status, "bulk", web.Page{Title: "bulk.title", Data: data})
}

// bulkResolutions are what can be done to all that a search finds: giving many filings up
// at once is nobody's wish, and skipping needs one step that may be skipped.
func bulkResolutions(step string) []workflows.Resolution {
	if workflows.Skippable(step) {
		return []workflows.Resolution{workflows.Retry, workflows.Skip}
	}
	return []workflows.Resolution{workflows.Retry}
}

func bulkFields(t *locale.Localizer, step string) []web.Field {
	var resolutions []web.Option
	for _, r := range bulkResolutions(step) {
		resolutions = append(resolutions, web.Option{Value: string(r), Label: t.T("bulk.resolution."+string(r), nil)})
	}
	return []web.Field{
		{Name: "resolution", Type: "select", Required: true, Options: resolutions},
		{Name: "rate", Type: "number", Required: true},
		{Name: fieldWhy, Type: "textarea", Required: true},
	}
}

// startBulk makes a job of what the dry run found, and starts it.
func (p *Pages) startBulk(c *gin.Context) error {
	values := web.PostForm(c)
	q, err := url.ParseQuery(values.Get("search"))
	found, err2 := time.Parse(time.RFC3339Nano, values.Get("found"))
	token := values.Get("token")
	if err != nil || err2 != nil || !values.Has("search") || !p.isKnownSearch(q) || !web.ValidToken(token) {
		return web.ErrBadRequest
	}
	if now := p.Store.Now(); found.After(now) {
		found = now
	}
	search, _, wrong := p.stuckSearched(q, found)
	reason, problems := staffReasonOf(values, fieldWhy, true)
	resolution := workflows.Resolution(values.Get("resolution"))
	if !slices.Contains(bulkResolutions(search.Step), resolution) {
		problems = append(problems, filing.Problem{Field: "resolution", Key: "choose"})
	}
	rate := web.Number(values, "rate")
	if rate < 1 || rate != workflows.BulkRate(rate) {
		problems = append(problems, filing.Problem{Field: "rate", Key: "bulk_rate", Args: map[string]any{"max": workflows.MaxBulkRate}})
	}
	if len(problems) > 0 || len(wrong) > 0 {
		q.Set(fieldFind, "1")
		return p.showBulk(c, q, bulkStart{token: token, found: found, values: values, problems: problems})
	}
	job := store.BulkJob{Token: token, Resolution: string(resolution), Rate: rate, CreatedBy: p.Actor(c)}
	var id int64
	err = p.Audited(c, p.AuditEntry(c, "bulk.start", "bulk", token, reason), func(ctx context.Context) (err error) {
		id, err = p.Store.AddBulk(ctx, job, search, web.Number(values, "count"))
		return err
	})
	switch {
	case errors.Is(err, store.ErrNothingStuck):
		p.Flash(c, "flash.bulk_nothing")
		return web.Redirect(c, "/support/stuck")
	case errors.Is(err, store.ErrMoreStuck):
		q.Set(fieldFind, "1")
		return p.showBulk(c, q, bulkStart{token: token, found: p.Store.Now(), values: values, grown: true})
	case err != nil:
		return err
	}
	if err := p.Filings.StartBulk(c.Request.Context(), id); err != nil {
		p.Logger.Error("a bulk job wasn't started", "job", id, "error", err)
		p.Flash(c, "flash.bulk_not_begun")
	}
	return web.Redirect(c, bulkPath(id))
}

func bulkPath(id int64) string { return "/support/bulk/" + web.IdText(id) }

// withBulk opens the job of a page.
func (p *Pages) withBulk(handle func(*gin.Context, store.BulkJob) error) web.Handler {
	return func(c *gin.Context) error {
		id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
		job, err := p.Store.Bulk(c.Request.Context(), id)
		if err != nil {
			return err
		}
		return handle(c, job)
	}
}

// bulkJobData is a job's page.
type bulkJobData struct {
	bulkRow
	Counts map[store.BulkOutcome]int
	// Acts are what can be done about it now, by whom may.
	Acts     []string
	Failures []store.BulkItem
	// Live: the page renews itself; it shows the first failures then.
	Live bool
	Next int64
}

// Had is how many filings had their turn.
func (d bulkJobData) Had() int { return d.Total - d.Counts[""] }

// Count is how many filings had an outcome.
func (d bulkJobData) Count(outcome string) int { return d.Counts[store.BulkOutcome(outcome)] }

// Outcomes are the counts that the page shows.
func (bulkJobData) Outcomes() []store.BulkOutcome {
	return []store.BulkOutcome{store.BulkResumed, store.BulkMovedOn, store.BulkFailed}
}

// actBegin starts a job's workflow that the panel didn't get to start.
const actBegin = "begin"

// bulkActs are what can be done about a job as it stands.
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
	return p.showBulkJob(c, job, "bulk_job")
}

// bulkProgress is the part of a job's page that renews itself.
func (p *Pages) bulkProgress(c *gin.Context, job store.BulkJob) error {
	c.Header("Cache-Control", "no-store")
	return p.showBulkJob(c, job, "bulk_progress")
}

func (p *Pages) showBulkJob(c *gin.Context, job store.BulkJob, template string) error {
	ctx := c.Request.Context()
	data := bulkJobData{bulkRow: bulkRow{BulkJob: job}, Acts: bulkActs(job, p.Store.Now())}
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the first
	data.Live = after == 0 && !job.State.Over()
	var err error
	if data.Search, err = job.Search(); err == nil {
		data.Counts, err = p.Store.BulkCounts(ctx, job.ID)
	}
	if err == nil {
		data.Failures, err = p.Store.BulkItems(ctx, job.ID, store.BulkFailed, after, bulkFailures+1)
	}
	if err != nil {
		return err
	}
	if len(data.Failures) > bulkFailures {
		data.Failures = data.Failures[:bulkFailures]
		data.Next = data.Failures[bulkFailures-1].FilingID
	}
	heading := p.Texts.For(p.Lang(c)).T("bulk.job", map[string]any{"id": job.ID})
	return p.RenderTemplate(c, http.StatusOK, template, web.Page{Title: "bulk.title", Heading: heading, Data: data})
}

// controlBulk pauses, continues, stops or begins a job.
func (p *Pages) controlBulk(c *gin.Context, job store.BulkJob) error {
	act := web.PostForm(c).Get("act")
	if !slices.Contains([]string{actBegin, string(workflows.BulkPause), string(workflows.BulkContinue), string(workflows.BulkStop)}, act) {
		return web.ErrBadRequest
	}
	err := p.Asked(c, p.AuditEntry(c, "bulk."+act, "bulk", web.IdText(job.ID), ""), func() error {
		if act == actBegin {
			return p.Filings.StartBulk(c.Request.Context(), job.ID)
		}
		return p.Filings.ControlBulk(c.Request.Context(), job.ID, workflows.BulkControl{Act: workflows.BulkAct(act)})
	})
	switch {
	case errors.Is(err, workflows.ErrWrongStage):
		p.Flash(c, "flash.bulk_moved_on")
	case err != nil:
		return err
	}
	return web.Redirect(c, bulkPath(job.ID))
}
