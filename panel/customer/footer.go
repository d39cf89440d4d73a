package customer

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

const (
	// footTexts is how many of the page's last texts the preview shows.
	footTexts = 3
	// footerRefresh is how often the page reloads, in seconds, while the worker is busy.
	footerRefresh = "3"
	// footerLost is when to start a step again: the panel may have crashed between storing and
	// starting it. Starting a step that is running joins it.
	footerLost = 15 * time.Second
	// restartPatience limits how long the page waits for a step that it started again.
	restartPatience = time.Second
)

type footerData struct {
	Current
	// Space tells whether the order's web space is known.
	Space bool
	// Edit is the attempt that was last changed; nil before the first. Placed is the newest
	// attempt that is in place, if it is another one.
	Edit, Placed *store.FooterEdit
	// Reason and its Args say why Edit failed, or why undoing it failed.
	Reason string
	Args   map[string]any
	// Systems are the content management systems whose settings the page explains.
	Systems []string
	Diff    []website.DiffLine
	// Foot are the last texts of the page, above the number.
	Foot []string
	// Lines are what the edit adds. Missing are the lines that no edit in place has added.
	Lines, Missing  []website.Line
	Number, Snippet string
}

// state is how the newest edit stands; empty before the first.
func (d footerData) state() store.FooterState {
	if d.Edit == nil {
		return ""
	}
	return d.Edit.State
}

// footerReason says why an edit failed.
func footerReason(p *web.Page, reason string, args map[string]any) string {
	if key := "footer_reason." + reason; p.T.Has(key) {
		return p.T.T(key, args)
	}
	return p.Text("stuck_reason." + reason)
}

// footerProblem says why the newest edit failed and, where the page couldn't be loaded, what helps.
func footerProblem(p *web.Page, d footerData) string {
	text := footerReason(p, d.Reason, d.Args)
	if kind, _ := d.Args["kind"].(string); kind != "" {
		text += p.Text("site_check_help." + kind)
	}
	return text
}

func diffClass(l website.DiffLine) string {
	return cmp.Or(map[string]string{"+": "added", "-": "taken"}[l.Sign], "same")
}

// footerPage is 放到首页底部: it shows what was found, what would change, and what was done.
func (p *Pages) footerPage(c *gin.Context, cur Current) error {
	data, err := p.footerData(c.Request.Context(), cur)
	if err != nil {
		return err
	}
	if data.Edit != nil && data.Edit.Working() {
		c.Header("Refresh", footerRefresh)
		if p.Store.Now().Sub(data.Edit.Since()) > footerLost {
			ctx, cancel := context.WithTimeout(c.Request.Context(), restartPatience)
			defer cancel()
			p.workFooter(ctx, cur, data.Edit.ID, stepOf(data.Edit.State))
		}
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "footer.title"}, web.With(footerPage, data))
}

func stepOf(state store.FooterState) workflows.FooterStep {
	steps := map[store.FooterState]workflows.FooterStep{
		store.FooterAgreed: workflows.FooterPlace, store.FooterUndoing: workflows.FooterUndo,
	}
	return cmp.Or(steps[state], workflows.FooterPreview)
}

func (p *Pages) footerData(ctx context.Context, cur Current) (footerData, error) {
	data := footerData{Current: cur}
	decision, err := p.Store.LatestDecision(ctx, cur.Filing.ID)
	if err != nil {
		return data, err
	}
	data.Number, data.Snippet = decision.Number(), p.snippet(decision.Number(), cur.Order)
	if data.Space, err = p.knowsSpace(ctx, cur); err != nil {
		return data, err
	}
	if !data.Space {
		data.Systems = systemsFor(activities.ReasonNoSpace, nil)
	}
	edits, err := p.Store.FooterEditsOfOrder(ctx, cur.Filing.ID)
	edits = slices.DeleteFunc(edits, func(e store.FooterEdit) bool { return !editConcerns(e, cur.Filing.ID) })
	if err != nil || len(edits) == 0 {
		return data, err
	}
	lines := p.footLines(data.Number, cur.Order)
	data.Missing = slices.DeleteFunc(slices.Clone(lines), func(l website.Line) bool {
		return slices.ContainsFunc(edits, func(e store.FooterEdit) bool {
			return e.State == store.FooterPlaced && slices.Contains(e.Numbers(), l.Number)
		})
	})
	slices.SortStableFunc(edits, func(a, b store.FooterEdit) int { return b.Touched().Compare(a.Touched()) })
	data.Edit = &edits[0]
	if i := slices.IndexFunc(edits, func(e store.FooterEdit) bool { return e.State == store.FooterPlaced }); i > 0 {
		data.Placed = &edits[i]
	}
	if data.Edit.Reason != "" {
		data.Reason, data.Args = data.Edit.Reason, data.Edit.Args()
		if data.Space {
			data.Systems = systemsFor(data.Reason, data.Args)
		}
	}
	if data.Edit.State != store.FooterPreviewed {
		return data, nil
	}
	original, edited, err := p.Store.FooterPages(ctx, data.Edit.ID)
	if err != nil {
		return data, err
	}
	data.Foot = website.Foot(original, footTexts)
	data.Lines = slices.DeleteFunc(lines, func(l website.Line) bool {
		return !slices.Contains(data.Edit.Numbers(), l.Number)
	})
	data.Diff, err = website.Diff(original, edited)
	return data, err
}

// editConcerns tells whether an edit matters to a filing. Of an order's earlier filings only edits
// that changed the page do: their previews are out of date.
func editConcerns(e store.FooterEdit, filingID int64) bool {
	switch e.State {
	case store.FooterAgreed, store.FooterPlaced, store.FooterUndoing, store.FooterUndone:
		return true
	}
	return e.FilingID == filingID
}

// numberStages are the stages in which a filing has its number.
var numberStages = []filing.Stage{filing.Installing, filing.Filed}

// withNumber is withFiling for the pages of a filing that has its number. Until a follow-up has one of its own, they
// are those of the completed filing that it follows, which the bureau still has on file.
func (p *Pages) withNumber(h handler) web.Handler {
	return p.withFiling(func(c *gin.Context, cur Current) error {
		approved, err := p.approved(c.Request.Context(), cur)
		switch {
		case err != nil:
			return err
		case !slices.Contains(numberStages, approved.Filing.Stage):
			return p.movedOn(c)
		}
		return h(c, approved)
	})
}

// approved is the filing that gives an order its number: the order's filing or, while that is a follow-up without an
// approval, the one that it follows.
func (p *Pages) approved(ctx context.Context, cur Current) (Current, error) {
	f := cur.Filing
	if !f.BaseID.Valid || cur.Over() || slices.Contains(numberStages, f.Stage) {
		return cur, nil
	}
	base, err := p.Store.Filing(ctx, f.BaseID.Int64)
	if err != nil || base.CustomerID != f.CustomerID {
		return cur, err
	}
	cur.Filing, cur.FollowUp = base, f.Kind
	return cur, nil
}

// systemsFor are the systems whose settings help with a reason: the recognised one, or all.
func systemsFor(reason string, args map[string]any) []string {
	switch reason {
	case website.UnfitSystem:
		if system, ok := args["system"].(string); ok {
			return []string{system}
		}
	case website.UnfitDynamic, website.UnfitNoPage, website.UnfitNotServed, activities.ReasonNoSpace:
		return website.Systems
	}
	return nil
}

func (p *Pages) knowsSpace(ctx context.Context, cur Current) (bool, error) {
	space, err := p.Store.WebSpaceOf(ctx, cur.Order.ID)
	return space != nil, err
}

// askFooter starts a look at the home page, for a preview.
func (p *Pages) askFooter(c *gin.Context, cur Current) error {
	id, err := p.Store.AskFooter(c.Request.Context(), cur.Filing.ID, p.Actor(c))
	return p.doFooter(c, cur, id, workflows.FooterPreview, err)
}

// agreeFooter is 同意并放置.
func (p *Pages) agreeFooter(c *gin.Context, cur Current) error {
	id, _ := strconv.ParseInt(c.PostForm("edit"), 10, 64) // 0 belongs to nobody
	err := p.Store.AgreeFooter(c.Request.Context(), cur.Filing.ID, id, p.Actor(c), func(name string, at time.Time) string {
		return website.BackupName(name, at.In(web.China))
	})
	return p.doFooter(c, cur, id, workflows.FooterPlace, err)
}

// undoFooter is 撤销放置.
func (p *Pages) undoFooter(c *gin.Context, cur Current) error {
	id, _ := strconv.ParseInt(c.PostForm("edit"), 10, 64) // 0 belongs to nobody
	err := p.Store.UndoFooter(c.Request.Context(), cur.Filing.ID, id, p.Actor(c))
	return p.doFooter(c, cur, id, workflows.FooterUndo, err)
}

// doFooter runs a step that was stored with err, and shows the page again.
func (p *Pages) doFooter(c *gin.Context, cur Current, id int64, step workflows.FooterStep, err error) error {
	switch {
	case errors.Is(err, store.ErrConflict):
		p.Flash(c, "flash.footer_moved_on")
	case err != nil:
		return err
	default:
		p.workFooter(c.Request.Context(), cur, id, step)
	}
	return web.Redirect(c, web.FilingPath(c)+"/footer")
}

// workFooter has a worker run a step and waits for it briefly. The outcome is in the edit's row.
func (p *Pages) workFooter(ctx context.Context, cur Current, id int64, step workflows.FooterStep) {
	in := workflows.FooterInput{EditID: id, FilingID: cur.Filing.ID, Ref: cur.Filing.Ref(), Step: step}
	err := p.Filings.Footer(ctx, in)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		p.Logger.Warn("an edit of a home page was not waited for", "edit", id, "step", step, "error", err)
	}
}
