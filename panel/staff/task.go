package staff

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
	"github.com/beian/beian/panel/web"
)

// staffTask is a task from the bureau that staff answer, with its form.
type staffTask struct {
	store.Task
	kind  store.StaffKind
	facts []factGroup
	// fields are the form's; values are what it starts with.
	fields   func(*locale.Localizer, filing.Tables) []web.Field
	values   url.Values
	validate func(v url.Values, codes filing.Tables, today string) filing.Problems
	// answer is what is submitted; reread reads the form's values from an answer that was refused.
	answer func(url.Values) (resultKey string, data any)
	reread func(json.RawMessage) (url.Values, error)
}

// factGroup is a part of what a task is about; Title and the facts' labels are keys.
type factGroup struct {
	Title string
	Facts []fact
}

type fact struct{ Label, Text string }

type staffTaskData struct {
	web.Form
	Kind   string
	Task   store.Task
	Facts  []factGroup
	Latest *store.StaffRecord
	// Result is what the bureau said of the latest answer, in the reader's language.
	Result string
	// Open: an answer can be submitted.
	Open bool
}

// dayOf is a day in the form of a date field.
func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(web.China).Format(time.DateOnly)
}

func (p *Pages) today() string { return dayOf(p.Store.Now()) }

// staffTask finds the task that a page is about.
func (p *Pages) staffTask(c *gin.Context) (staffTask, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return staffTask{}, web.ErrBadRequest
	}
	var raw json.RawMessage
	task, err := p.Store.OpenTask(c.Request.Context(), id, &raw)
	if err != nil {
		return staffTask{}, err
	}
	switch task.Kind {
	case store.TaskVerify:
		return p.verificationTask(c, task, raw)
	case store.TaskUnfiledSite:
		return p.unfiledTask(task, raw)
	}
	return staffTask{}, fmt.Errorf("task of kind %s: %w", task.Kind, store.ErrNotFound)
}

// taskForm shows a task with the form that answers it, or with the state of its answer.
func (p *Pages) taskForm(c *gin.Context) error { return p.showTask(c, nil) }

// showTask draws a task; values are those of a form with problems, else nil.
func (p *Pages) showTask(c *gin.Context, values url.Values) error {
	ctx := c.Request.Context()
	if id, err := strconv.ParseInt(c.Param("id"), 10, 64); err == nil {
		web.Ahead(c, func() error { _, err := p.Store.LatestAnswer(ctx, id); return err })
	}
	task, err := p.staffTask(c)
	if err != nil {
		return err
	}
	if err := p.AuditView(c, "task.view", "task", web.IdText(task.ID)); err != nil {
		return err
	}
	t, codes, status := p.T(c), p.Tables(ctx), http.StatusOK
	data := staffTaskData{Kind: string(task.kind), Task: task.Task, Facts: task.facts, Open: true}
	latest, err := p.Store.LatestAnswer(ctx, task.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return err
	default:
		data.Latest, data.Open, data.Result = &latest, latest.Refused, resultText(t, latest)
		if task.values, err = task.reread(latest.Data); err != nil {
			return fmt.Errorf("decoding answer %d failed", latest.ID)
		}
	}
	var problems filing.Problems
	if values != nil {
		status, problems = http.StatusUnprocessableEntity, task.validate(values, codes, p.today())
		task.values = values
	}
	data.Form = web.Build(t, string(task.kind), task.fields(t, codes), task.values, problems)
	return p.Render(c, status, web.Page{Title: "bureau_task.title"}, web.With(taskPage, data))
}

// answerTask queues the answer to a task for the next data file.
func (p *Pages) answerTask(c *gin.Context) error {
	ctx := c.Request.Context()
	task, err := p.staffTask(c)
	if err != nil {
		return err
	}
	values := web.PostForm(c)
	if len(task.validate(values, p.Tables(ctx), p.today())) > 0 {
		return p.showTask(c, values)
	}
	key, data := task.answer(values)
	err = p.Audited(c, p.AuditEntry(c, "task.answer", "task", web.IdText(task.ID), ""), func(ctx context.Context) error {
		return p.Store.AnswerTask(ctx,
			store.Answer{TaskID: task.ID, Kind: task.kind, ResultKey: key, Data: data, Actor: p.Actor(c)})
	})
	if err == nil {
		p.Logger.Info("bureau task answered", "task", task.ID, "kind", task.kind, "actor", p.Actor(c))
	}
	return p.Finish(c, err, taskPath(task.ID), "flash.answered", web.Refusals{store.ErrConflict: "flash.answered_already"})
}

// answerText is the value of an answer's field.
func answerText(f web.Field) string {
	if len(f.Options) == 0 {
		return f.Value()
	}
	chosen := ""
	for _, o := range f.Options {
		if o.Selected {
			chosen += o.Label
		}
	}
	return chosen
}

// resultText is the bureau's verdict on a record: its code with its own words, or the code's meaning.
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
