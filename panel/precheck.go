package panel

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/precheck"
)

// ruleApprovalPaper is the pre-check's rule about papers of pre-approval contents.
const ruleApprovalPaper = "approval_paper_missing"

// foundLine is a finding of the pre-check as people read it.
type foundLine struct {
	Rule         string
	Blocking     bool
	Field        string // key of the field's name
	Label        string // its name, where it isn't a text of the locale files
	Text, Source string
	Path         string
}

// findings run the pre-check over a dossier. look has the domains looked up too,
// which takes a moment and only ever advises.
func (s *Server) findings(c *gin.Context, cur current, d filing.Dossier, look bool) ([]foundLine, error) {
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
		path := filingPath(c) + "/" + f.Form + "#f-" + f.Field
		if f.Rule == ruleApprovalPaper { // what was chosen there is uploaded here
			path = filingPath(c) + "/" + formPapers
		}
		lines = append(lines, foundLine{
			Rule: f.Rule, Blocking: f.Blocking, Field: "field." + f.Form + "." + f.Field,
			Text: t.T("precheck."+f.Rule, f.Args), Source: t.T("precheck_source."+f.Rule, nil), Path: path,
		})
	}
	return s.withPapers(c, cur, d, lines)
}

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
				Rule: "paper_missing", Blocking: true, Label: label, Text: t.T("problem."+p.Key, p.Args), Source: t.T("papers.source", nil),
				Path: filingPath(c) + "/" + formPapers + "#f-" + field,
			})
		}
	}
	return append(lacking, lines...), err
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
