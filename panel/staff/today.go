package staff

import (
	"context"
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
	// vettingWithin is how many days vetting usually takes at most, submitWithin how
	// many a record waits for a data file that the bureau accepts: exchanges run every few
	// minutes, but bureaus have hours, and close for a weekend.
	vettingWithin, submitWithin = 2, 3
	// silentAfter is how long nothing may be heard of an exchange: its usual pause is
	// minutes, and one run may last a quarter of an hour.
	silentAfter = time.Hour
)

// waiting is a line of what wants a human: of one kind, however many there are.
type waiting struct {
	What string
	// Note says more, such as by what measure something is late.
	Note  string
	Count string
	Age   string
	// Href is where it is dealt with, Action the key of what the link says; empty where
	// the reader may not.
	Href, Action string
}

// waitingGroup is a part of the page; Key is of its title, "today.KEY".
type waitingGroup struct {
	Key   string
	Lines []waiting
}

type todayData struct {
	Groups []waitingGroup
	At     time.Time
}

// todayPage is staff's first page: what wants a human. It renews itself.
func (p *Pages) todayPage(c *gin.Context) error { return p.showToday(c, "today") }

// todayLines is the part of it that changes.
func (p *Pages) todayLines(c *gin.Context) error { return p.showToday(c, "today_lines") }

func (p *Pages) showToday(c *gin.Context, template string) error {
	t := p.Texts.For(p.Lang(c))
	data := todayData{At: p.Store.Now()}
	for _, group := range []struct {
		key   string
		lines func(context.Context, *locale.Localizer) ([]waiting, error)
	}{
		{"stuck", p.stuckToday}, {"broken", p.brokenToday}, {"exchanges", p.silentToday}, {"vetting", p.vettingToday}, {"late", p.lateToday}, {"sites", p.sitesToday}, {"tasks", p.tasksToday}, {"tickets", p.ticketsToday},
	} {
		lines, err := group.lines(c.Request.Context(), t)
		if err != nil {
			return err
		}
		if group.key == "tickets" && !p.Allowed(c, web.CanSeePersonal) {
			for i := range lines {
				lines[i].Href = ""
			}
		}
		if len(lines) > 0 {
			data.Groups = append(data.Groups, waitingGroup{group.key, lines})
		}
	}
	return p.RenderTemplate(c, http.StatusOK, template, web.Page{Title: "today.title", Data: data})
}

// line is a line of what was counted; none where nothing waits.
func (p *Pages) line(t *locale.Localizer, what string, n store.Counted, action string, path string, query url.Values) []waiting {
	if n.N == 0 {
		return nil
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return []waiting{{What: what, Count: n.Text(), Age: ageText(t, n.Oldest.Time, p.Store.Now()), Action: action, Href: path}}
}

// ageText is how long ago something was, in the largest unit that it fills.
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

// stuckToday is one line for each cause: an outage is one thing to mend.
func (p *Pages) stuckToday(ctx context.Context, t *locale.Localizer) (lines []waiting, err error) {
	causes, err := p.Store.StuckCauses(ctx)
	for _, c := range causes {
		lines = append(lines, p.line(t, causeText(t, c.Cause), c.Counted, "look", "/support/filings", url.Values{"step": {c.Step}, "reason": {c.Reason}})...)
	}
	return lines, err
}

// textOr is a text, or the key itself where there is none: an older panel sees a newer
// worker's.
func textOr(t *locale.Localizer, prefix, key string) string {
	if text := dossierview.TextIf(t, prefix, key); text != "" {
		return text
	}
	return key
}

func (p *Pages) silentToday(ctx context.Context, t *locale.Localizer) (lines []waiting, err error) {
	now := p.Store.Now()
	accounts, err := p.Store.SilentAccounts(ctx, now.Add(-silentAfter))
	for _, a := range accounts {
		line := waiting{What: t.T("bureau.account", map[string]any{"name": a.Name}), Note: t.T("today.silent", nil), Count: "1", Age: ageText(t, a.Since, now), Action: "look", Href: "/support/bureau"}
		if a.Code.Valid {
			line.Note = t.T("bureau.stopped", map[string]any{"code": a.Code.Int64})
		}
		lines = append(lines, line)
	}
	return lines, err
}

func (p *Pages) vettingToday(ctx context.Context, t *locale.Localizer) ([]waiting, error) {
	n, err := p.Store.CountStage(ctx, filing.Vetting, "", p.Store.Now())
	return p.line(t, t.T("today.to_vet", nil), n, "vet", pathVetting, nil), err
}

// lateToday is what is past its usual time: with a bureau by what that bureau usually
// takes, elsewhere by what it should take.
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
		for _, line := range p.line(t, what, n, "look", "/support/filings", query) {
			line.Note = t.T("today.usual", map[string]any{"n": days})
			lines = append(lines, line)
		}
		return nil
	}
	if err := late(filing.Vetting, "", vettingWithin); err != nil {
		return nil, err
	}
	if err := late(filing.Submitting, "", submitWithin); err != nil {
		return nil, err
	}
	provinces, err := p.Store.ProvincesIn(ctx, filing.Reviewing)
	if err != nil {
		return nil, err
	}
	for _, province := range provinces {
		days, err := p.usualDays(ctx, province, now)
		if err != nil {
			return nil, err
		}
		if err := late(filing.Reviewing, province, days); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// usualDays is how many calendar days before now a record must have come to a province's
// bureau to be late now, whatever its kind: nine in ten are decided sooner.
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
	return p.line(t, t.T("today.sites_broke", nil), n, "look", "/support/filings", url.Values{"state": {stateBroken}}), err
}

func (p *Pages) tasksToday(ctx context.Context, t *locale.Localizer) (lines []waiting, err error) {
	kinds, err := p.Store.CountTasks(ctx)
	for _, k := range kinds {
		lines = append(lines, p.line(t, textOr(t, "task_kind.", k.Kind), k.Counted, "look", "/support/bureau", nil)...)
	}
	return lines, err
}

func (p *Pages) ticketsToday(ctx context.Context, t *locale.Localizer) ([]waiting, error) {
	n, err := p.Store.CountOpenTickets(ctx)
	return p.line(t, t.T("tickets.staff", nil), n, "answer", "/support/tickets", nil), err
}
