package panel

import (
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
)

// ruleApprovalPaper is the pre-check's rule about papers of pre-approval contents.
const ruleApprovalPaper = "approval_paper_missing"

// foundLine is a finding of the pre-check as people read it.
type foundLine struct {
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

// findings are what keeps a dossier from being handed in, or might have the bureau
// refuse it: what is wrong with its forms, the papers that it lacks, and what the
// pre-check finds. look has the domains looked up too, which takes a moment and
// only ever advises.
func (s *Server) findings(c *gin.Context, cur current, d filing.Dossier, look bool) ([]foundLine, error) {
	lines, err := s.prechecked(c, cur, d, look)
	if err != nil {
		return nil, err
	}
	if slices.Contains(d.Kind.Forms(), formPapers) {
		if lines, err = s.withPapers(c, cur, d, lines); err != nil {
			return nil, err
		}
	}
	return s.withForms(c, cur, d, lines)
}

// prechecked runs the pre-check's rules over a dossier; what ends a filing has none.
func (s *Server) prechecked(c *gin.Context, cur current, d filing.Dossier, look bool) ([]foundLine, error) {
	if d.Kind.Ends() {
		return nil, nil
	}
	ctx := c.Request.Context()
	facts := precheck.Facts{Dossier: d, Tables: s.tables(ctx), Domains: cur.Order.Domains, IPs: cur.Order.IPs, Today: s.cfg.Store.Now().In(china),
		AccessMode: s.cfg.Provider.AccessMode, ServerPlace: s.cfg.Provider.ServerPlace}
	var err error
	if facts.BlackDomains, facts.BlackHolder, err = s.cfg.Store.Blacklisted(ctx, d); err != nil {
		return nil, err
	}
	if facts.ApprovalPapers, err = s.approvedContents(ctx, cur, d); err != nil {
		return nil, err
	}
	if facts.ForeignIPs, err = s.cfg.Store.OutsideBlocks(ctx, d.Site.IPs); err != nil {
		return nil, err
	}
	if look {
		facts.Resolved, facts.MailHost = s.lookedUp(ctx, d)
	}
	t := s.texts.For(s.lang(c))
	var lines []foundLine
	for _, f := range precheck.Run(facts) {
		line := foundLine{
			Rule: f.Rule, Blocking: f.Blocking, Form: f.Form, Field: "field." + f.Form + "." + f.Field,
			Text: t.T("precheck."+f.Rule, f.Args), Source: t.T("precheck_source."+f.Rule, nil), Path: changePath(c, f.Form, f.Field),
		}
		line.Help = s.ruleHelp(t, f.Rule)
		if f.Rule == ruleApprovalPaper { // what was chosen there is uploaded here
			line.Form, line.Lacking, line.Path = formPapers, true, withFrom(filingPath(c)+"/"+formPapers, fromReview)
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
func (s *Server) withPapers(c *gin.Context, cur current, d filing.Dossier, lines []foundLine) ([]foundLine, error) {
	problems, err := s.paperProblems(c.Request.Context(), cur, d)
	t := s.texts.For(s.lang(c))
	var lacking []foundLine
	for _, n := range s.neededPapers(d) {
		field, label := n.Field(), s.paperLabel(c, n)
		if n.Each == filing.EachPreApproval {
			field, label = filing.ApprovalField(n.Item), numberLabel(t, label)
		}
		if p := problems.For(field); p != nil {
			lacking = append(lacking, foundLine{
				Rule: rulePaperMissing, Blocking: true, Form: formPapers, Lacking: true,
				Label: label, Text: t.T("problem."+p.Key, p.Args), Source: t.T("papers.source", nil), Path: changePath(c, formPapers, field), Help: s.fieldHelp(t, formPapers, field),
			})
		}
	}
	return append(lacking, lines...), err
}

// unfilled are the problems of what isn't filled in yet, rather than wrong.
var unfilled = []string{"required", "choose"}

// withForms puts what is wrong with the forms before what else was found: no form
// goes out that breaks a rule of its own. A form that nobody has filled is one line.
func (s *Server) withForms(c *gin.Context, cur current, d filing.Dossier, lines []foundLine) ([]foundLine, error) {
	ctx := c.Request.Context()
	t, codes := s.texts.For(s.lang(c)), s.tables(ctx)
	var wrong []foundLine
	for _, form := range d.Kind.Forms() {
		if form == formPapers {
			continue
		}
		problems, err := s.problems(c, cur, d, form, codes)
		if err != nil {
			return nil, err
		}
		if len(problems) == 0 {
			continue
		}
		source := t.T("precheck_source.form."+form, nil)
		values, started, err := s.startedDraft(ctx, cur, form)
		if err != nil {
			return nil, err
		}
		if !started && !d.Kind.FollowsUp() { // what it starts with of its own can't be the customer's mistake
			wrong = append(wrong, foundLine{
				Rule: ruleFormMissing, Blocking: true, Form: form, Lacking: true, Field: form + ".title", Text: t.T("precheck.form_missing", nil),
				Source: source, Path: withFrom(filingPath(c)+"/"+form, fromReview),
			})
			continue
		}
		if form == formHolder {
			problems = withoutTwice(problems, values)
		}
		for _, p := range problems {
			line := foundLine{
				Rule: p.Key, Blocking: true, Form: form, Lacking: slices.Contains(unfilled, p.Key), Field: "field." + form + "." + p.Field,
				Text: t.T("problem."+p.Key, p.Args), Source: source, Path: withFrom(filingPath(c)+"/"+form, fromReview) + "&check=1#f-" + p.Field,
			}
			if own := "precheck_source.problem." + p.Key; t.Has(own) {
				line.Source = t.T(own, nil)
			}
			wrong = append(wrong, line)
		}
	}
	return append(wrong, lines...), nil
}

// startedDraft is a form as the customer left it; false where nobody has filled it.
func (s *Server) startedDraft(ctx context.Context, cur current, form string) (values url.Values, started bool, err error) {
	values = url.Values{}
	err = s.cfg.Store.Draft(ctx, cur.Filing.ID, form, &values)
	if errors.Is(err, store.ErrNotFound) {
		return values, false, nil
	}
	return values, err == nil, err
}

// lookedUp asks where a dossier's domains and mail lead, both at once.
func (s *Server) lookedUp(ctx context.Context, d filing.Dossier) (domains map[string]precheck.Resolution, mail precheck.MailHost) {
	var wait sync.WaitGroup
	wait.Go(func() { domains = s.resolved(ctx, d.Site.Domains) })
	if _, host, ok := strings.Cut(d.Holder.Manager.Email, "@"); ok {
		wait.Go(func() {
			switch takes, known := s.cfg.Resolver.TakesMail(ctx, host); {
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

func (s *Server) resolved(ctx context.Context, domains []string) map[string]precheck.Resolution {
	domains = slices.DeleteFunc(slices.Clone(domains), func(d string) bool { return strings.HasPrefix(d, "*.") })
	answers := map[string]precheck.Resolution{}
	for domain, at := range s.cfg.Resolver.Lookup(ctx, domains) {
		answers[domain] = precheck.Resolution{Missing: at.Missing, Addresses: at.Addresses}
	}
	return answers
}

func blocks(lines []foundLine) bool {
	return slices.ContainsFunc(lines, func(l foundLine) bool { return l.Blocking })
}
