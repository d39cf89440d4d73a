package panel

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/bureau"
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
	case activities.TaskVerify:
		return s.verificationTask(c, task, raw)
	case activities.TaskUnfiledSite:
		return s.unfiledTask(task, raw)
	}
	return staffTask{}, fmt.Errorf("a task of kind %s: %w", task.Kind, store.ErrNotFound)
}

// verificationTask is 核实任务: a filing of the bureau's that the provider verifies.
func (s *Server) verificationTask(c *gin.Context, task store.Task, raw json.RawMessage) (staffTask, error) {
	var filed filing.FiledHolder
	if err := json.Unmarshal(raw, &filed); err != nil {
		return staffTask{}, fmt.Errorf("task %d can't be read", task.ID)
	}
	read := func(v url.Values) filing.VerificationForm {
		return filing.VerificationForm{Who: trimmed(v, "who"), Day: v.Get("day"), Passed: v.Get("passed"), Opinion: trimmed(v, "opinion"), Faults: trimmed(v, "faults")}
	}
	return staffTask{
		Task: task, kind: store.StaffVerification, facts: filedFacts(s.texts.For(s.lang(c)).Lang(), s.tables(c.Request.Context()), filed),
		values: url.Values{"day": {s.today()}},
		fields: func(t *locale.Localizer, _ filing.Tables) []field {
			passed := []option{{Value: "yes", Label: t.T("verification.passed", nil)}, {Value: "no", Label: t.T("verification.failed", nil)}}
			return []field{
				{Name: "who", Type: "text", Required: true, Autocomplete: "off"}, {Name: "day", Type: "date", Required: true},
				{Name: "passed", Type: "select", Required: true, Options: choose(t, passed)},
				{Name: "opinion", Type: "textarea", Required: true}, {Name: "faults", Type: "textarea"},
			}
		},
		check: func(v url.Values, _ filing.Tables, today string) filing.Problems { return read(v).Validate(today) },
		answer: func(v url.Values) (string, any) {
			f := read(v)
			at, _ := filing.Day(f.Day) // checked
			return strconv.FormatInt(filed.HolderID, 10), bureau.Verification{
				Passed: f.Passed == "yes", Who: f.Who, Opinion: f.Opinion, Faults: f.Faults, At: at, Task: filed,
			}
		},
		reread: func(raw json.RawMessage) (url.Values, error) {
			var a bureau.Verification
			err := json.Unmarshal(raw, &a)
			passed := "no"
			if a.Passed {
				passed = "yes"
			}
			return url.Values{"who": {a.Who}, "day": {dayOf(a.At)}, "passed": {passed}, "opinion": {a.Opinion}, "faults": {a.Faults}}, err
		},
	}, nil
}

// unfiledTask is 未备案网站: a site that runs unfiled on the provider's addresses.
func (s *Server) unfiledTask(task store.Task, raw json.RawMessage) (staffTask, error) {
	var found bureau.FoundSite
	if err := json.Unmarshal(raw, &found); err != nil {
		return staffTask{}, fmt.Errorf("task %d can't be read", task.ID)
	}
	listed := found.SeenAt
	if listed.IsZero() {
		listed = task.CreatedAt
	}
	read := func(v url.Values) filing.OutcomeForm {
		return filing.OutcomeForm{
			Result: number(v, "result"), Opinion: trimmed(v, "opinion"), Listed: v.Get("listed"), Due: v.Get("due"), Operator: trimmed(v, "operator"), Province: trimmed(v, "province"),
		}
	}
	province := unitText(found.Province)
	return staffTask{
		Task: task, kind: store.StaffUnfiled,
		facts: []factGroup{{Title: "unfiled.site", Facts: factsOf("unfiled.domain", found.Domain, "unfiled.ip", bureau.AddressText(found.IP), "unfiled.seen", dayOf(found.SeenAt), "field.site.remark", found.Remark)}},
		values: url.Values{
			"listed": {dayOf(listed)}, "operator": {unitText(found.Operator)}, "province": {province},
		},
		fields: func(t *locale.Localizer, codes filing.Tables) []field {
			provinces := choose(t, regionOptions(filing.Provinces()))
			if filing.RegionName(province) == "" && province != "" { // of the bureau's own list
				provinces = append(provinces, option{Value: province, Label: province})
			}
			return []field{
				{Name: "result", Type: "select", Required: true, Options: choose(t, codeOptions(t.Lang(), codes.Outcomes))},
				{Name: "opinion", Type: "textarea", Required: true},
				{Name: "due", Type: "date", Required: true}, {Name: "listed", Type: "date", Required: true},
				{Name: "operator", Type: "text", Required: true, Autocomplete: "off"}, {Name: "province", Type: "select", Required: true, Options: provinces},
			}
		},
		check: func(v url.Values, codes filing.Tables, today string) filing.Problems {
			return read(v).Validate(codes, today)
		},
		answer: func(v url.Values) (string, any) {
			f := read(v)
			listed, _ := filing.Day(f.Listed) // checked
			due, _ := filing.Day(f.Due)
			return found.Domain, bureau.UnfiledResult{
				Domain: found.Domain, IP: found.IP, Operator: filing.UnitNumber(f.Operator), Province: filing.UnitNumber(f.Province),
				Result: f.Result, Opinion: f.Opinion, Listed: listed, Due: due,
			}
		},
		reread: func(raw json.RawMessage) (url.Values, error) {
			var a bureau.UnfiledResult
			err := json.Unmarshal(raw, &a)
			return url.Values{
				"result": {strconv.Itoa(a.Result)}, "opinion": {a.Opinion}, "listed": {dayOf(a.Listed)}, "due": {dayOf(a.Due)}, "operator": {unitText(a.Operator)}, "province": {unitText(a.Province)},
			}, err
		},
	}, nil
}

// unitText is a number of the bureau's as a field has it; empty for none.
func unitText(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func trimmed(v url.Values, name string) string { return strings.TrimSpace(v.Get(name)) }

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
	s.cfg.Logger.Info("a task of the bureau's was viewed", "task", task.ID, "actor", s.actor(c))
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
	err = s.cfg.Store.AnswerTask(ctx, store.Answer{TaskID: task.ID, Kind: task.kind, ResultKey: key, Data: data, Actor: s.actor(c)})
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
		words = refusal.Chinese
		if t.Lang() == "en" {
			words = refusal.English
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", r.Code.Int64, words))
}
