package panel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// staffTask is a task of the bureau's that staff answer: how its form is drawn,
// read, checked and handed in.
type staffTask struct {
	store.Task
	kind  store.StaffKind
	facts []factGroup
	// fields and values of the form, the values as it starts.
	fields func(*locale.Localizer, filing.Tables) []field
	values url.Values
	check  func(v url.Values, codes filing.Tables, today string) filing.Problems
	// answer is what is handed in; of an answer that was refused, values are read back.
	answer func(url.Values) (resultKey string, data any)
	reread func(json.RawMessage) (url.Values, error)
}

// factGroup is a part of what a task is about; Title is a key.
type factGroup struct {
	Title string
	Facts []fact
}

type fact struct{ Label, Text string }

// staffTaskData is the page's.
type staffTaskData struct {
	form
	Kind   string
	Task   store.Task
	Facts  []factGroup
	Latest *store.StaffRecord
	// Result is what the bureau said of the latest answer, in the reader's language.
	Result string
	// Open tells that an answer can be handed in.
	Open bool
}

// dayOf is a day as date fields have it.
func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(china).Format(time.DateOnly)
}

func (s *Server) today() string { return dayOf(s.cfg.Store.Now()) }

// staffTask opens the task of a page.
func (s *Server) staffTask(c *gin.Context) (staffTask, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return staffTask{}, errBadRequest
	}
	var raw json.RawMessage
	task, err := s.cfg.Store.OpenTask(c.Request.Context(), id, &raw)
	if err != nil {
		return staffTask{}, err
	}
	switch task.Kind {
	case store.TaskVerify:
		return s.verificationTask(c, task, raw)
	case store.TaskUnfiledSite:
		return s.unfiledTask(task, raw)
	}
	return staffTask{}, fmt.Errorf("a task of kind %s: %w", task.Kind, store.ErrNotFound)
}

// taskForm shows a task with the form that answers it, or how its answer stands.
func (s *Server) taskForm(c *gin.Context) { s.showTask(c, nil) }

// showTask draws a task; values are those of a form that has problems.
func (s *Server) showTask(c *gin.Context, values url.Values) {
	ctx := c.Request.Context()
	task, err := s.staffTask(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	t, codes, status := s.texts.For(s.lang(c)), s.tables(ctx), http.StatusOK
	data := staffTaskData{Kind: string(task.kind), Task: task.Task, Facts: task.facts, Open: true}
	latest, err := s.cfg.Store.LatestAnswer(ctx, task.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		s.fail(c, err)
		return
	default:
		data.Latest, data.Open, data.Result = &latest, latest.Refused, resultText(t, latest)
		if task.values, err = task.reread(latest.Data); err != nil {
			s.fail(c, fmt.Errorf("answer %d can't be read", latest.ID))
			return
		}
	}
	var problems filing.Problems
	if values != nil {
		status, problems = http.StatusUnprocessableEntity, task.check(values, codes, s.today())
		task.values = values
	}
	data.form = build(t, string(task.kind), task.fields(t, codes), task.values, problems)
	if err := s.saw(c, "task.view", "task", idText(task.ID)); err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, status, "staff_task", page{Title: "staff_task.title", Data: data})
}

// answerTask queues the answer to a task for the next data file.
func (s *Server) answerTask(c *gin.Context) {
	ctx := c.Request.Context()
	task, err := s.staffTask(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	values := posted(c)
	if len(task.check(values, s.tables(ctx), s.today())) > 0 {
		s.showTask(c, values)
		return
	}
	key, data := task.answer(values)
	err = s.did(c, s.deed(c, "task.answer", "task", idText(task.ID), ""), func(ctx context.Context) error {
		return s.cfg.Store.AnswerTask(ctx, store.Answer{TaskID: task.ID, Kind: task.kind, ResultKey: key, Data: data, Actor: s.actor(c)})
	})
	switch {
	case errors.Is(err, store.ErrConflict):
		s.flash(c, "flash.answered_already")
	case err != nil:
		s.fail(c, err)
		return
	default:
		s.cfg.Logger.Info("a task of the bureau's was answered", "task", task.ID, "kind", task.kind, "actor", s.actor(c))
		s.flash(c, "flash.answered")
	}
	to(c, fmt.Sprintf("/support/tasks/%d/answer", task.ID))
}

// resultText says what the bureau made of a record: its own words, or what the
// code means.
func resultText(t *locale.Localizer, r store.StaffRecord) string {
	if !r.Code.Valid {
		return ""
	}
	words := r.Opinion
	if refusal, known := filing.RefusalByCode(int(r.Code.Int64)); words == "" && known {
		words = refusal.In(t.Lang())
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", r.Code.Int64, words))
}
