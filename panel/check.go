package panel

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

const (
	// defaultCheckLease is how long a dossier stays a reviewer's who does nothing about it.
	defaultCheckLease = 30 * time.Minute
	checksPerPage     = 50
	pathCheck         = "/support/check"
)

// checkRoutes are what reviewers do in the provider's own check (初审).
func (s *Server) checkRoutes(support staffRoutes) {
	support.GET("/check", canSee, s.checkQueue)
	support.POST("/check/next", canCheck, s.takeNextCheck)
	support.GET("/check/figures", canCheck, s.checkFigures)
	support.GET("/check/figures.csv", canCheck, s.exportCheckFigures)
	support.GET("/filings/:number/check/state", canCheck, s.checkState)
	support.POST("/filings/:number/check/take", canCheck, s.takeCheck)
	support.POST("/filings/:number/check/release", canCheck, s.releaseCheck)
	support.POST("/filings/:number/check/finish", canCheck, s.finishCheck)
	support.POST("/filings/:number/pass", canCheck, s.pass)
	support.POST("/filings/:number/send-back", canCheck, s.sendBack)
}

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
func (s *Server) checkQueue(c *gin.Context) {
	ctx, t, now := c.Request.Context(), s.texts.For(s.lang(c)), s.cfg.Store.Now()
	data := checkQueueData{Shown: store.ChecksShown(c.Query("show"))}
	if s.may(c, canCheck) {
		data.Choices = []store.ChecksShown{store.ChecksAll, store.ChecksFree, store.ChecksMine}
	}
	if !slices.Contains(data.Choices, data.Shown) {
		data.Shown = store.ChecksAll
	}
	after, err := parseCursor(c.Query("after"))
	if err != nil {
		after = store.Cursor{} // nonsense is the start
	}
	count, err := s.cfg.Store.CountStage(ctx, filing.Checking, "", now)
	data.Count = count.Text()
	var queue, mine []store.QueuedCheck
	if err == nil {
		mine, err = s.cfg.Store.CheckQueue(ctx, store.ChecksMine, s.userID(c), store.Cursor{}, maxHeld)
		data.Had = len(mine)
	}
	if err == nil {
		queue, err = s.cfg.Store.CheckQueue(ctx, data.Shown, s.userID(c), after, checksPerPage+1)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if len(queue) > checksPerPage {
		queue = queue[:checksPerPage]
		data.Next = pathCheck + "?" + url.Values{"show": {string(data.Shown)}, "after": {formatCursor(queue[checksPerPage-1].Cursor())}}.Encode()
	}
	natures := withBuiltIn(s.tables(ctx)).Natures
	for _, q := range queue {
		nature, _ := filing.CodeByID(natures, q.Nature)
		row := checkRow{QueuedCheck: q, check: s.viewCheck(c, q.Check, q.Kind, q.Nature), Age: ageText(t, q.Since, now)}
		row.Nature = nature.In(t.Lang())
		data.Rows = append(data.Rows, row)
	}
	s.render(c, http.StatusOK, "check_queue", page{Title: "check.title", Data: data})
}

// maxHeld is how many that one reviewer has are looked at.
const maxHeld = 100

// takeNextCheck gives the reader what waits longest and is free (领取下一件). The form says
// how many they had when it was drawn: who has more by now has sent it before, and is led
// to what they got.
func (s *Server) takeNextCheck(c *gin.Context) {
	mine, err := s.cfg.Store.CheckQueue(c.Request.Context(), store.ChecksMine, s.userID(c), store.Cursor{}, maxHeld)
	if err != nil {
		s.fail(c, err)
		return
	}
	if len(mine) > number(posted(c), "had") {
		last := slices.MaxFunc(mine, func(a, b store.QueuedCheck) int { return a.TakenAt.Time.Compare(b.TakenAt.Time) })
		to(c, checkPath(last.OrderNumber, last.Serial))
		return
	}
	var next store.QueuedCheck
	err = s.did(c, s.deed(c, "check.take", "filing", "", ""), func(ctx context.Context) (err error) {
		next, err = s.cfg.Store.TakeNextCheck(ctx, s.userID(c), s.cfg.CheckLease)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict):
		s.flash(c, "flash.check_none")
		to(c, pathCheck)
	case err != nil:
		s.fail(c, err)
	default:
		to(c, checkPath(next.OrderNumber, next.Serial))
	}
}

// checkPath is the page on which a dossier is checked.
func checkPath(order string, serial int) string {
	return "/support/filings/" + url.PathEscape(order) + "/dossier?" + url.Values{"serial": {idText(int64(serial))}}.Encode()
}

// postedCheck finds the filing that a form of a check is about.
func (s *Server) postedCheck(c *gin.Context) (store.Filing, error) {
	return s.cfg.Store.FilingBySerial(c.Request.Context(), c.Param("number"), max(1, number(posted(c), "serial")))
}

// takeCheck gives the reader a check of their choice. What they had typed about it, when
// they lost it, stands in the form again.
func (s *Server) takeCheck(c *gin.Context) {
	f, err := s.postedCheck(c)
	if err == nil {
		err = s.did(c, s.deed(c, "check.take", "filing", f.Ref(), ""), func(ctx context.Context) error {
			return s.cfg.Store.TakeCheck(ctx, f.ID, number(posted(c), "revision"), s.userID(c), s.cfg.CheckLease)
		})
	}
	if values := posted(c); err == nil && saysWhy(values) {
		s.showSupportDossier(c, http.StatusOK, f, values, nil)
		return
	}
	switch {
	case errors.Is(err, store.ErrHeld):
		s.flash(c, "flash.check_held")
	case errors.Is(err, store.ErrSameReviewer):
		s.flash(c, "flash.check_same")
	case errors.Is(err, store.ErrConflict):
		s.flash(c, "flash.moved_on")
		to(c, pathCheck)
		return
	case err != nil:
		s.fail(c, err)
		return
	}
	to(c, checkPath(f.OrderNumber, f.Serial))
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
func (s *Server) releaseCheck(c *gin.Context) {
	f, err := s.postedCheck(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	values, action := posted(c), "check.release"
	holder := int64(number(values, "reviewer"))
	if holder == 0 {
		holder = s.userID(c)
	}
	if holder != s.userID(c) {
		if !s.may(c, canRunChecks) {
			s.can(canRunChecks)(c)
			return
		}
		action = "check.take_away"
	}
	err = s.did(c, s.deed(c, action, "filing", f.Ref(), ""), func(ctx context.Context) error {
		return s.cfg.Store.ReleaseCheck(ctx, f.ID, number(values, "revision"), holder)
	})
	switch {
	case errors.Is(err, store.ErrConflict):
		s.flash(c, "flash.moved_on")
	case err != nil:
		s.fail(c, err)
		return
	default:
		s.flash(c, "flash.done")
	}
	to(c, pathCheck)
}
