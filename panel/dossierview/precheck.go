package dossierview

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/precheck"
	"github.com/beian/beian/internal/rules"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const (
	// ruleApprovalPaper is the pre-check's rule about papers of pre-approval contents.
	ruleApprovalPaper = "approval_paper_missing"
	// rulePaperMissing and ruleFormMissing are findings of ours, not of the pre-check.
	rulePaperMissing = "paper_missing"
	ruleFormMissing  = "form_missing"
)

// unfilled are the problems of fields that aren't filled in yet, rather than wrong.
var unfilled = []string{"required", "choose"}

// FoundLine is a finding of the pre-check as people read it.
type FoundLine struct {
	Rule     string
	Blocking bool
	// Form is where it is corrected, Name its field there, if it is about one, and Path the field's address.
	Form, Name, Path string
	// Lacking: something isn't filled in yet, but nothing is wrong.
	Lacking bool
	// Field is the key of the field's name, Label the name itself if it has no key.
	Field, Label string
	// Source is where the rule comes from.
	Text, Source string
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

// Findings are what keeps a dossier from being submitted or may have the bureau refuse it: problems of
// its forms, missing papers, and what the pre-check finds. With lookUp, the domains are looked up, which
// takes a moment and only gives advice.
func (v *View) Findings(c *gin.Context, cur Current, d filing.Dossier, lookUp bool) ([]FoundLine, error) {
	lines, err := v.formFindings(c, cur, d)
	if err != nil {
		return nil, err
	}
	if slices.Contains(d.Forms(), web.FormPapers) {
		papers, err := v.paperFindings(c, cur, d)
		if err != nil {
			return nil, err
		}
		lines = append(lines, papers...)
	}
	rules, err := v.Prechecked(c, cur, d, lookUp)
	return append(lines, rules...), err
}

// Prechecked runs the pre-check's rules on a dossier. There are none for ending a filing.
func (v *View) Prechecked(c *gin.Context, cur Current, d filing.Dossier, lookUp bool) ([]FoundLine, error) {
	if d.Kind.Ends() {
		return nil, nil
	}
	facts, err := v.precheckFacts(c.Request.Context(), cur, d)
	if err != nil {
		return nil, err
	}
	if lookUp {
		v.lookUp(c.Request.Context(), &facts)
	}
	t := v.Texts.For(v.Lang(c))
	var lines []FoundLine
	for _, f := range precheck.Run(facts) {
		line := FoundLine{
			Rule: f.Rule, Blocking: f.Blocking,
			Form: f.Form, Name: f.Field, Path: ChangePath(c, f.Form, f.Field), Field: "field." + f.Form + "." + f.Field,
			Text: v.findingText(t, f), Source: v.findingSource(t, f), Help: v.RuleHelp(t, f.Rule),
		}
		if f.Rule == ruleApprovalPaper { // about a field of the site, but the paper is uploaded elsewhere
			line.Form, line.Path, line.Lacking = web.FormPapers, formPath(c, web.FormPapers), true
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// FormFindings are what the pre-check finds in what is saved of a form, without what is missing elsewhere.
func (v *View) FormFindings(c *gin.Context, cur Current, form string) ([]FoundLine, error) {
	d, err := v.Dossier(c.Request.Context(), cur)
	if err != nil {
		return nil, err
	}
	found, err := v.Prechecked(c, cur, d, false)
	return slices.DeleteFunc(found, func(l FoundLine) bool { return l.Form != form || l.Lacking }), err
}

// MarkFound puts findings at the fields of a form: what blocks it where nothing else is wrong, and advice.
func (v *View) MarkFound(t *locale.Localizer, f *web.Form, found []FoundLine) {
	for i := range f.Fields {
		field := &f.Fields[i]
		var blocks, advice []string
		for _, l := range found {
			switch {
			case l.Name != field.Name:
			case l.Blocking:
				blocks = append(blocks, l.Text)
			default:
				advice = append(advice, l.Text)
			}
		}
		field.Problem, field.Advice = cmp.Or(field.Problem, sentences(t, blocks)), sentences(t, advice)
	}
	f.List(t)
}

// Unfilled tells whether a problem is that something isn't filled in yet, rather than wrong.
func Unfilled(p filing.Problem) bool { return slices.Contains(unfilled, p.Key) }

// findingText says what is wrong, and the province's rules that it follows from.
func (v *View) findingText(t *locale.Localizer, f precheck.Finding) string {
	if reason, ok := f.Args["reason"].(string); ok { // of a word
		f.Args["why"] = rules.WordReasons()[reason].In(t.Lang())
	}
	text := t.T("precheck."+f.Rule, f.Args)
	for _, r := range f.Because {
		if t.Lang() == "en" {
			text += " "
		}
		text += v.ruleText(t, r)
	}
	return text
}

// ruleText says a rule, and whether it is the province's own.
func (v *View) ruleText(t *locale.Localizer, r rules.Rule) string {
	key := "precheck.rule_says"
	if r.National() {
		key += "_national"
	}
	return t.T(key, map[string]any{"rule": r.Sentence(t.Lang())})
}

// findingSource is where a rule comes from: the data's sources, or its own text.
func (v *View) findingSource(t *locale.Localizer, f precheck.Finding) string {
	if len(f.Origins) == 0 {
		return t.T("precheck_source."+f.Rule, nil)
	}
	var sources []string
	for _, o := range f.Origins {
		if source := v.OriginText(t, o); !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	return t.List(sources)
}

func (v *View) precheckFacts(ctx context.Context, cur Current, d filing.Dossier) (facts precheck.Facts, err error) {
	facts = precheck.Facts{
		Dossier: d, Tables: v.Tables(ctx), Domains: cur.Order.Domains, IPs: cur.Order.IPs,
		Today: v.Store.Now().In(web.China), AccessMode: v.Provider.AccessMode, ServerPlace: v.Provider.ServerPlace,
		Rules: v.Rules,
	}
	var reads errgroup.Group // none waits for another
	reads.Go(func() (err error) {
		facts.BlackDomains, facts.BlackHolder, err = v.Store.Blacklisted(ctx, d)
		return err
	})
	reads.Go(func() (err error) {
		facts.FiledSites, err = v.filedSites(ctx, d)
		return err
	})
	reads.Go(func() (err error) {
		facts.ForeignIPs, err = v.Store.OutsideBlocks(ctx, d.Site.IPs)
		return err
	})
	reads.Go(func() error {
		papers, err := v.Store.Papers(ctx, cur.Filing.ID)
		for _, p := range papers {
			if p.Kept {
				facts.Papers = append(facts.Papers, p.Key)
			}
		}
		facts.ApprovalPapers = v.approvedContents(papers, d)
		return err
	})
	if d.Kind == filing.KindChange {
		reads.Go(func() (err error) {
			if facts.Filed, err = v.Based(ctx, cur); errors.Is(err, store.ErrNotFound) { // erased
				err = nil
			}
			return err
		})
	}
	err = reads.Wait()
	return facts, err
}

// ReadPrecheckAhead reads what the pre-check of a submitted dossier needs to know, in a context that remembers it.
func (v *View) ReadPrecheckAhead(ctx context.Context, f store.Filing) error {
	var order store.Order
	var d filing.Dossier
	if err := web.AtOnce(
		func() (err error) { order, err = v.Store.Order(ctx, f.OrderID); return err },
		func() (err error) { d, err = v.Store.Dossier(ctx, f.ID, f.Revision); return err },
	); err != nil {
		return err
	}
	_, err := v.precheckFacts(ctx, Current{Order: order, Filing: f}, d)
	return err
}

// filedSites are the other sites that the bureau told us of the holder; nil if it told nothing.
func (v *View) filedSites(ctx context.Context, d filing.Dossier) ([]precheck.FiledSite, error) {
	if d.Holder.DocumentNumber == "" {
		return nil, nil
	}
	filed, err := v.Store.FiledByDocument(ctx, d.Holder.DocumentType, d.Holder.DocumentNumber)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sites := []precheck.FiledSite{}
	for _, s := range filed[0].Sites { // the newest
		if s.ID == d.Subject.SiteID && s.ID != 0 {
			continue
		}
		site := precheck.FiledSite{Number: s.Number}
		if len(s.Domains) > 0 {
			site.Domain = s.Domains[0].Name
		}
		sites = append(sites, site)
	}
	return sites, nil
}

// paperFindings are the missing and outdated papers. Pictures of approvals have a pre-check rule of their own.
func (v *View) paperFindings(c *gin.Context, cur Current, d filing.Dossier) ([]FoundLine, error) {
	problems, err := v.PaperProblems(c, cur, d)
	if err != nil {
		return nil, err
	}
	t := v.Texts.For(v.Lang(c))
	var lines []FoundLine
	for _, n := range v.NeededPapers(d) {
		field, label := n.Field(), v.PaperLabel(c, n)
		if n.Each == filing.EachPreApproval {
			field, label = filing.ApprovalField(n.Item), NumberLabel(t, label)
		}
		if p := problems.For(field); p != nil {
			line := FoundLine{
				Rule: rulePaperMissing, Blocking: true, Lacking: true,
				Form: web.FormPapers, Name: field, Path: ChangePath(c, web.FormPapers, field), Label: label,
				Text: t.T("problem."+p.Key, p.Args), Source: t.T("papers.source", nil),
				Help: v.FieldHelp(t, web.FormPapers, field),
			}
			if p.Key == problemOutdated {
				line.Rule, line.Lacking, line.Source = p.Key, false, t.T("papers.source_outdated", nil)
			}
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// formFindings are the problems of the forms: no form that breaks a rule of its own is submitted.
func (v *View) formFindings(c *gin.Context, cur Current, d filing.Dossier) ([]FoundLine, error) {
	codes := v.Tables(c.Request.Context())
	var lines []FoundLine
	for _, form := range d.Forms() {
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
		values, started, err := v.StartedDraft(c.Request.Context(), cur, form)
		if err != nil {
			return nil, err
		}
		if form == web.FormHolder {
			problems = WithoutTwice(problems, values)
		}
		// What an unstarted form is filled in with can't be the customer's mistake.
		missing := !started && !d.Kind.FollowsUp()
		lines = append(lines, v.formLines(c, form, problems, missing)...)
	}
	return lines, nil
}

// formLines are the problems of one form; a form that is missing is one line.
func (v *View) formLines(c *gin.Context, form string, problems filing.Problems, missing bool) []FoundLine {
	t := v.Texts.For(v.Lang(c))
	line := FoundLine{
		Rule: ruleFormMissing, Blocking: true, Lacking: true, Form: form, Path: formPath(c, form), Field: form + ".title",
		Text: t.T("precheck.form_missing", nil), Source: t.T("precheck_source.form."+form, nil),
	}
	if missing {
		return []FoundLine{line}
	}
	lines := slices.Repeat([]FoundLine{line}, len(problems))
	for i, p := range problems {
		l := &lines[i]
		l.Rule, l.Lacking, l.Text = p.Key, Unfilled(p), t.T("problem."+p.Key, p.Args)
		l.Name, l.Path, l.Field = p.Field, line.Path+"&check=1#f-"+p.Field, "field."+form+"."+p.Field
		if own := "precheck_source.problem." + p.Key; t.Has(own) {
			lines[i].Source = t.T(own, nil)
		}
	}
	return lines
}

// lookUp asks at the same time where a dossier's domains lead, who registered them, whether they open a page, whether
// the managers' mail hosts take mail, and what the holder's filed sites show.
func (v *View) lookUp(ctx context.Context, facts *precheck.Facts) {
	var wait sync.WaitGroup
	d, hosts := facts.Dossier, facts.Hosts() // others fill in other facts meanwhile
	wait.Go(func() { facts.Resolved = v.resolved(ctx, hosts) })
	wait.Go(func() { facts.MailHost = v.mailHost(ctx, d.Holder.Manager.Email) })
	wait.Go(func() { facts.SiteMailHost = v.mailHost(ctx, d.Site.Manager.Email) })
	if v.Registry != nil && d.Kind.Asks(web.FormSite, "domains") {
		wait.Go(func() { facts.Registered = v.registered(ctx, d.Site.Domains) })
	}
	if v.Sites != nil && d.Kind.StaysClosed() {
		wait.Go(func() { facts.Opens = v.Sites.Open(ctx, hosts) })
		wait.Go(func() {
			for i, s := range facts.FiledSites {
				seen := v.Sites.Look(ctx, s.Domain, cmp.Or(v.Rules.FooterSuffices(s.Number), s.Number), v.Provider.LinkTargets)
				s.Looked, s.Open, s.Shows, s.Links = seen.Looked, seen.Open, seen.Shows, seen.Links
				facts.FiledSites[i] = s
			}
		})
	}
	wait.Wait()
}

// mailHost says whether the host of a mail address takes mail.
func (v *View) mailHost(ctx context.Context, email string) precheck.MailHost {
	_, host, ok := strings.Cut(email, "@")
	if !ok {
		return precheck.MailUnknown
	}
	switch takes, known := v.Resolver.TakesMail(ctx, host); {
	case known && takes:
		return precheck.MailTaken
	case known:
		return precheck.MailNowhere
	}
	return precheck.MailUnknown
}

// registered asks the registries about domains; one that doesn't answer is among the answers as unknown.
func (v *View) registered(ctx context.Context, domains []string) map[string]precheck.Registration {
	answers := map[string]precheck.Registration{}
	for _, d := range domains {
		answers[strings.TrimPrefix(d, "*.")] = precheck.Registration{}
	}
	for d, at := range v.Registry.Lookup(ctx, slices.Collect(maps.Keys(answers))) {
		answers[d] = precheck.Registration{Known: true, Registrant: at.Registrant, Expires: at.Expires}
	}
	return answers
}

func (v *View) resolved(ctx context.Context, domains []string) map[string]precheck.Resolution {
	wildcard := func(domain string) bool { return strings.HasPrefix(domain, "*.") }
	domains = slices.DeleteFunc(slices.Clone(domains), wildcard)
	answers := map[string]precheck.Resolution{}
	for domain, at := range v.Resolver.Lookup(ctx, domains) {
		answers[domain] = precheck.Resolution{Missing: at.Missing, Addresses: at.Addresses}
	}
	return answers
}

// Blocks tells whether any of the findings keeps the dossier from being submitted.
func Blocks(lines []FoundLine) bool {
	return slices.ContainsFunc(lines, func(l FoundLine) bool { return l.Blocking })
}
