package customer

import (
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// The states of a task, texts below "task_list_status.". The first three are those of steps: done, in progress,
// and still to come. Forms have those of GOV.UK's task list.
const (
	statusDone  = "done"
	statusNow   = "now"
	statusLater = "later"
	// statusTodo: it can be started, but hasn't been.
	statusTodo = "todo"
	// statusIncomplete: something is still to be filled in.
	statusIncomplete = "incomplete"
	// statusWrong: something breaks a rule, or the bureau refused it.
	statusWrong = "wrong"
	// statusBlocked: something else comes first.
	statusBlocked = "blocked"
)

// task is a line of the task list.
type task struct {
	Key    string // of its text, "task.KEY"
	Status string
	Path   string // where it is done; empty if there is nothing to do
	// Next: the first one that waits for the customer.
	Next bool
}

type taskStep struct {
	key    string
	stages []filing.Stage
	path   string
}

// taskSteps are the steps of a filing. A follow-up has its contact already, as a companion has, and a
// deregistration has nothing to install.
func taskSteps(f store.Filing, base string) []taskStep {
	kind := f.Kind
	first := "kind"
	if kind.FollowsUp() {
		first = kind.Forms()[0]
	}
	steps := []taskStep{
		{"contact", []filing.Stage{filing.Contact}, base + "notice"},
		{"verify", []filing.Stage{filing.Verifying}, base + "verify"},
		{"forms", []filing.Stage{filing.Preparing, filing.Correcting}, base + first},
		{"vetting", []filing.Stage{filing.Vetting, filing.Submitting}, ""},
		{"reviewing", []filing.Stage{filing.Reviewing}, ""},
		{"installing", []filing.Stage{filing.Installing}, base + "result"},
		{"filed", []filing.Stage{filing.Filed}, base + "result"},
	}
	if kind.Registers() {
		steps = append([]taskStep{{"register", nil, ""}}, steps[len(steps)-2:]...)
		steps[1].key = "register_installing"
	}
	if kind.FollowsUp() || f.Companion() {
		steps = steps[2:]
	}
	if kind.Ends() {
		steps[0].key = "ending"
		steps = append(steps[:len(steps)-2], taskStep{"ended", []filing.Stage{filing.Deregistered}, ""})
	}
	return steps
}

// tasks are the steps of a filing. While the customer fills it in, each form is one.
func (p *Pages) tasks(
	c *gin.Context, cur Current, events []store.Event, r dossierview.Refusal,
) ([]task, []dossierview.RefusedField, error) {
	if cur.Filing.NotBegun() {
		return nil, nil, nil
	}
	base := web.FilingPath(c) + "/"
	steps := taskSteps(cur.Filing, base)
	now := slices.IndexFunc(steps, func(step taskStep) bool { return slices.Contains(step.stages, cur.Filing.Stage) })
	if now < 0 {
		now = len(steps)
	}
	list := make([]task, len(steps))
	for i, step := range steps {
		list[i] = task{Key: step.key, Status: statusLater}
		switch {
		case i < now || cur.Filing.Stage == filing.Filed:
			list[i].Status = statusDone
		case i == now:
			list[i].Status, list[i].Path = statusNow, step.path
		}
	}
	if cur.Filing.Stage == filing.Filed {
		list[len(list)-1].Path = base + "result"
	}
	var refused []dossierview.RefusedField
	if cur.Filing.Stage == filing.Preparing || cur.Filing.Stage == filing.Correcting {
		forms, about, err := p.formTasks(c, cur, r)
		if err != nil {
			return nil, nil, err
		}
		list, refused = slices.Replace(list, now, now+1, forms...), about
	}
	return withSMSVerification(list, cur, events), refused, nil
}

// formTasks are the choice of the kind, the forms and the review, each with its state.
func (p *Pages) formTasks(
	c *gin.Context, cur Current, r dossierview.Refusal,
) ([]task, []dossierview.RefusedField, error) {
	ctx := c.Request.Context()
	d, err := p.Dossier(ctx, cur)
	if err != nil {
		return nil, nil, err
	}
	found, err := p.Findings(c, cur, d, false)
	if err != nil {
		return nil, nil, err
	}
	refused, err := p.RefusedFields(c, cur, d, r)
	if err != nil {
		return nil, nil, err
	}
	var list []task
	if !d.Kind.FollowsUp() && !d.Companion && !d.HolderKnown {
		values, err := p.Chosen(ctx, cur)
		if err != nil {
			return nil, nil, err
		}
		kind := task{Key: dossierview.DraftKind, Status: statusTodo, Path: web.FilingPath(c) + "/" + dossierview.DraftKind}
		if values.Get(dossierview.ValueKind) != "" {
			kind.Status = statusDone
		}
		list = append(list, kind)
	}
	for _, form := range d.Forms() {
		started, err := p.isStarted(ctx, cur, form)
		if err != nil {
			return nil, nil, err
		}
		one := task{Key: form, Status: formStatus(form, started, found, refused), Path: web.FilingPath(c) + "/" + form}
		if one.Status == statusWrong {
			one.Path += "?check=1"
		}
		list = append(list, one)
	}
	review := task{Key: pageReview, Status: statusTodo, Path: web.FilingPath(c) + "/" + pageReview}
	// The review explains what is wrong, but not what is missing.
	if holderFirst(d) || slices.ContainsFunc(found, func(l dossierview.FoundLine) bool { return l.Lacking }) {
		review.Status, review.Path = statusBlocked, ""
	}
	return append(list, review), refused, nil
}

// holderFirst tells that the holder must be submitted, with the site that carries this one, before this site is.
func holderFirst(d filing.Dossier) bool { return d.Companion && !d.HolderKnown }

// isStarted tells whether the customer has filled in anything of a form.
func (p *Pages) isStarted(ctx context.Context, cur Current, form string) (bool, error) {
	_, started, err := p.StartedDraft(ctx, cur, form)
	if form != web.FormPapers || started || err != nil {
		return started, err
	}
	list, err := p.Store.Papers(ctx, cur.Filing.ID)
	return slices.ContainsFunc(list, func(paper store.Paper) bool { return paper.Kept }), err
}

// formStatus is a form's state, by what is missing or wrong.
func formStatus(form string, started bool, found []dossierview.FoundLine, refused []dossierview.RefusedField) string {
	lacking, wrong := false, false
	for _, l := range found {
		if l.Form == form && l.Blocking {
			lacking, wrong = lacking || l.Lacking, wrong || !l.Lacking
		}
	}
	for _, f := range refused {
		wrong = wrong || f.Form == form && !f.Mended
	}
	switch {
	case wrong:
		return statusWrong
	case lacking && started:
		return statusIncomplete
	case lacking, !started && form != web.FormPapers: // no papers are needed
		return statusTodo
	}
	return statusDone
}
