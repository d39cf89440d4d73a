package dossierview

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/precheck"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// ruleApprovalPaper is the pre-check's rule about papers of pre-approval contents.
const ruleApprovalPaper = "approval_paper_missing"

// FoundLine is a finding of the pre-check as people read it.
type FoundLine struct {
	Rule     string
	Blocking bool
	// Form is the page on which it is mended. Lacking: nothing is wrong there, but
	// something isn't filled in yet.
	Form    string
	Lacking bool
	Field   string // key of the field's name
	Label   string // its name, where it isn't a text of the locale files
	// Source is where the rule comes from.
	Text, Source string
	Path         string
	// Help is the address of what explains it; empty: nothing does.
	Help string
}

// class is how serious it is: a class of the style, and a key below "precheck.".
func (l FoundLine) class() string {
	if l.Blocking {
		return "blocking"
	}
	return "advisory"
}

func (l FoundLine) name(p *web.Page) string { return cmp.Or(l.Label, p.Text(l.Field)) }

// Findings are what keeps a dossier from being submitted, or might have the bureau
// refuse it: what is wrong with its forms, the papers that it lacks, and what the
// pre-check finds. look has the domains looked up too, which takes a moment and
// only ever advises.
func (v *View) Findings(c *gin.Context, cur Current, d filing.Dossier, look bool) ([]FoundLine, error) {
	lines, err := v.Prechecked(c, cur, d, look)
	if err != nil {
		return nil, err
	}
	if slices.Contains(d.Kind.Forms(), web.FormPapers) {
		if lines, err = v.withPapers(c, cur, d, lines); err != nil {
			return nil, err
		}
	}
	return v.withForms(c, cur, d, lines)
}

// Prechecked runs the pre-check's rules over a dossier; what ends a filing has none.
func (v *View) Prechecked(c *gin.Context, cur Current, d filing.Dossier, look bool) ([]FoundLine, error) {
	if d.Kind.Ends() {
		return nil, nil
	}
	ctx := c.Request.Context()
	facts := precheck.Facts{Dossier: d, Tables: v.Tables(ctx), Domains: cur.Order.Domains, IPs: cur.Order.IPs, Today: v.Store.Now().In(web.China),
		AccessMode: v.Provider.AccessMode, ServerPlace: v.Provider.ServerPlace}
	var err error
	if facts.BlackDomains, facts.BlackHolder, err = v.Store.Blacklisted(ctx, d); err != nil {
		return nil, err
	}
	if facts.ApprovalPapers, err = v.approvedContents(ctx, cur, d); err != nil {
		return nil, err
	}
	if facts.ForeignIPs, err = v.Store.OutsideBlocks(ctx, d.Site.IPs); err != nil {
		return nil, err
	}
	if look {
		facts.Resolved, facts.MailHost = v.lookedUp(ctx, d)
	}
	t := v.Texts.For(v.Lang(c))
	var lines []FoundLine
	for _, f := range precheck.Run(facts) {
		line := FoundLine{
			Rule: f.Rule, Blocking: f.Blocking, Form: f.Form, Field: "field." + f.Form + "." + f.Field,
			Text: t.T("precheck."+f.Rule, f.Args), Source: t.T("precheck_source."+f.Rule, nil), Path: ChangePath(c, f.Form, f.Field),
		}
		line.Help = v.RuleHelp(t, f.Rule)
		if f.Rule == ruleApprovalPaper { // what was chosen there is uploaded here
			line.Form, line.Lacking, line.Path = web.FormPapers, true, web.WithReturnTo(web.FilingPath(c)+"/"+web.FormPapers, web.ReturnToReview)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// rulePaperMissing and ruleFormMissing are of papers and forms that aren't there at all.
const (
	rulePaperMissing = "paper_missing"
	ruleFormMissing  = "form_missing"
)

// withPapers puts the papers that are lacking before what the rules found. Approvals
// have a rule of their own.
func (v *View) withPapers(c *gin.Context, cur Current, d filing.Dossier, lines []FoundLine) ([]FoundLine, error) {
	problems, err := v.PaperProblems(c.Request.Context(), cur, d)
	t := v.Texts.For(v.Lang(c))
	var lacking []FoundLine
	for _, n := range v.NeededPapers(d) {
		field, label := n.Field(), v.PaperLabel(c, n)
		if n.Each == filing.EachPreApproval {
			field, label = filing.ApprovalField(n.Item), NumberLabel(t, label)
		}
		if p := problems.For(field); p != nil {
			lacking = append(lacking, FoundLine{
				Rule: rulePaperMissing, Blocking: true, Form: web.FormPapers, Lacking: true,
				Label: label, Text: t.T("problem."+p.Key, p.Args), Source: t.T("papers.source", nil), Path: ChangePath(c, web.FormPapers, field), Help: v.FieldHelp(t, web.FormPapers, field),
			})
		}
	}
	return append(lacking, lines...), err
}

// unfilled are the problems of what isn't filled in yet, rather than wrong.
var unfilled = []string{"required", "choose"}

// withForms puts what is wrong with the forms before what else was found: no form
// goes out that breaks a rule of its own. A form that nobody has filled is one line.
func (v *View) withForms(c *gin.Context, cur Current, d filing.Dossier, lines []FoundLine) ([]FoundLine, error) {
	ctx := c.Request.Context()
	t, codes := v.Texts.For(v.Lang(c)), v.Tables(ctx)
	var wrong []FoundLine
	for _, form := range d.Kind.Forms() {
		if form == web.FormPapers {
			continue
		}
		problems, err := v.Problems(c, cur, d, form, codes)
		if err != nil {
			return nil, err
		}
		if len(problems) == 0 {
			continue
		}
		source := t.T("precheck_source.form."+form, nil)
		values, started, err := v.StartedDraft(ctx, cur, form)
		if err != nil {
			return nil, err
		}
		if !started && !d.Kind.FollowsUp() { // what it starts with of its own can't be the customer's mistake
			wrong = append(wrong, FoundLine{
				Rule: ruleFormMissing, Blocking: true, Form: form, Lacking: true, Field: form + ".title", Text: t.T("precheck.form_missing", nil),
				Source: source, Path: web.WithReturnTo(web.FilingPath(c)+"/"+form, web.ReturnToReview),
			})
			continue
		}
		if form == web.FormHolder {
			problems = WithoutTwice(problems, values)
		}
		for _, p := range problems {
			line := FoundLine{
				Rule: p.Key, Blocking: true, Form: form, Lacking: slices.Contains(unfilled, p.Key), Field: "field." + form + "." + p.Field,
				Text: t.T("problem."+p.Key, p.Args), Source: source, Path: web.WithReturnTo(web.FilingPath(c)+"/"+form, web.ReturnToReview) + "&check=1#f-" + p.Field,
			}
			if own := "precheck_source.problem." + p.Key; t.Has(own) {
				line.Source = t.T(own, nil)
			}
			wrong = append(wrong, line)
		}
	}
	return append(wrong, lines...), nil
}

// StartedDraft is a form as the customer left it; false where nobody has filled it.
func (v *View) StartedDraft(ctx context.Context, cur Current, form string) (values url.Values, started bool, err error) {
	values = url.Values{}
	err = v.Store.Draft(ctx, cur.Filing.ID, form, &values)
	if errors.Is(err, store.ErrNotFound) {
		return values, false, nil
	}
	return values, err == nil, err
}

// lookedUp asks where a dossier's domains and mail lead, both at once.
func (v *View) lookedUp(ctx context.Context, d filing.Dossier) (domains map[string]precheck.Resolution, mail precheck.MailHost) {
	var wait sync.WaitGroup
	wait.Go(func() { domains = v.resolved(ctx, d.Site.Domains) })
	if _, host, ok := strings.Cut(d.Holder.Manager.Email, "@"); ok {
		wait.Go(func() {
			switch takes, known := v.Resolver.TakesMail(ctx, host); {
			case known && takes:
				mail = precheck.MailTaken
			case known:
				mail = precheck.MailNowhere
			}
		})
	}
	wait.Wait()
	return domains, mail
}

func (v *View) resolved(ctx context.Context, domains []string) map[string]precheck.Resolution {
	domains = slices.DeleteFunc(slices.Clone(domains), func(d string) bool { return strings.HasPrefix(d, "*.") })
	answers := map[string]precheck.Resolution{}
	for domain, at := range v.Resolver.Lookup(ctx, domains) {
		answers[domain] = precheck.Resolution{Missing: at.Missing, Addresses: at.Addresses}
	}
	return answers
}

func Blocks(lines []FoundLine) bool {
	return slices.ContainsFunc(lines, func(l FoundLine) bool { return l.Blocking })
}
