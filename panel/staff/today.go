package staff

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
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
	t := p.T(c)
	for _, group := range []struct {
		key   string
		lines func(context.Context, *locale.Localizer) ([]waiting, error)
	}{
		{"stuck", p.stuckToday}, {"broken", p.brokenToday}, {"exchanges", p.silentToday}, {"vetting", p.vettingToday},
		{"late", p.lateToday}, {"sites", p.sitesToday}, {"tasks", p.tasksToday}, {"tickets", p.ticketsToday},
	} {
		lines, err := group.lines(c.Request.Context(), t)
		if err != nil {
			return nil, err
		}
		if group.key == "tickets" && !p.Allowed(c, web.CanSeePersonal) {
			for i := range lines {
				lines[i].Href = ""
			}
		}
		if len(lines) > 0 {
			groups = append(groups, waitingGroup{group.key, lines})
		}
	}
	return groups, nil
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
	n, err := p.Store.CountStage(ctx, filing.Vetting, "", p.Store.Now())
	return p.counted(t, n, waiting{What: t.T("today.to_vet", nil), Action: "vet", Href: pathVetting}), err
}

// lateToday is what takes longer than usual at a bureau, or than it should elsewhere.
func (p *Pages) lateToday(ctx context.Context, t *locale.Localizer) (lines []waiting, err error) {
	now := p.Store.Now()
	late := func(stage filing.Stage, province string, days int) error {
		n, err := p.Store.CountStage(ctx, stage, province, now.Add(-time.Duration(days)*24*time.Hour))
		if err != nil {
			return err
		}
		what, query := t.T("stage."+string(stage), nil), url.Values{"stage": {string(stage)}, "age": {strconv.Itoa(days)}}
		if province != "" {
			what += " · " + p.Tables(ctx).Regions.Name(province)
			query.Set("province", province)
		}
		note := t.T("today.usual", map[string]any{"n": days})
		lines = append(lines, p.counted(t, n, waiting{What: what, Note: note, Href: searchPath(query)})...)
		return nil
	}
	if err = errors.Join(late(filing.Vetting, "", vettingWithin), late(filing.Submitting, "", submitWithin)); err != nil {
		return nil, err
	}
	provinces, err := p.Store.ProvincesIn(ctx, filing.Reviewing)
	for _, province := range provinces {
		days, err := p.usualDays(ctx, province, now)
		if err == nil {
			err = late(filing.Reviewing, province, days)
		}
		if err != nil {
			return nil, err
		}
	}
	return lines, err
}

// usualDays is after how many calendar days at a province's bureau a record is late now, whatever its kind: nine in
// ten are decided sooner.
func (p *Pages) usualDays(ctx context.Context, province string, now time.Time) (int, error) {
	most := 0
	for _, kind := range filing.ReviewedKinds {
		times, err := p.ReviewTimes(ctx, province, kind)
		if err != nil {
			return 0, err
		}
		most = max(most, dossierview.ExpectationOf(times, time.Time{}, now).Most)
	}
	days := most
	for !now.After(filing.AddWorkingDays(now.AddDate(0, 0, -days), most).AddDate(0, 0, 1)) {
		days++
	}
	return days, nil
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
