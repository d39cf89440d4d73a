package staff

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

const (
	// vettingWithin is how many days vetting should take, submitWithin how many a record may wait until the bureau
	// accepts its data file: exchanges run every few minutes, but bureaus close for the night and the weekend.
	vettingWithin, submitWithin = 2, 3
	// silentAfter is how long an account may go without an exchange: they usually run every few minutes, and one
	// may take a quarter of an hour.
	silentAfter = time.Hour
)

// waiting is one kind of thing that needs a human, and how many there are.
type waiting struct {
	What string
	// Note is an explanation, such as when something counts as late.
	Note  string
	Count string
	Age   string
	// Href is where it is dealt with, and Action the key of the link's text; empty if the reader may not.
	Href, Action string
}

// waitingGroup is a part of the page, titled "today.KEY".
type waitingGroup struct {
	Key   string
	Lines []waiting
}

// todayPage is the staff's first page: everything that needs a human. It renews itself.
func (p *Pages) todayPage(c *gin.Context) error {
	groups, err := p.waitingGroups(c)
	if err != nil {
		return err
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "today.title"}, web.With(todayPage, groups))
}

// todayLines is the part of the page that a script renews.
func (p *Pages) todayLines(c *gin.Context) error {
	groups, err := p.waitingGroups(c)
	if err != nil {
		return err
	}
	return p.RenderFragment(c, web.With(todayLines, groups))
}

func (p *Pages) waitingGroups(c *gin.Context) (groups []waitingGroup, err error) {
	t, ctx := p.T(c), c.Request.Context()
	sources := []struct {
		key   string
		lines func(context.Context, *locale.Localizer) ([]waiting, error)
	}{
		{"stuck", p.stuckToday}, {"broken", p.brokenToday}, {"exchanges", p.silentToday}, {"vetting", p.vettingToday},
		{"late", p.lateToday}, {"sites", p.sitesToday}, {"tasks", p.tasksToday}, {"tickets", p.ticketsToday},
	}
	groups = make([]waitingGroup, len(sources))
	reads := make([]func() error, len(sources))
	for i, source := range sources {
		groups[i].Key = source.key
		reads[i] = func() (err error) {
			groups[i].Lines, err = source.lines(ctx, t)
			return err
		}
	}
	if err := web.AtOnce(reads...); err != nil {
		return nil, err
	}
	for _, group := range groups {
		if group.Key == "tickets" && !p.Allowed(c, web.CanSeePersonal) {
			for i := range group.Lines {
				group.Lines[i].Href = ""
			}
		}
	}
	return slices.DeleteFunc(groups, func(g waitingGroup) bool { return len(g.Lines) == 0 }), nil
}

// counted completes a line with a count; there is no line where nothing waits.
func (p *Pages) counted(t *locale.Localizer, n store.Counted, line waiting) []waiting {
	if n.N == 0 {
		return nil
	}
	line.Count, line.Age = n.Text(), ageText(t, n.Oldest.Time, p.Store.Now())
	line.Action = cmp.Or(line.Action, "look")
	return []waiting{line}
}

// ageText is how long ago something was, in the largest unit that fits.
func ageText(t *locale.Localizer, since, now time.Time) string {
	age := max(0, now.Sub(since))
	switch {
	case age >= 48*time.Hour:
		return t.T("today.days", map[string]any{"n": int(age.Hours()) / 24})
	case age >= 2*time.Hour:
		return t.T("today.hours", map[string]any{"n": int(age.Hours())})
	}
	return t.T("today.minutes", map[string]any{"n": int(age.Minutes())})
}

// stuckToday is one line for each cause: an outage is one thing to fix.
func (p *Pages) stuckToday(ctx context.Context, t *locale.Localizer) (lines []waiting, err error) {
	causes, err := p.Store.StuckCauses(ctx)
	for _, c := range causes {
		href := searchPath(url.Values{"step": {c.Step}, "reason": {c.Reason}})
		lines = append(lines, p.counted(t, c.Counted, waiting{What: causeText(t, c.Cause), Href: href})...)
	}
	return lines, err
}

// textOr is a text, or the key itself if there is none: an older panel meets keys of a newer worker.
func textOr(t *locale.Localizer, prefix, key string) string {
	return cmp.Or(dossierview.TextIf(t, prefix, key), key)
}

func (p *Pages) silentToday(ctx context.Context, t *locale.Localizer) (lines []waiting, err error) {
	now := p.Store.Now()
	accounts, err := p.Store.SilentAccounts(ctx, now.Add(-silentAfter))
	for _, a := range accounts {
		line := waiting{
			What: t.T("bureau.account", map[string]any{"name": a.Name}), Note: t.T("today.silent", nil),
			Count: "1", Age: ageText(t, a.Since, now), Action: "look", Href: "/support/bureau",
		}
		if a.Code.Valid {
			line.Note = t.T("bureau.stopped", map[string]any{"code": a.Code.Int64})
		}
		lines = append(lines, line)
	}
	return lines, err
}

func (p *Pages) vettingToday(ctx context.Context, t *locale.Localizer) ([]waiting, error) {
	n, err := p.Store.CountStage(ctx, filing.Vetting, p.Store.Now())
	return p.counted(t, n, waiting{What: t.T("today.to_vet", nil), Action: "vet", Href: pathVetting}), err
}

// lateToday is what takes longer than usual at a bureau, or than it should elsewhere.
func (p *Pages) lateToday(ctx context.Context, t *locale.Localizer) (lines []waiting, err error) {
	now := p.Store.Now()
	ago := func(days int) time.Time { return now.Add(-time.Duration(days) * 24 * time.Hour) }
	late := func(stage filing.Stage, n store.Counted, province string, days int) {
		what, query := t.T("stage."+string(stage), nil), url.Values{"stage": {string(stage)}, "age": {strconv.Itoa(days)}}
		if province != "" {
			what += " · " + p.Tables(ctx).Regions.Name(province)
			query.Set("province", province)
		}
		note := t.T("today.usual", map[string]any{"n": days})
		lines = append(lines, p.counted(t, n, waiting{What: what, Note: note, Href: searchPath(query)})...)
	}
	var vetting, submitting store.Counted
	var reviewing []store.Counted
	var provinces []string
	var usual []int
	if err = web.AtOnce(
		func() (err error) {
			vetting, err = p.Store.CountStage(ctx, filing.Vetting, ago(vettingWithin))
			return err
		},
		func() (err error) {
			submitting, err = p.Store.CountStage(ctx, filing.Submitting, ago(submitWithin))
			return err
		},
		func() (err error) {
			if provinces, err = p.Store.ProvincesIn(ctx, filing.Reviewing); err != nil {
				return err
			}
			if usual, err = p.usualDays(ctx, provinces, now); err != nil {
				return err
			}
			in := make([]store.ProvinceBefore, len(provinces))
			for i, province := range provinces {
				in[i] = store.ProvinceBefore{Province: province, Before: ago(usual[i])}
			}
			reviewing, err = p.Store.CountStageIn(ctx, filing.Reviewing, in)
			return err
		}); err != nil {
		return nil, err
	}
	late(filing.Vetting, vetting, "", vettingWithin)
	late(filing.Submitting, submitting, "", submitWithin)
	for i, n := range reviewing {
		late(filing.Reviewing, n, provinces[i], usual[i])
	}
	return lines, nil
}

// usualDays is after how many calendar days at each province's bureau a record is late now, whatever its kind: nine in
// ten are decided sooner.
func (p *Pages) usualDays(ctx context.Context, provinces []string, now time.Time) ([]int, error) {
	kinds := filing.ReviewedKinds
	most := make([]int, len(provinces)*len(kinds))
	reads := make([]func() error, len(most))
	for i := range reads {
		reads[i] = func() error {
			times, err := p.ReviewTimes(ctx, provinces[i/len(kinds)], kinds[i%len(kinds)])
			most[i] = dossierview.ExpectationOf(times, time.Time{}, now).Most
			return err
		}
	}
	if err := web.AtOnce(reads...); err != nil {
		return nil, err
	}
	usual := make([]int, len(provinces))
	for i := range provinces {
		working := slices.Max(most[i*len(kinds) : (i+1)*len(kinds)])
		days := working
		for !now.After(filing.AddWorkingDays(now.AddDate(0, 0, -days), working).AddDate(0, 0, 1)) {
			days++
		}
		usual[i] = days
	}
	return usual, nil
}

func (p *Pages) sitesToday(ctx context.Context, t *locale.Localizer) ([]waiting, error) {
	n, err := p.Store.CountSiteBad(ctx)
	line := waiting{What: t.T("today.sites_broke", nil), Href: searchPath(url.Values{"state": {stateBroken}})}
	return p.counted(t, n, line), err
}

func (p *Pages) tasksToday(ctx context.Context, t *locale.Localizer) (lines []waiting, err error) {
	kinds, err := p.Store.CountTasks(ctx)
	for _, k := range kinds {
		line := waiting{What: textOr(t, "bureau_task_kind.", k.Kind), Href: "/support/bureau"}
		lines = append(lines, p.counted(t, k.Counted, line)...)
	}
	return lines, err
}

func (p *Pages) ticketsToday(ctx context.Context, t *locale.Localizer) ([]waiting, error) {
	n, err := p.Store.CountOpenTickets(ctx)
	return p.counted(t, n, waiting{What: t.T("tickets.staff", nil), Action: "answer", Href: "/support/tickets"}), err
}
