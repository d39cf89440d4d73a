package staff

import (
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
	// Choices are what can be shown, where the reader is somebody who checks.
	Choices []store.VettingScope
	// Count is how many wait, whoever has them; Had is how many the reader has.
	Count string
	Had   int
	Rows  []vettingRow
	// Next is the next page's address.
	Next string
}

// vettingRow is a dossier of the queue, as its reader may deal with it.
type vettingRow struct {
	store.QueuedVetting
	vetting vettingView
	Nature  string
	Age     string
}

// View is how the check stands for the reader.
func (r vettingRow) View() vettingView { return r.vetting }

// vettingQueue is what waits for vetting, oldest first.
func (p *Pages) vettingQueue(c *gin.Context) error {
	ctx, t, now := c.Request.Context(), p.Texts.For(p.Lang(c)), p.Store.Now()
	data := vettingQueueData{Shown: store.VettingScope(c.Query("show"))}
	if p.Allowed(c, web.CanVet) {
		data.Choices = []store.VettingScope{store.VettingsAll, store.VettingsFree, store.VettingsMine}
	}
	if !slices.Contains(data.Choices, data.Shown) {
		data.Shown = store.VettingsAll
	}
	after, err := web.ParseCursor(c.Query("after"))
	if err != nil {
		after = store.Cursor{} // nonsense is the start
	}
	count, err := p.Store.CountStage(ctx, filing.Vetting, "", now)
	data.Count = count.Text()
	var queue, mine []store.QueuedVetting
	if err == nil {
		mine, err = p.Store.VettingQueue(ctx, store.VettingsMine, p.UserID(c), store.Cursor{}, maxHeld)
		data.Had = len(mine)
	}
	if err == nil {
		queue, err = p.Store.VettingQueue(ctx, data.Shown, p.UserID(c), after, vettingsPerPage+1)
	}
	if err != nil {
		return err
	}
	if len(queue) > vettingsPerPage {
		queue = queue[:vettingsPerPage]
		data.Next = pathVetting + "?" + url.Values{"show": {string(data.Shown)}, "after": {web.FormatCursor(queue[vettingsPerPage-1].Cursor())}}.Encode()
	}
	natures := dossierview.WithBuiltIn(p.Tables(ctx)).Natures
	for _, q := range queue {
		nature, _ := filing.CodeByID(natures, q.Nature)
		row := vettingRow{QueuedVetting: q, vetting: p.viewVetting(c, q.Vetting, q.Kind, q.Nature), Age: ageText(t, q.Since, now)}
		row.Nature = nature.In(t.Lang())
		data.Rows = append(data.Rows, row)
	}
	return p.RenderTemplate(c, http.StatusOK, "vetting_queue", web.Page{Title: "vetting.title", Data: data})
}

// maxHeld is how many that one reviewer has are looked at.
const maxHeld = 100

// takeNextVetting gives the reader what waits longest and is free (领取下一件). The form says
// how many they had when it was drawn: who has more by now has sent it before, and is led
// to what they got.
func (p *Pages) takeNextVetting(c *gin.Context) error {
	mine, err := p.Store.VettingQueue(c.Request.Context(), store.VettingsMine, p.UserID(c), store.Cursor{}, maxHeld)
	if err != nil {
		return err
	}
	if len(mine) > web.Number(web.PostForm(c), "had") {
		last := slices.MaxFunc(mine, func(a, b store.QueuedVetting) int { return a.TakenAt.Time.Compare(b.TakenAt.Time) })
		return web.Redirect(c, vettingPath(last.OrderNumber, last.Serial))
	}
	var next store.QueuedVetting
	err = p.Audited(c, p.AuditEntry(c, "vetting.take", "filing", "", ""), func(ctx context.Context) (err error) {
		next, err = p.Store.TakeNextVetting(ctx, p.UserID(c), p.VettingLease)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict):
		p.Flash(c, "flash.vetting_none")
		return web.Redirect(c, pathVetting)
	case err != nil:
		return err
	default:
		return web.Redirect(c, vettingPath(next.OrderNumber, next.Serial))
	}
}

// vettingPath is the page on which a dossier is checked.
func vettingPath(order string, serial int) string {
	return "/support/filings/" + url.PathEscape(order) + "/dossier?" + url.Values{"serial": {web.IdText(int64(serial))}}.Encode()
}

// postedVetting finds the filing that a form of a check is about.
func (p *Pages) postedVetting(c *gin.Context) (store.Filing, error) {
	return p.Store.FilingBySerial(c.Request.Context(), c.Param("number"), max(1, web.Number(web.PostForm(c), "serial")))
}

// takeVetting gives the reader a check of their choice. What they had typed about it, when
// they lost it, stands in the form again.
func (p *Pages) takeVetting(c *gin.Context) error {
	f, err := p.postedVetting(c)
	if err == nil {
		err = p.Audited(c, p.AuditEntry(c, "vetting.take", "filing", f.Ref(), ""), func(ctx context.Context) error {
			return p.Store.TakeVetting(ctx, f.ID, web.Number(web.PostForm(c), "revision"), p.UserID(c), p.VettingLease)
		})
	}
	if values := web.PostForm(c); err == nil && saysWhy(values) {
		return p.showSupportDossier(c, http.StatusOK, f, values, nil)
	}
	switch {
	case errors.Is(err, store.ErrHeld):
		p.Flash(c, "flash.vetting_held")
	case errors.Is(err, store.ErrSameReviewer):
		p.Flash(c, "flash.vetting_same")
	case errors.Is(err, store.ErrConflict):
		p.Flash(c, "flash.moved_on")
		return web.Redirect(c, pathVetting)
	case err != nil:
		return err
	}
	return web.Redirect(c, vettingPath(f.OrderNumber, f.Serial))
}

// saysWhy tells whether something was typed into the form that sends back.
func saysWhy(values url.Values) bool {
	for name, typed := range values {
		if (name == "reasons" || name == "text" || strings.HasPrefix(name, notePrefix)) && strings.Join(typed, "") != "" {
			return true
		}
	}
	return false
}

// releaseVetting gives a check back that the reader has, or takes it from a colleague, which
// the form names: who took it since keeps it.
func (p *Pages) releaseVetting(c *gin.Context) error {
	f, err := p.postedVetting(c)
	if err != nil {
		return err
	}
	values, action := web.PostForm(c), "vetting.release"
	holder := int64(web.Number(values, "reviewer"))
	if holder == 0 {
		holder = p.UserID(c)
	}
	if holder != p.UserID(c) {
		if !p.Allowed(c, web.CanManageVetting) {
			p.Require(web.CanManageVetting)(c)
			return nil
		}
		action = "vetting.take_away"
	}
	err = p.Audited(c, p.AuditEntry(c, action, "filing", f.Ref(), ""), func(ctx context.Context) error {
		return p.Store.ReleaseVetting(ctx, f.ID, web.Number(values, "revision"), holder)
	})
	switch {
	case errors.Is(err, store.ErrConflict):
		p.Flash(c, "flash.moved_on")
	case err != nil:
		return err
	default:
		p.Flash(c, "flash.done")
	}
	return web.Redirect(c, pathVetting)
}
