package panel

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
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

// bulkRoutes are what staff do about many stuck filings at once.
func (s *Server) bulkRoutes(support staffRoutes) {
	support.GET("/bulk", canSee, s.bulkPage)
	support.POST("/bulk", canActInBulk, s.startBulk)
	support.GET("/bulk/:id", canSee, s.withBulk(s.bulkJobPage))
	support.GET("/bulk/:id/progress", canSee, s.withBulk(s.bulkProgress))
	support.POST("/bulk/:id/control", canActInBulk, s.withBulk(s.controlBulk))
}

// bulkData is the page of a search, its dry run, and the jobs there were.
type bulkData struct {
	form
	Search store.StuckFilter
	// Query is the search as the address has it.
	Query                            url.Values
	Steps, Causes, Stages, Provinces []option
	// Searched tells that there was a dry run: Count and Sample are its result.
	Searched bool
	Count    int
	Sample   []store.Filing
	// Token and Until go with the form that starts a job of what the dry run found.
	Token, Until string
	Jobs         []bulkRow
	Next         int64
}

// bulkRow is a job in the list.
type bulkRow struct {
	store.BulkJob
	Search store.StuckFilter
}

// bulkSearch reads a search. Without a time it is what is stuck by now, so that a job made
// after a dry run has nothing that got stuck in between.
func bulkSearch(q url.Values, now time.Time) (f store.StuckFilter, searched bool) {
	f = store.StuckFilter{Step: trimmed(q, "step"), Reason: trimmed(q, "cause"), Stage: filing.Stage(trimmed(q, "stage")), Province: trimmed(q, "province"), Until: now}
	if until, err := time.ParseInLocation(dateTimeField, q.Get("until"), china); err == nil && until.Before(now) {
		f.Until = until
	}
	if until, err := time.Parse(time.RFC3339Nano, q.Get("found")); err == nil && until.Before(now) {
		f.Until = until
	}
	searched = slices.ContainsFunc([]string{"step", "cause", "stage", "province", "until", "find"}, q.Has)
	return f, searched
}

// chosen are options for codes whose texts have a common beginning, one of them chosen.
func chosen(t *locale.Localizer, prefix string, codes []string, now string) []option {
	options := []option{{Label: t.T("support.all", nil)}}
	for _, code := range codes {
		options = append(options, option{Value: code, Label: t.T(prefix+code, nil), Selected: code == now})
	}
	return options
}

// bulkPage is the search, with its dry run.
func (s *Server) bulkPage(c *gin.Context) {
	values := url.Values{"resolution": {string(workflows.Retry)}, "rate": {strconv.Itoa(defaultBulkRate)}}
	s.showBulk(c, http.StatusOK, c.Request.URL.Query(), newToken(), values, nil)
}

func (s *Server) showBulk(c *gin.Context, status int, q url.Values, token string, values url.Values, problems filing.Problems) {
	ctx, t := c.Request.Context(), s.texts.For(s.lang(c))
	data := bulkData{Query: q, Token: token}
	data.Search, data.Searched = bulkSearch(q, s.cfg.Store.Now())
	data.Until = data.Search.Until.UTC().Format(time.RFC3339Nano)
	data.Steps = chosen(t, "stuck.", workflows.Steps(), data.Search.Step)
	data.Causes = chosen(t, "reason.", activities.StuckReasons(), data.Search.Reason)
	var stages []string
	for _, stage := range filing.Stages {
		stages = append(stages, string(stage))
	}
	data.Stages = chosen(t, "stage.", stages, string(data.Search.Stage))
	data.Provinces = append([]option{{Label: t.T("support.all", nil)}}, regionOptions(filing.Provinces())...)
	for i := range data.Provinces {
		data.Provinces[i].Selected = data.Provinces[i].Value == data.Search.Province
	}
	data.form = build(t, "bulk", bulkFields(t, data.Search.Step), values, problems)
	var err error
	if data.Searched {
		if data.Count, err = s.cfg.Store.CountStuck(ctx, data.Search); err == nil {
			data.Sample, err = s.cfg.Store.StuckFilings(ctx, data.Search, bulkSample)
		}
	}
	after, _ := strconv.ParseInt(q.Get("after"), 10, 64) // nonsense is the newest
	var jobs []store.BulkJob
	if err == nil {
		jobs, err = s.cfg.Store.Bulks(ctx, after, bulkJobsListed+1)
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
		s.fail(c, err)
		return
	}
	s.render(c, status, "bulk", page{Title: "bulk.title", Data: data})
}

// bulkResolutions are what can be done to all that a search finds: giving many filings up
// at once is nobody's wish, and skipping needs one step that may be skipped.
func bulkResolutions(step string) []workflows.Resolution {
	if workflows.Skippable(step) {
		return []workflows.Resolution{workflows.Retry, workflows.Skip}
	}
	return []workflows.Resolution{workflows.Retry}
}

func bulkFields(t *locale.Localizer, step string) []field {
	var resolutions []option
	for _, r := range bulkResolutions(step) {
		resolutions = append(resolutions, option{Value: string(r), Label: t.T("bulk.resolution."+string(r), nil)})
	}
	return []field{
		{Name: "resolution", Type: "select", Required: true, Options: resolutions},
		{Name: "rate", Type: "number", Required: true},
		{Name: "reason", Type: "textarea", Required: true},
	}
}

// startBulk makes a job of what the dry run found, and starts it.
func (s *Server) startBulk(c *gin.Context) {
	values := posted(c)
	search, _ := bulkSearch(values, s.cfg.Store.Now())
	token := values.Get("token")
	if !validToken(token) {
		s.fail(c, errBadRequest)
		return
	}
	reason, problems := staffReason(values, true)
	resolution := workflows.Resolution(values.Get("resolution"))
	if !slices.Contains(bulkResolutions(search.Step), resolution) {
		problems = append(problems, filing.Problem{Field: "resolution", Key: "choose"})
	}
	rate := number(values, "rate")
	if rate < 1 || rate != workflows.BulkRate(rate) {
		problems = append(problems, filing.Problem{Field: "rate", Key: "bulk_rate", Args: map[string]any{"max": workflows.MaxBulkRate}})
	}
	if len(problems) > 0 {
		q := url.Values{"find": {"1"}}
		for _, name := range []string{"step", "cause", "stage", "province", "until", "found"} {
			if value := trimmed(values, name); value != "" {
				q.Set(name, value)
			}
		}
		s.showBulk(c, http.StatusUnprocessableEntity, q, token, values, problems)
		return
	}
	job := store.BulkJob{Token: token, Resolution: string(resolution), Rate: rate, CreatedBy: s.actor(c)}
	var id int64
	err := s.did(c, s.deed(c, "bulk.start", "bulk", token, reason), func(ctx context.Context) (err error) {
		id, err = s.cfg.Store.AddBulk(ctx, job, search)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNothingStuck):
		s.flash(c, "flash.bulk_nothing")
		to(c, "/support/bulk")
		return
	case err != nil:
		s.fail(c, err)
		return
	}
	if err := s.cfg.Filings.StartBulk(c.Request.Context(), id); err != nil {
		s.cfg.Logger.Error("a bulk job wasn't started", "job", id, "error", err)
		s.flash(c, "flash.bulk_not_begun")
	}
	to(c, bulkPath(id))
}

func bulkPath(id int64) string { return "/support/bulk/" + idText(id) }

// withBulk opens the job of a page.
func (s *Server) withBulk(handle func(*gin.Context, store.BulkJob)) gin.HandlerFunc {
	return func(c *gin.Context) {
		id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
		job, err := s.cfg.Store.Bulk(c.Request.Context(), id)
		if err != nil {
			s.fail(c, err)
			return
		}
		handle(c, job)
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
	case store.BulkNew:
		if now.Sub(job.CreatedAt) > bulkBeginsWithin {
			return []string{actBegin}
		}
	case store.BulkRunning:
		return []string{string(workflows.BulkPause), string(workflows.BulkStop)}
	case store.BulkPaused:
		return []string{string(workflows.BulkContinue), string(workflows.BulkStop)}
	}
	return nil
}

func (s *Server) bulkJobPage(c *gin.Context, job store.BulkJob) { s.showBulkJob(c, job, "bulk_job") }

// bulkProgress is the part of a job's page that renews itself.
func (s *Server) bulkProgress(c *gin.Context, job store.BulkJob) {
	c.Header("Cache-Control", "no-store")
	s.showBulkJob(c, job, "bulk_progress")
}

func (s *Server) showBulkJob(c *gin.Context, job store.BulkJob, template string) {
	ctx := c.Request.Context()
	data := bulkJobData{bulkRow: bulkRow{BulkJob: job}, Acts: bulkActs(job, s.cfg.Store.Now())}
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the first
	data.Live = after == 0 && !job.State.Over()
	var err error
	if data.Search, err = job.Search(); err == nil {
		data.Counts, err = s.cfg.Store.BulkCounts(ctx, job.ID)
	}
	if err == nil {
		data.Failures, err = s.cfg.Store.BulkItems(ctx, job.ID, store.BulkFailed, after, bulkFailures+1)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if len(data.Failures) > bulkFailures {
		data.Failures = data.Failures[:bulkFailures]
		data.Next = data.Failures[bulkFailures-1].FilingID
	}
	heading := s.texts.For(s.lang(c)).T("bulk.job", map[string]any{"id": job.ID})
	s.render(c, http.StatusOK, template, page{Title: "bulk.title", Heading: heading, Data: data})
}

// controlBulk pauses, continues, stops or begins a job.
func (s *Server) controlBulk(c *gin.Context, job store.BulkJob) {
	act := posted(c).Get("act")
	if !slices.Contains([]string{actBegin, string(workflows.BulkPause), string(workflows.BulkContinue), string(workflows.BulkStop)}, act) {
		s.fail(c, errBadRequest)
		return
	}
	err := s.asked(c, s.deed(c, "bulk."+act, "bulk", idText(job.ID), ""), func() error {
		if act == actBegin {
			return s.cfg.Filings.StartBulk(c.Request.Context(), job.ID)
		}
		return s.cfg.Filings.ControlBulk(c.Request.Context(), job.ID, workflows.BulkControl{Act: workflows.BulkAct(act)})
	})
	switch {
	case errors.Is(err, workflows.ErrWrongStage):
		s.flash(c, "flash.bulk_moved_on")
	case err != nil:
		s.fail(c, err)
		return
	}
	to(c, bulkPath(job.ID))
}
