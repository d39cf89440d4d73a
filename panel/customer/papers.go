package customer

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/picture"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

type papersData struct {
	Kind     filing.Kind
	Papers   []dossierview.PaperField
	Problems []web.FieldProblem
	// Note is the bureau's reason, NoteHelp the address of what explains it.
	Note, NoteHelp string
	Others         []string
	Print          bool
	// ReturnTo is as form's.
	ReturnTo string
	// Draft is the mark of the numbers, which are kept while they are typed.
	Draft web.DraftState
	// MaxMB is what a file may have.
	MaxMB int
}

// papersShown is what a page of papers shows besides what is kept.
type papersShown struct {
	status int
	// values are the numbers as just typed; nil: as kept.
	values   url.Values
	problems filing.Problems
	// showProblems shows what is lacking too.
	showProblems bool
	note         string
	// overtaken: another page saved other numbers meanwhile.
	overtaken bool
}

// HasProblems is as form's.
func (d papersData) HasProblems() bool { return len(d.Problems) > 0 }

// papersForm is the page of papers.
func (p *Pages) papersForm(c *gin.Context, cur dossierview.Current) error {
	if _, ok := p.formOf(c, cur, web.FormPapers); ok {
		kept := p.SavedValues(c)
		return p.showPapers(c, cur, papersShown{status: http.StatusOK, values: kept, problems: web.FilesAgain(kept, "paper_again"), showProblems: c.Query("check") != ""})
	}

	return nil
}

// showPapers draws the page with what is wrong.
func (p *Pages) showPapers(c *gin.Context, cur dossierview.Current, thePapersShown papersShown) error {
	ctx := c.Request.Context()
	mark, err := p.draftState(ctx, cur, web.FormPapers, thePapersShown.values)
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
	if thePapersShown.showProblems {
		thePapersShown.problems = append(thePapersShown.problems, filing.PaperProblems(d, p.NeededPapers(d), dossierview.HasPicture(list))...)
	}
	data := papersData{Kind: d.Kind, Papers: p.paperFields(c, d, list, thePapersShown.problems), Note: thePapersShown.note, Draft: mark, MaxMB: picture.MaxUpload >> 20, ReturnTo: web.ReturnTo(c, thePapersShown.values)}
	if thePapersShown.values != nil {
		for i := range data.Papers {
			if f := &data.Papers[i]; f.NumberField != "" && thePapersShown.values.Has(f.NumberField) {
				f.Number = thePapersShown.values.Get(f.NumberField)
			}
		}
	}
	if thePapersShown.overtaken {
		if data.Draft, err = p.numbersConflict(c, cur, data.Papers, thePapersShown.values); err != nil {
			return err
		}
	}
	refused, err := p.RefusalOf(c, cur)
	if err != nil {
		return err
	}
	if thePapersShown.note == "" {
		data.Note, data.NoteHelp = refused.Note, refused.Help
	}
	if err := p.MarkPapers(c, cur, d, refused, data.Papers); err != nil {
		return err
	}
	t := p.Texts.For(p.Lang(c))
	for _, f := range data.Papers {
		data.Print = data.Print || f.Print != ""
		if f.Problem != "" {
			data.Problems = append(data.Problems, web.FieldProblem{Field: f.Field(), Text: t.Labelled(f.Label, f.Problem)})
		}
		if f.NumberProblem != "" {
			data.Problems = append(data.Problems, web.FieldProblem{Field: f.NumberField, Text: t.Labelled(dossierview.NumberLabel(t, f.Label), f.NumberProblem)})
		}
	}
	for _, other := range d.Kind.Forms() {
		if other != web.FormPapers {
			data.Others = append(data.Others, other)
		}
	}
	return p.RenderTemplate(c, thePapersShown.status, "papers", web.Page{Title: "papers.title", Data: data})
}

// numbersConflict is conflict for the numbers of approvals.
func (p *Pages) numbersConflict(c *gin.Context, cur dossierview.Current, papers []dossierview.PaperField, values url.Values) (web.DraftState, error) {
	t, labels := p.Texts.For(p.Lang(c)), map[string]string{}
	var fields []web.Field
	for _, f := range papers {
		if f.NumberField != "" {
			fields = append(fields, web.Field{Name: f.NumberField, Type: "text"})
			labels["field."+web.FormPapers+"."+f.NumberField] = dossierview.NumberLabel(t, f.Label)
		}
	}
	mine := web.Build(t, web.FormPapers, fields, values, nil)
	err := p.conflict(c.Request.Context(), t, cur, web.FormPapers, values, func(url.Values) []web.Field { return fields }, &mine)
	for i, line := range mine.Draft.Lines {
		mine.Draft.Lines[i].Label = labels[line.Key]
	}
	return mine.Draft, err
}

func (p *Pages) paperFields(c *gin.Context, d filing.Dossier, list []store.Paper, problems filing.Problems) (fields []dossierview.PaperField) {
	t := p.Texts.For(p.Lang(c))
	text := func(field string) string {
		if problem := problems.For(field); problem != nil {
			return t.T("problem."+problem.Key, problem.Args)
		}
		return ""
	}
	for _, n := range p.NeededPapers(d) {
		f := dossierview.PaperField{NeededPaper: n, Label: p.PaperLabel(c, n), Hint: n.Help.In(t.Lang()), Problem: text(n.Field())}
		for _, paper := range list {
			if dossierview.IsPaperOf(paper, n) {
				f.Pictures = append(f.Pictures, paper)
			}
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
func (p *Pages) paperLines(c *gin.Context, cur dossierview.Current, d filing.Dossier) ([]dossierview.DossierLine, error) {
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

// removePaper takes a picture away.
func (p *Pages) removePaper(c *gin.Context, cur dossierview.Current) error {
	if _, ok := p.formOf(c, cur, web.FormPapers); !ok {
		return nil
	}
	id, err := strconv.ParseInt(c.Param("paper"), 10, 64)
	if err != nil {
		return web.ErrBadRequest
	}
	return p.FinishUpdate(c, p.Store.RemovePaper(c.Request.Context(), cur.Filing.ID, id), web.WithReturnTo(web.FilingPath(c)+"/"+web.FormPapers, web.ReturnToOf(web.PostForm(c))))
}
