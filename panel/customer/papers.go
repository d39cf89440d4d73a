package customer

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

type papersData struct {
	// Form has the page's problems and its draft, which is of the approvals' numbers.
	web.Form
	Kind filing.Kind
	// Forms are the dossier's.
	Forms  []string
	Papers []dossierview.PaperField
}

// prints tells whether any paper is a form of ours to be printed first.
func (d papersData) prints() bool {
	return slices.ContainsFunc(d.Papers, func(f dossierview.PaperField) bool { return f.Print != "" })
}

// chooseText is the key of what the button says that chooses a file.
func chooseText(f dossierview.PaperField) string {
	switch {
	case len(f.Pictures) > 0 && f.Max > 1:
		return "papers.add"
	case len(f.Pictures) > 0:
		return "papers.replace"
	case f.Spot:
		return "papers.take"
	}
	return "papers.choose"
}

func pictureURL(page *web.Page, id int64) string {
	return page.SiteURL("/filing/papers/%d", id)
}

// papersForm is the page of papers.
func (p *Pages) papersForm(c *gin.Context, cur Current, blank filing.Dossier) error {
	values, err := p.SavedValues(c)
	if err != nil {
		return err
	}
	return p.showPapers(c, cur, shownForm{
		blank: blank, values: values, problems: web.FilesAgain(values, "paper_again"), check: c.Query("check") != "",
	})
}

func (p *Pages) showPapers(c *gin.Context, cur Current, shown shownForm) error {
	ctx, status := c.Request.Context(), shown.status(c)
	draft, err := p.draftState(ctx, cur, web.FormPapers, shown.values)
	if err != nil {
		return err
	}
	d, err := p.Dossier(ctx, cur)
	if err != nil {
		return err
	}
	list, err := p.Store.Papers(ctx, cur.Filing.ID)
	if err != nil {
		return err
	}
	found, err := p.PaperProblems(c, cur, d)
	if err != nil {
		return err
	}
	if !shown.check { // what was signed in vain shows in any case
		found = slices.DeleteFunc(found, func(p filing.Problem) bool { return !dossierview.Outdated(p) })
	}
	shown.problems = append(shown.problems, found...)
	data := papersData{Kind: d.Kind, Forms: d.Forms(), Papers: p.paperFields(c, d, list, shown.problems)}
	if err := p.printedCodes(ctx, cur, d, data.Papers); err != nil {
		return err
	}
	for i := range data.Papers {
		if f := &data.Papers[i]; f.NumberField != "" && shown.values.Has(f.NumberField) {
			f.Number = shown.values.Get(f.NumberField)
		}
	}
	if shown.overtaken {
		if draft, err = p.numbersConflict(c, cur, data.Papers, shown.values); err != nil {
			return err
		}
	}
	refused, err := p.RefusalOf(c, cur)
	if err != nil {
		return err
	}
	if err := p.MarkPapers(c, cur, d, refused, data.Papers); err != nil {
		return err
	}
	data.Form = web.Form{Draft: draft, ReturnTo: web.ReturnTo(c, shown.values), Note: shown.note}
	if data.Note == "" {
		data.Note, data.NoteHelp = refused.Note, refused.Help
	}
	data.Form.Problems = paperProblems(p.Texts.For(p.Lang(c)), data.Papers)
	return p.Render(c, status, web.Page{Title: "papers.title", Wrong: data.HasProblems()}, web.With(papersPage, data))
}

// printedCodes says which fingerprints the printed forms among the papers must show.
func (p *Pages) printedCodes(
	ctx context.Context, cur Current, d filing.Dossier, papers []dossierview.PaperField,
) error {
	for i := range papers {
		f := &papers[i]
		if f.Print == "" {
			continue
		}
		states, err := p.States(ctx, cur, d, f.Print)
		if err != nil {
			return err
		}
		f.Code = states.Code()
	}
	return nil
}

// paperProblems are the papers' problems for the summary.
func paperProblems(t *locale.Localizer, papers []dossierview.PaperField) (problems []web.FieldProblem) {
	add := func(field, label, problem string) {
		if problem != "" {
			problems = append(problems, web.FieldProblem{Field: field, Text: t.Labelled(label, problem)})
		}
	}
	for _, f := range papers {
		add(f.Field(), f.Label, f.Problem)
		add(f.NumberField, dossierview.NumberLabel(t, f.Label), f.NumberProblem)
	}
	return problems
}

// numbersConflict is conflict for the numbers of approvals.
func (p *Pages) numbersConflict(
	c *gin.Context, cur Current, papers []dossierview.PaperField, values url.Values,
) (web.DraftState, error) {
	t, labels := p.Texts.For(p.Lang(c)), map[string]string{}
	var fields []web.Field
	for _, f := range papers {
		if f.NumberField != "" {
			fields = append(fields, web.Field{Name: f.NumberField, Type: "text"})
			labels["field."+web.FormPapers+"."+f.NumberField] = dossierview.NumberLabel(t, f.Label)
		}
	}
	mine := web.Build(t, web.FormPapers, fields, values, nil)
	err := p.conflict(c, cur, &mine, values, func(url.Values) []web.Field { return fields })
	for i, line := range mine.Draft.Lines {
		mine.Draft.Lines[i].Label = labels[line.Key]
	}
	return mine.Draft, err
}

func (p *Pages) paperFields(
	c *gin.Context, d filing.Dossier, list []store.Paper, problems filing.Problems,
) (fields []dossierview.PaperField) {
	t := p.Texts.For(p.Lang(c))
	text := func(field string) string {
		if problem := problems.For(field); problem != nil {
			return t.T("problem."+problem.Key, problem.Args)
		}
		return ""
	}
	for _, n := range p.NeededPapers(d) {
		f := dossierview.PaperField{
			NeededPaper: n, Label: p.PaperLabel(c, n), Hint: n.Help.In(t.Lang()), Problem: text(n.Field()),
			Rules: p.PaperRules(t, d, n),
		}
		for _, paper := range list {
			if dossierview.IsPaperOf(paper, n) {
				f.Pictures = append(f.Pictures, paper)
			}
		}
		if problem := problems.For(n.Field()); problem != nil {
			f.Outdated = dossierview.Outdated(*problem)
		}
		f.Full = n.Max > 1 && len(f.Pictures) >= n.Max
		if n.Each == filing.EachPreApproval {
			f.NumberField, f.Number = filing.ApprovalField(n.Item), d.Site.ApprovalNumbers[n.Item]
			f.NumberProblem = text(f.NumberField)
		}
		fields = append(fields, f)
	}
	return fields
}

// paperLines are the papers on the review page.
func (p *Pages) paperLines(c *gin.Context, cur Current, d filing.Dossier) ([]dossierview.DossierLine, error) {
	list, err := p.Store.Papers(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		return nil, err
	}
	t := p.Texts.For(p.Lang(c))
	var lines []dossierview.DossierLine
	for _, f := range p.paperFields(c, d, list, nil) {
		if len(f.Pictures) == 0 && !f.Must {
			continue
		}
		line := dossierview.DossierLine{Label: f.Label, Path: dossierview.ChangePath(c, web.FormPapers, f.Field())}
		if n := len(f.Pictures); n > 0 {
			line.Text = t.T("papers.count", map[string]any{"n": n})
		}
		if f.Number != "" {
			line.Text += " " + f.Number
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// removePaper deletes a picture.
func (p *Pages) removePaper(c *gin.Context, cur Current, _ filing.Dossier) error {
	id, err := strconv.ParseInt(c.Param("paper"), 10, 64)
	if err != nil {
		return web.ErrBadRequest
	}
	page := web.WithReturnTo(web.FilingPath(c)+"/"+web.FormPapers, web.ReturnToOf(web.PostForm(c)))
	return p.FinishUpdate(c, p.Store.RemovePaper(c.Request.Context(), cur.Filing.ID, id), page)
}

// viewPaper shows the owner a picture; the view is logged.
func (p *Pages) viewPaper(c *gin.Context, cur Current) error {
	return p.SendPaper(c, cur.Filing, dossierview.ViewedByOwner)
}
