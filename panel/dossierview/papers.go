package dossierview

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/rules"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/textnorm"
	"github.com/beian/beian/panel/web"
)

// PaperField is a paper on the page, with its pictures.
type PaperField struct {
	filing.NeededPaper
	Label, Hint string
	Pictures    []store.Paper
	// Full: no more pictures can be added.
	Full    bool
	Problem string
	// Number is the approval's, for papers that have one.
	NumberField, Number, NumberProblem string
	// Code is the fingerprint that a printed form must show; empty for other papers.
	Code string
	// Rules are the rules by province that ask for it, each with its source.
	Rules []PaperRule
	// Outdated: the uploaded one states something else than the forms do now.
	Outdated bool
}

// PaperRule is a rule by province, as people read it, and where it comes from.
type PaperRule struct{ Text, Source string }

// PaperRules are the rules by province that ask a dossier for a paper; none if every province does.
func (v *View) PaperRules(t *locale.Localizer, d filing.Dossier, n filing.NeededPaper) (list []PaperRule) {
	if n.Rule == "" {
		return nil
	}
	for _, r := range v.Rules.PaperRules(d, 1, rules.Name(n.Rule)) {
		list = append(list, PaperRule{v.ruleText(t, r), v.OriginText(t, r.Origin)})
	}
	return list
}

// NeededPapers are the papers that a dossier must or may have.
func (v *View) NeededPapers(d filing.Dossier) []filing.NeededPaper {
	needed := v.PaperList.Needed(d, v.Rules.Papers(d, 1))
	if !d.Companion {
		return needed
	}
	return slices.DeleteFunc(needed, func(n filing.NeededPaper) bool { // the holder's go with the other site
		return len(n.Uses) > 0 && !slices.ContainsFunc(n.Uses, filing.PaperUse.OfSite)
	})
}

// HasPicture returns a function that tells whether a paper has a picture.
func HasPicture(list []store.Paper) func(filing.NeededPaper) bool {
	return func(n filing.NeededPaper) bool {
		return slices.ContainsFunc(list, func(p store.Paper) bool { return IsPaperOf(p, n) })
	}
}

// IsPaperOf tells whether a picture is there and of a paper.
func IsPaperOf(p store.Paper, n filing.NeededPaper) bool {
	return p.Kept && p.Key == n.Key && p.Item == n.Item
}

// PaperProblems are the papers that a dossier lacks, and those that state something else than its forms.
func (v *View) PaperProblems(c *gin.Context, cur Current, d filing.Dossier) (filing.Problems, error) {
	list, err := v.Store.Papers(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		return nil, err
	}
	outdated, err := v.outdatedPapers(c, cur, d, list)
	return append(filing.PaperProblems(d, v.NeededPapers(d), HasPicture(list)), outdated...), err
}

// SubmittedPapers are the pictures that go with a dossier: one entry for each use.
func (v *View) SubmittedPapers(ctx context.Context, cur Current, d filing.Dossier) ([]store.SubmittedPaper, error) {
	list, err := v.Store.Papers(ctx, cur.Filing.ID)
	if err != nil {
		return nil, err
	}
	tables := v.Tables(ctx)
	var submitted []store.SubmittedPaper
	for _, n := range v.NeededPapers(d) {
		for _, p := range list {
			if !IsPaperOf(p, n) {
				continue
			}
			paper := store.SubmittedPaper{PaperID: p.ID, Approval: n.Item, Remark: n.Remark}
			if len(n.Uses) == 0 { // goes with its pre-approval content, or stays with us
				submitted = append(submitted, paper)
			}
			for _, u := range n.Uses {
				paper.Purpose, paper.OfSite = tables.PaperPurpose(u.Purpose), u.OfSite()
				submitted = append(submitted, paper)
			}
		}
	}
	return submitted, nil
}

// approvedContents are the pre-approval contents that have their paper.
func (v *View) approvedContents(list []store.Paper, d filing.Dossier) []int {
	contents := []int{}
	for _, n := range v.NeededPapers(d) {
		if n.Each == filing.EachPreApproval && (!n.Must || HasPicture(list)(n)) {
			contents = append(contents, n.Item)
		}
	}
	return contents
}

// approvalNumbers reads the numbers of a site's approvals.
func approvalNumbers(site filing.Site, v url.Values) map[int]string {
	numbers := map[int]string{}
	for _, content := range site.PreApprovals {
		if n := textnorm.Line(v.Get(filing.ApprovalField(content))); n != "" {
			numbers[content] = n
		}
	}
	return numbers
}

// approvalValues is the opposite of approvalNumbers.
func approvalValues(site filing.Site) url.Values {
	v := url.Values{}
	for content, n := range site.ApprovalNumbers {
		v.Set(filing.ApprovalField(content), n)
	}
	return v
}

// PaperLabel names a paper in the reader's language, with its pre-approval content.
func (v *View) PaperLabel(c *gin.Context, n filing.NeededPaper) string {
	t := v.Texts.For(v.Lang(c))
	label := n.Name.In(t.Lang())
	if n.Item == 0 {
		return label
	}
	for _, o := range web.CodeOptions(t.Lang(), v.Tables(c.Request.Context()).PreApprovals) {
		if o.Value == strconv.Itoa(n.Item) {
			return t.T("papers.of_content", map[string]any{"paper": label, "content": o.Label})
		}
	}
	return label
}

// NumberLabel names the number of an approval.
func NumberLabel(t *locale.Localizer, label string) string {
	return t.T("papers.number_of", map[string]any{"paper": label})
}
