package panel

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/picture"
	"github.com/beian/beian/internal/store"
)

// paperField is a paper on the page, with what is there of it.
type paperField struct {
	filing.NeededPaper
	Label, Hint string
	Pictures    []store.Paper
	// Full: no further picture can be added.
	Full    bool
	Problem string
	// Number is the approval's, for papers that have one.
	NumberField, Number, NumberProblem string
}

type papersData struct {
	Kind     filing.Kind
	Papers   []paperField
	Problems []fieldProblem
	// Note is the bureau's reason, NoteHelp the address of what explains it.
	Note, NoteHelp string
	Others         []string
	Print          bool
	// From is as form's.
	From string
	// Draft is the mark of the numbers, which are kept while they are typed.
	Draft draftState
	// MaxMB is what a file may have.
	MaxMB int
}

// papersShown is what a page of papers shows besides what is kept.
type papersShown struct {
	status int
	// values are the numbers as just typed; nil: as kept.
	values   url.Values
	problems filing.Problems
	// check shows what is lacking too.
	check bool
	note  string
	// overtaken: another page saved other numbers meanwhile.
	overtaken bool
}

// wrong is as form's.
func (d papersData) wrong() bool { return len(d.Problems) > 0 }

// neededPapers are the papers that a dossier can have.
func (s *Server) neededPapers(d filing.Dossier) []filing.NeededPaper { return s.papers.Needed(d) }

// hasPicture tells whether a picture is of a paper.
func hasPicture(list []store.Paper) func(filing.NeededPaper) bool {
	return func(n filing.NeededPaper) bool {
		return slices.ContainsFunc(list, func(p store.Paper) bool { return isOf(p, n) })
	}
}

func isOf(p store.Paper, n filing.NeededPaper) bool {
	return p.Kept && p.Key == n.Key && p.Item == n.Item
}

// paperProblems are the papers that a dossier lacks.
func (s *Server) paperProblems(ctx context.Context, cur current, d filing.Dossier) (filing.Problems, error) {
	list, err := s.cfg.Store.Papers(ctx, cur.Filing.ID)
	if err != nil {
		return nil, err
	}
	return filing.PaperProblems(d, s.neededPapers(d), hasPicture(list)), nil
}

// handedPapers are the pictures that go with a dossier, each at its places.
func (s *Server) handedPapers(ctx context.Context, cur current, d filing.Dossier) ([]store.HandedPaper, error) {
	list, err := s.cfg.Store.Papers(ctx, cur.Filing.ID)
	if err != nil {
		return nil, err
	}
	tables := s.tables(ctx)
	var handed []store.HandedPaper
	for _, n := range s.neededPapers(d) {
		for _, p := range list {
			if !isOf(p, n) {
				continue
			}
			one := store.HandedPaper{PaperID: p.ID, Approval: n.Item, Remark: n.Remark}
			if len(n.Uses) == 0 { // goes with its content, or stays with us
				handed = append(handed, one)
			}
			for _, u := range n.Uses {
				one.Purpose, one.OfSite = tables.PaperPurpose(u.Purpose), u.OfSite()
				handed = append(handed, one)
			}
		}
	}
	return handed, nil
}

// approvedContents are the pre-approval contents that have their paper.
func (s *Server) approvedContents(ctx context.Context, cur current, d filing.Dossier) ([]int, error) {
	list, err := s.cfg.Store.Papers(ctx, cur.Filing.ID)
	contents := []int{}
	for _, n := range s.neededPapers(d) {
		if n.Each == filing.EachPreApproval && (!n.Must || hasPicture(list)(n)) {
			contents = append(contents, n.Item)
		}
	}
	return contents, err
}

// approvalNumbers reads the numbers of a site's approvals.
func approvalNumbers(site filing.Site, v url.Values) map[int]string {
	numbers := map[int]string{}
	for _, content := range site.PreApprovals {
		if n := strings.Join(strings.Fields(v.Get(filing.ApprovalField(content))), " "); n != "" {
			numbers[content] = n
		}
	}
	return numbers
}

// approvalValues are the numbers as they would be typed.
func approvalValues(site filing.Site) url.Values {
	v := url.Values{}
	for content, n := range site.ApprovalNumbers {
		v.Set(filing.ApprovalField(content), n)
	}
	return v
}

// papersForm is the page of papers.
func (s *Server) papersForm(c *gin.Context, cur current) {
	if _, ok := s.formOf(c, cur, formPapers); ok {
		kept := s.keptValues(c)
		s.showPapers(c, cur, papersShown{status: http.StatusOK, values: kept, problems: filesAgain(kept, "paper_again"), check: c.Query("check") != ""})
	}
}

// showPapers draws the page with what is wrong.
func (s *Server) showPapers(c *gin.Context, cur current, p papersShown) {
	ctx := c.Request.Context()
	mark, err := s.draftState(ctx, cur, formPapers, p.values)
	if err != nil {
		s.fail(c, err)
		return
	}
	d, err := s.dossier(ctx, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	list, err := s.cfg.Store.Papers(ctx, cur.Filing.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	if p.check {
		p.problems = append(p.problems, filing.PaperProblems(d, s.neededPapers(d), hasPicture(list))...)
	}
	data := papersData{Kind: d.Kind, Papers: s.paperFields(c, d, list, p.problems), Note: p.note, Draft: mark, MaxMB: picture.MaxUpload >> 20, From: opened(c, p.values)}
	if p.values != nil {
		for i := range data.Papers {
			if f := &data.Papers[i]; f.NumberField != "" && p.values.Has(f.NumberField) {
				f.Number = p.values.Get(f.NumberField)
			}
		}
	}
	if p.overtaken {
		if data.Draft, err = s.numbersConflict(c, cur, data.Papers, p.values); err != nil {
			s.fail(c, err)
			return
		}
	}
	refused, err := s.refusalOf(c, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	if p.note == "" {
		data.Note, data.NoteHelp = refused.Note, refused.Help
	}
	if err := s.markPapers(c, cur, d, refused, data.Papers); err != nil {
		s.fail(c, err)
		return
	}
	t := s.texts.For(s.lang(c))
	for _, f := range data.Papers {
		data.Print = data.Print || f.Print != ""
		if f.Problem != "" {
			data.Problems = append(data.Problems, fieldProblem{f.Field(), t.Labelled(f.Label, f.Problem)})
		}
		if f.NumberProblem != "" {
			data.Problems = append(data.Problems, fieldProblem{f.NumberField, t.Labelled(numberLabel(t, f.Label), f.NumberProblem)})
		}
	}
	for _, other := range d.Kind.Forms() {
		if other != formPapers {
			data.Others = append(data.Others, other)
		}
	}
	s.render(c, p.status, "papers", page{Title: "papers.title", Data: data})
}

// numbersConflict is conflict for the numbers of approvals.
func (s *Server) numbersConflict(c *gin.Context, cur current, papers []paperField, values url.Values) (draftState, error) {
	t, labels := s.texts.For(s.lang(c)), map[string]string{}
	var fields []field
	for _, f := range papers {
		if f.NumberField != "" {
			fields = append(fields, field{Name: f.NumberField, Type: "text"})
			labels["field."+formPapers+"."+f.NumberField] = numberLabel(t, f.Label)
		}
	}
	mine := build(t, formPapers, fields, values, nil)
	err := s.conflict(c.Request.Context(), t, cur, formPapers, values, func(url.Values) []field { return fields }, &mine)
	for i, line := range mine.Draft.Lines {
		mine.Draft.Lines[i].Label = labels[line.Key]
	}
	return mine.Draft, err
}

func (s *Server) paperFields(c *gin.Context, d filing.Dossier, list []store.Paper, problems filing.Problems) (fields []paperField) {
	t := s.texts.For(s.lang(c))
	text := func(field string) string {
		if p := problems.For(field); p != nil {
			return t.T("problem."+p.Key, p.Args)
		}
		return ""
	}
	for _, n := range s.neededPapers(d) {
		f := paperField{NeededPaper: n, Label: s.paperLabel(c, n), Hint: n.Help.In(t.Lang()), Problem: text(n.Field())}
		for _, p := range list {
			if isOf(p, n) {
				f.Pictures = append(f.Pictures, p)
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

// paperLabel names a paper in the reader's language, with the content that it is about.
func (s *Server) paperLabel(c *gin.Context, n filing.NeededPaper) string {
	t := s.texts.For(s.lang(c))
	label := n.Name.In(t.Lang())
	if n.Item == 0 {
		return label
	}
	for _, o := range codeOptions(t.Lang(), s.tables(c.Request.Context()).PreApprovals) {
		if o.Value == strconv.Itoa(n.Item) {
			return t.T("papers.of_content", map[string]any{"paper": label, "content": o.Label})
		}
	}
	return label
}

// numberLabel names the number of an approval.
func numberLabel(t *locale.Localizer, label string) string {
	return t.T("papers.number_of", map[string]any{"paper": label})
}

// paperLines are the papers on the review page.
func (s *Server) paperLines(c *gin.Context, cur current, d filing.Dossier) ([]dossierLine, error) {
	list, err := s.cfg.Store.Papers(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		return nil, err
	}
	t := s.texts.For(s.lang(c))
	var lines []dossierLine
	for _, f := range s.paperFields(c, d, list, nil) {
		if len(f.Pictures) == 0 && !f.Must {
			continue
		}
		line := dossierLine{Label: f.Label, Path: changePath(c, formPapers, f.Field())}
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
func (s *Server) removePaper(c *gin.Context, cur current) {
	if _, ok := s.formOf(c, cur, formPapers); !ok {
		return
	}
	id, err := strconv.ParseInt(c.Param("paper"), 10, 64)
	if err != nil {
		s.fail(c, errBadRequest)
		return
	}
	s.moveOn(c, s.cfg.Store.RemovePaper(c.Request.Context(), cur.Filing.ID, id), withFrom(filingPath(c)+"/"+formPapers, fromOf(posted(c))))
}
