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

const checksPerPage = 50

const pathCheck = "/support/check"

type checkQueueData struct {
	Shown store.ChecksShown
	// Choices are what can be shown, where the reader is somebody who checks.
	Choices []store.ChecksShown
	// Count is how many wait, whoever has them; Had is how many the reader has.
	Count string
	Had   int
	Rows  []checkRow
	// Next is the next page's address.
	Next string
}

// checkRow is a dossier of the queue, as its reader may deal with it.
type checkRow struct {
	store.QueuedCheck
	check  checkView
	Nature string
	Age    string
}

// View is how the check stands for the reader.
func (r checkRow) View() checkView { return r.check }

// checkQueue is what waits for our own check, oldest first.
func (p *Pages) checkQueue(c *gin.Context) error {
	ctx, t, now := c.Request.Context(), p.Texts.For(p.Lang(c)), p.Store.Now()
	data := checkQueueData{Shown: store.ChecksShown(c.Query("show"))}
	if p.May(c, web.CanCheck) {
		data.Choices = []store.ChecksShown{store.ChecksAll, store.ChecksFree, store.ChecksMine}
	}
	if !slices.Contains(data.Choices, data.Shown) {
		data.Shown = store.ChecksAll
	}
	after, err := web.ParseCursor(c.Query("after"))
	if err != nil {
		after = store.Cursor{} // nonsense is the start
	}
	count, err := p.Store.CountStage(ctx, filing.Checking, "", now)
	data.Count = count.Text()
	var queue, mine []store.QueuedCheck
	if err == nil {
		mine, err = p.Store.CheckQueue(ctx, store.ChecksMine, p.UserID(c), store.Cursor{}, maxHeld)
		data.Had = len(mine)
	}
	if err == nil {
		queue, err = p.Store.CheckQueue(ctx, data.Shown, p.UserID(c), after, checksPerPage+1)
	}
	if err != nil {
		return err
	}
	if len(queue) > checksPerPage {
		queue = queue[:checksPerPage]
		data.Next = pathCheck + "?" + url.Values{"show": {string(data.Shown)}, "after": {web.FormatCursor(queue[checksPerPage-1].Cursor())}}.Encode()
	}
	natures := dossierview.WithBuiltIn(p.Tables(ctx)).Natures
	for _, q := range queue {
		nature, _ := filing.CodeByID(natures, q.Nature)
		row := checkRow{QueuedCheck: q, check: p.viewCheck(c, q.Check, q.Kind, q.Nature), Age: ageText(t, q.Since, now)}
		row.Nature = nature.In(t.Lang())
		data.Rows = append(data.Rows, row)
	}
	return p.Render(c, http.StatusOK, "check_queue", web.Page{Title: "check.title", Data: data})
}

// maxHeld is how many that one reviewer has are looked at.
const maxHeld = 100

// takeNextCheck gives the reader what waits longest and is free (领取下一件). The form says
// how many they had when it was drawn: who has more by now has sent it before, and is led
// to what they got.
func (p *Pages) takeNextCheck(c *gin.Context) error {
	mine, err := p.Store.CheckQueue(c.Request.Context(), store.ChecksMine, p.UserID(c), store.Cursor{}, maxHeld)
	if err != nil {
		return err
	}
	if len(mine) > web.Number(web.Posted(c), "had") {
		last := slices.MaxFunc(mine, func(a, b store.QueuedCheck) int { return a.TakenAt.Time.Compare(b.TakenAt.Time) })
		return web.To(c, checkPath(last.OrderNumber, last.Serial))
	}
	var next store.QueuedCheck
	err = p.Did(c, p.Deed(c, "check.take", "filing", "", ""), func(ctx context.Context) (err error) {
		next, err = p.Store.TakeNextCheck(ctx, p.UserID(c), p.CheckLease)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict):
		p.Flash(c, "flash.check_none")
		return web.To(c, pathCheck)
	case err != nil:
		return err
	default:
		return web.To(c, checkPath(next.OrderNumber, next.Serial))
	}
}

// checkPath is the page on which a dossier is checked.
func checkPath(order string, serial int) string {
	return "/support/filings/" + url.PathEscape(order) + "/dossier?" + url.Values{"serial": {web.IdText(int64(serial))}}.Encode()
}

// postedCheck finds the filing that a form of a check is about.
func (p *Pages) postedCheck(c *gin.Context) (store.Filing, error) {
	return p.Store.FilingBySerial(c.Request.Context(), c.Param("number"), max(1, web.Number(web.Posted(c), "serial")))
}

// takeCheck gives the reader a check of their choice. What they had typed about it, when
// they lost it, stands in the form again.
func (p *Pages) takeCheck(c *gin.Context) error {
	f, err := p.postedCheck(c)
	if err == nil {
		err = p.Did(c, p.Deed(c, "check.take", "filing", f.Ref(), ""), func(ctx context.Context) error {
			return p.Store.TakeCheck(ctx, f.ID, web.Number(web.Posted(c), "revision"), p.UserID(c), p.CheckLease)
		})
	}
	if values := web.Posted(c); err == nil && saysWhy(values) {
		return p.showSupportDossier(c, http.StatusOK, f, values, nil)
	}
	switch {
	case errors.Is(err, store.ErrHeld):
		p.Flash(c, "flash.check_held")
	case errors.Is(err, store.ErrSameReviewer):
		p.Flash(c, "flash.check_same")
	case errors.Is(err, store.ErrConflict):
		p.Flash(c, "flash.moved_on")
		return web.To(c, pathCheck)
	case err != nil:
		return err
	}
	return web.To(c, checkPath(f.OrderNumber, f.Serial))
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

// releaseCheck gives a check back that the reader has, or takes it from a colleague, which
// the form names: who took it since keeps it.
func (p *Pages) releaseCheck(c *gin.Context) error {
	f, err := p.postedCheck(c)
	if err != nil {
		return err
	}
	values, action := web.Posted(c), "check.release"
	holder := int64(web.Number(values, "reviewer"))
	if holder == 0 {
		holder = p.UserID(c)
	}
	if holder != p.UserID(c) {
		if !p.May(c, web.CanRunChecks) {
			p.Require(web.CanRunChecks)(c)
			return nil
		}
		action = "check.take_away"
	}
	err = p.Did(c, p.Deed(c, action, "filing", f.Ref(), ""), func(ctx context.Context) error {
		return p.Store.ReleaseCheck(ctx, f.ID, web.Number(values, "revision"), holder)
	})
	switch {
	case errors.Is(err, store.ErrConflict):
		p.Flash(c, "flash.moved_on")
	case err != nil:
		return err
	default:
		p.Flash(c, "flash.done")
	}
	return web.To(c, pathCheck)
}
