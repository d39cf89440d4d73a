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
	// bulkJobsListed is how many jobs a page lists.
	bulkJobsListed = 20
	// defaultBulkRate is in filings a second.
	defaultBulkRate = 5
)

// bulkData is the page of a search, its dry run, and the jobs so far.
type bulkData struct {
	// Form is the search, Start the form that starts a job with the result of the dry run.
	web.Form
	Start web.Form
	// HolderChosen is the holder that is searched for, as the address has it: hashed.
	HolderChosen string
	// Searched: there was a dry run, and Count and Sample are its result.
	Searched bool
	Count    int
	Sample   []store.Filing
	// Query, Found and Token go with Start: the search, the time of the dry run, and the mark that makes sending
	// the form twice start one job.
	Query, Found, Token string
	// Grown: the search matches more filings than when Start was sent.
	Grown bool
	Jobs  []bulkRow
	// Next is the address of the next jobs.
	Next string
}

func (d bulkData) status() int {
	switch {
	case d.Form.HasProblems() || d.Start.HasProblems():
		return http.StatusUnprocessableEntity
	case d.Grown:
		return http.StatusConflict
	}
	return http.StatusOK
}

// bulkRow is a job in the list.
type bulkRow struct {
	store.BulkJob
	Search store.StuckFilter
}

// stuckFields are the fields of a search of stuck filings: those of any search, and when they got stuck.
func stuckFields(t *locale.Localizer, codes filing.Tables) []web.Field {
	return append(searchFields(t, codes), web.Field{Name: "until", Type: "datetime-local"})
}

// stuckSearch is a search of stuck filings with its values as they were typed.
type stuckSearch struct {
	filingSearch
	until time.Time
}

func (s stuckSearch) filter() store.StuckFilter {
	return store.StuckFilter{FilingSearch: s.FilingSearch, Until: s.until}
}

// readStuckSearch reads a search of filings that were stuck by a time, so that a job leaves out filings that got
// stuck after its dry run.
func (p *Pages) readStuckSearch(q url.Values, by time.Time) stuckSearch {
	s := stuckSearch{p.readSearch(q, by), by}
	if typed := web.Trimmed(q, "until"); typed != "" {
		s.values.Set("until", typed)
		until, err := time.ParseInLocation(web.DateTimeField, typed, web.China)
		if err != nil {
			s.wrong("until", "search_until", nil)
		} else if until.Before(by) {
			s.until = until
		}
	}
	return s
}

// fieldFind asks for a dry run even of an empty search.
const fieldFind = "find"

func stuckPath(q url.Values) string { return "/support/stuck?" + q.Encode() }

// dryRunPath is the address of a search's dry run.
func dryRunPath(values url.Values) string {
	q := maps.Clone(values)
	q.Set(fieldFind, "1")
	return stuckPath(q)
}

// isKnownSearch tells whether a search has known fields only: ignoring a field would match more than it says.
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

// bulkStart is the form that starts a job: new, or to be corrected.
type bulkStart struct {
	filledForm
	token string
	found time.Time
	// grown: the search matches more than was shown when the form was sent.
	grown bool
}

// bulkPage is the search with its dry run.
func (p *Pages) bulkPage(c *gin.Context) error {
	values := url.Values{"resolution": {string(workflows.Retry)}, "rate": {strconv.Itoa(defaultBulkRate)}}
	start := bulkStart{filledForm: filledForm{values: values}, token: web.NewToken(), found: p.Store.Now()}
	return p.showBulk(c, c.Request.URL.Query(), start)
}

func (p *Pages) showBulk(c *gin.Context, q url.Values, start bulkStart) error {
	ctx, t := c.Request.Context(), p.T(c)
	if !p.isKnownSearch(q) {
		return web.ErrBadRequest
	}
	s := p.readStuckSearch(q, start.found)
	if s.problems.For("holder") != nil { // the search page asks for holders, and says what is wrong
		return web.Redirect(c, searchPath(s.values))
	}
	data := bulkData{
		Form:         web.Build(t, formSearch, stuckFields(t, p.Tables(ctx)), s.values, s.problems),
		Start:        p.Form(c, "bulk", bulkFields(t, s.Step), start.values, start.problems),
		HolderChosen: s.values.Get("holder"),
		Searched:     len(s.problems) == 0 && (len(s.values) > 0 || q.Has(fieldFind)),
		Query:        s.values.Encode(), Found: start.found.UTC().Format(time.RFC3339Nano),
		Token: start.token, Grown: start.grown,
	}
	if data.Searched {
		if err := p.dryRun(ctx, &data, s.filter()); err != nil {
			return err
		}
	}
	if data.Count == 0 { // there is no form to correct
		data.Start.Problems = nil
	}
	if err := p.fillJobs(ctx, &data, web.Number(q, "after")); err != nil {
		return err
	}
	return p.Render(c, data.status(), web.Page{Title: "bulk.title"}, web.With(bulkPage, data))
}

func (p *Pages) dryRun(ctx context.Context, data *bulkData, f store.StuckFilter) (err error) {
	if data.Count, err = p.Store.CountStuck(ctx, f); err != nil {
		return err
	}
	data.Sample, err = p.Store.StuckFilings(ctx, f, bulkSample)
	return err
}

// fillJobs lists the jobs after one, newest first.
func (p *Pages) fillJobs(ctx context.Context, data *bulkData, after int) error {
	jobs, err := p.Store.Bulks(ctx, int64(after), bulkJobsListed+1)
	if err != nil {
		return err
	}
	jobs, data.Next = web.Paged(jobs, bulkJobsListed, func(last store.BulkJob) string {
		return web.URL("/support/stuck?after=%d", last.ID)
	})
	for _, job := range jobs {
		search, err := job.Search()
		if err != nil {
			return err
		}
		data.Jobs = append(data.Jobs, bulkRow{job, search})
	}
	return nil
}

// bulkResolutions are the resolutions for everything that a search finds: nobody abandons filings in bulk, and
// skipping needs one step that may be skipped.
func bulkResolutions(step string) []workflows.Resolution {
	if workflows.Skippable(step) {
		return []workflows.Resolution{workflows.Retry, workflows.Skip}
	}
	return []workflows.Resolution{workflows.Retry}
}

func bulkFields(t *locale.Localizer, step string) []web.Field {
	resolutions := web.TextOptions(t, "bulk.resolution.", bulkResolutions(step)...)
	return []web.Field{
		{Name: "resolution", Type: "select", Required: true, Options: resolutions},
		{Name: "rate", Type: "number", Required: true},
		{Name: fieldWhy, Type: "textarea", Required: true},
	}
}

// startBulk makes a job of the dry run's result and starts it.
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
	search := p.readStuckSearch(q, found)
	reason, problems := staffReason(values, fieldWhy, true)
	resolution := workflows.Resolution(values.Get("resolution"))
	if !slices.Contains(bulkResolutions(search.Step), resolution) {
		problems = append(problems, filing.Problem{Field: "resolution", Key: "choose"})
	}
	rate := web.Number(values, "rate")
	if rate < 1 || rate != workflows.BulkRate(rate) {
		args := map[string]any{"max": workflows.MaxBulkRate}
		problems = append(problems, filing.Problem{Field: "rate", Key: "bulk_rate", Args: args})
	}
	q.Set(fieldFind, "1")
	start := bulkStart{filledForm: filledForm{values, problems}, token: token, found: found}
	if len(problems) > 0 || len(search.problems) > 0 {
		return p.showBulk(c, q, start)
	}
	job := store.BulkJob{Token: token, Resolution: string(resolution), Rate: rate, CreatedBy: p.Actor(c)}
	var id int64
	err = p.Audited(c, p.AuditEntry(c, "bulk.start", "bulk", token, reason), func(ctx context.Context) (err error) {
		id, err = p.Store.AddBulk(ctx, job, search.filter(), web.Number(values, "count"))
		return err
	})
	switch {
	case errors.Is(err, store.ErrNothingStuck):
		return p.RedirectWith(c, "/support/stuck", "flash.bulk_nothing")
	case errors.Is(err, store.ErrMoreStuck):
		start.found, start.grown = p.Store.Now(), true
		return p.showBulk(c, q, start)
	case err != nil:
		return err
	}
	if err := p.Filings.StartBulk(c.Request.Context(), id); err != nil {
		p.Logger.Error("starting a bulk job failed", "job", id, "error", err)
		p.Flash(c, "flash.bulk_not_begun")
	}
	return web.Redirect(c, bulkPath(id))
}
