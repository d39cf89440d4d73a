package staff

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

const vettingsPerPage = 50

const pathVetting = "/support/vetting"

type vettingQueueData struct {
	Shown store.VettingScope
	// Choices are the scopes on offer; none for those who don't vet.
	Choices []store.VettingScope
	// Count is how many wait, whoever has them; Had is how many the reader holds.
	Count string
	Had   int
	Rows  []vettingRow
	// Next is the next page's address.
	Next string
}

// vettingRow is a dossier in the queue.
type vettingRow struct {
	store.QueuedVetting
	// View is its vetting for the reader.
	View        vettingView
	Nature, Age string
	// Label has the order's domains.
	Label store.FilingLabel
}

// holder describes a dossier's holder without personal data.
func (r vettingRow) holder(p *web.Page) string {
	region := ""
	if r.Province != "" {
		region = p.Region(r.Province)
	}
	switch {
	case r.Nature == "":
		return cmp.Or(region, "–")
	case region == "":
		return r.Nature
	}
	return r.Nature + " · " + region
}

// vettingQueue is what waits for vetting, oldest first.
func (p *Pages) vettingQueue(c *gin.Context) error {
	ctx, t, now := c.Request.Context(), p.T(c), p.Store.Now()
	data := vettingQueueData{Shown: store.VettingScope(c.Query("show"))}
	if p.Allowed(c, web.CanVet) {
		data.Choices = []store.VettingScope{store.VettingsAll, store.VettingsFree, store.VettingsMine}
	}
	if !slices.Contains(data.Choices, data.Shown) {
		data.Shown = store.VettingsAll
	}
	var count store.Counted
	var queue, mine []store.QueuedVetting
	user, after := p.UserID(c), web.QueryCursor(c)
	if err := web.AtOnce(
		func() (err error) { count, err = p.Store.CountStage(ctx, filing.Vetting, now); return err },
		func() (err error) {
			mine, err = p.Store.VettingQueue(ctx, store.VettingsMine, user, store.Cursor{}, maxHeld)
			return err
		},
		func() (err error) {
			queue, err = p.Store.VettingQueue(ctx, data.Shown, user, after, vettingsPerPage+1)
			return err
		}); err != nil {
		return err
	}
	data.Count, data.Had = count.Text(), len(mine)
	queue, data.Next = web.Paged(queue, vettingsPerPage, func(last store.QueuedVetting) string {
		return web.URL(pathVetting+"?show=%s&after=%s", string(data.Shown), web.FormatCursor(last.Cursor()))
	})
	ids := make([]int64, len(queue))
	for i, q := range queue {
		ids[i] = q.FilingID
	}
	labels, err := p.Store.FilingLabels(ctx, ids, false)
	if err != nil {
		return err
	}
	natures := dossierview.WithBuiltIn(p.Tables(ctx)).Natures
	list := vettingList(c.Request.URL.Query()).Encode()
	for _, q := range queue {
		nature, _ := filing.CodeByID(natures, q.Nature)
		view := p.viewVetting(c, q.Vetting, q.Kind, q.Nature)
		view.List = list
		data.Rows = append(data.Rows,
			vettingRow{q, view, nature.In(t.Lang()), ageText(t, q.Since, now), labels[q.FilingID]})
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "vetting.title"}, web.With(vettingQueuePage, data))
}

// vettingList is which part of the queue an address shows, and from where.
func vettingList(q url.Values) url.Values {
	list := url.Values{}
	for _, name := range []string{"show", "after"} {
		if value := q.Get(name); value != "" {
			list.Set(name, value)
		}
	}
	return list
}

// queuePath is the address of the part of the queue that a form was sent from.
func queuePath(c *gin.Context) string {
	typed, err := url.ParseQuery(web.PostForm(c).Get(fieldList))
	if list := vettingList(typed); err == nil && len(list) > 0 {
		return pathVetting + "?" + list.Encode()
	}
	return pathVetting
}

// maxHeld bounds how many of one reviewer's dossiers are read.
const maxHeld = 100

// takeNextVetting gives the reader the free dossier that has waited longest (领取下一件). The form says how many they held
// when it was drawn: if they hold more now, they sent it twice, and go to what the first time brought.
func (p *Pages) takeNextVetting(c *gin.Context) error {
	mine, err := p.Store.VettingQueue(c.Request.Context(), store.VettingsMine, p.UserID(c), store.Cursor{}, maxHeld)
	if err != nil {
		return err
	}
	if len(mine) > web.Number(web.PostForm(c), "had") {
		last := slices.MaxFunc(mine, func(a, b store.QueuedVetting) int { return a.TakenAt.Time.Compare(b.TakenAt.Time) })
		return web.Redirect(c, vettingPath(last.OrderNumber, last.Serial))
	}
	next, err := p.takeFreeVetting(c)
	if err == nil {
		return web.Redirect(c, vettingPath(next.OrderNumber, next.Serial))
	}
	return p.Finish(c, err, pathVetting, "", web.Refusals{
		store.ErrNotFound: "flash.vetting_none", store.ErrConflict: "flash.vetting_none",
	})
}

// takeFreeVetting gives the reader the free dossier that has waited longest.
func (p *Pages) takeFreeVetting(c *gin.Context) (next store.QueuedVetting, err error) {
	err = p.Audited(c, p.AuditEntry(c, "vetting.take", "filing", "", ""), func(ctx context.Context) (err error) {
		next, err = p.Store.TakeNextVetting(ctx, p.UserID(c), p.VettingLease)
		return err
	})
	return next, err
}

// vettingPath is the page on which a dossier is vetted.
func vettingPath(order string, serial int) string {
	return web.URL("/support/filings/%s/dossier?serial=%d", order, serial)
}

// takeVetting gives the reader a dossier of their choice. What they had typed before losing it is in the form again.
func (p *Pages) takeVetting(c *gin.Context, f store.Filing) error {
	values := web.PostForm(c)
	err := p.Audited(c, p.AuditEntry(c, "vetting.take", "filing", f.Ref(), ""), func(ctx context.Context) error {
		return p.Store.TakeVetting(ctx, f.ID, web.Number(values, "revision"), p.UserID(c), p.VettingLease)
	})
	path := vettingPath(f.OrderNumber, f.Serial)
	switch {
	case err == nil && saysWhy(values):
		return p.showSupportDossier(c, http.StatusOK, f, filledForm{values: values})
	case errors.Is(err, store.ErrHeld):
		return p.RedirectWith(c, path, "flash.vetting_held")
	case errors.Is(err, store.ErrSameReviewer):
		return p.RedirectWith(c, path, "flash.vetting_same")
	case err != nil:
		path = queuePath(c)
	}
	return p.Finish(c, err, path, "", web.MovedOn)
}

// saysWhy tells whether the form that sends a dossier back was filled in.
func saysWhy(values url.Values) bool {
	for name, typed := range values {
		if (name == "reasons" || name == "text" || strings.HasPrefix(name, notePrefix)) && strings.Join(typed, "") != "" {
			return true
		}
	}
	return false
}

// releaseVetting gives up a dossier that the reader has, or takes it from a colleague. The form
// names the colleague: whoever took it since keeps it.
func (p *Pages) releaseVetting(c *gin.Context, f store.Filing) error {
	values, action := web.PostForm(c), "vetting.release"
	holder := cmp.Or(int64(web.Number(values, "reviewer")), p.UserID(c))
	if holder != p.UserID(c) {
		if err := p.Demand(c, web.CanManageVetting); err != nil {
			return err
		}
		action = "vetting.take_away"
	}
	err := p.Audited(c, p.AuditEntry(c, action, "filing", f.Ref(), ""), func(ctx context.Context) error {
		return p.Store.ReleaseVetting(ctx, f.ID, web.Number(values, "revision"), holder)
	})
	return p.Finish(c, err, queuePath(c), "flash.done", web.Refusals{store.ErrConflict: "flash.moved_on"})
}
