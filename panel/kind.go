package panel

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// draftKind keeps which kind of filing was chosen, with the holder's document
// that the bureau was asked about and what it said.
const draftKind = "kind"

// documentFields are what the bureau is asked about a holder: typed once, they
// fill the holder's form.
var documentFields = []string{"nature", "document_type", "document_number", "province"}

// The parts of the draft that keep the answer.
const (
	valueKind         = "kind"
	valueAdvice       = "advice"
	valueAdviceKind   = "advice_kind"
	valueAdviceDomain = "advice_domain"
	valueNumber       = "number"
)

// adviceUnknown is shown when the bureau couldn't be asked.
const adviceUnknown = "unknown"

// chosen is the draft of the kind's choice; empty before there is one.
func (s *Server) chosen(ctx context.Context, cur current) (url.Values, error) {
	values := url.Values{}
	err := s.cfg.Store.Draft(ctx, cur.Filing.ID, draftKind, &values)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return values, err
}

// kindOf is the kind of a filing: a follow-up's is fixed, another's is as chosen.
func (s *Server) kindOf(ctx context.Context, cur current) (filing.Kind, error) {
	if cur.Filing.Kind.FollowsUp() {
		return cur.Filing.Kind, nil
	}
	values, err := s.chosen(ctx, cur)
	if kind := filing.Kind(values.Get(valueKind)); slices.Contains(filing.Beginnings, kind) {
		return kind, err
	}
	return filing.KindNew, err
}

type kindData struct {
	Form form
	// Advice is a key below "advice."; empty before the bureau was asked.
	Advice       string
	AdviceArgs   map[string]any
	Kinds        []filing.Kind
	Chosen, Best filing.Kind
}

func kindFields(t *locale.Localizer, codes filing.Tables, v url.Values) []field {
	all := holderFields(t, codes, v)
	return slices.DeleteFunc(all, func(f field) bool { return !slices.Contains(documentFields, f.Name) })
}

// kindForm asks which kind of filing it is, and lets the bureau tell.
func (s *Server) kindForm(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) || !s.begins(c, cur) {
		return
	}
	ctx := c.Request.Context()
	values, err := s.chosen(ctx, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	if kept := s.keptValues(c); kept != nil {
		values = kept
	}
	if len(values) == 0 {
		contact, err := s.cfg.Store.Contact(ctx, cur.Filing.ID)
		if err != nil {
			s.fail(c, err)
			return
		}
		values.Set("province", contact.Details.Province)
	}
	s.showKind(c, http.StatusOK, values, nil)
}

// begins sends follow-ups, whose kind is fixed, to their page.
func (s *Server) begins(c *gin.Context, cur current) bool {
	if cur.Filing.Kind.FollowsUp() {
		to(c, filingPath(c))
		return false
	}
	return true
}

func (s *Server) showKind(c *gin.Context, status int, values url.Values, problems filing.Problems) {
	t := s.texts.For(s.lang(c))
	data := kindData{
		Form:   build(t, formHolder, kindFields(t, s.tables(c.Request.Context()), values), values, problems),
		Advice: values.Get(valueAdvice), Kinds: filing.Beginnings,
		AdviceArgs: map[string]any{"number": values.Get(valueNumber), "domain": filing.DisplayDomain(values.Get(valueAdviceDomain))},
		Best:       filing.Kind(values.Get(valueAdviceKind)), Chosen: filing.Kind(values.Get(valueKind)),
	}
	if data.Chosen == "" {
		data.Chosen = data.Best
	}
	s.render(c, status, "kind", page{Title: "kind.title", Data: data})
}

// askKind asks the bureau about the holder's document and the order's domains,
// and keeps its answer with what was typed.
func (s *Server) askKind(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) || !s.begins(c, cur) {
		return
	}
	ctx := c.Request.Context()
	values := posted(c)
	holder := holderOf(values)
	problems := s.holderProblems(c, holder, s.tables(ctx))
	problems = slices.DeleteFunc(problems, func(p filing.Problem) bool { return !slices.Contains(documentFields, p.Field) })
	if len(problems) > 0 {
		s.showKind(c, http.StatusUnprocessableEntity, values, problems)
		return
	}
	if !s.mayQuery(c) { // other people's documents aren't to be tried out
		s.flash(c, "flash.too_often")
		to(c, filingPath(c)+"/kind")
		return
	}
	kept := url.Values{"document_number": {holder.DocumentNumber}}
	for _, name := range []string{"nature", "document_type", "province"} {
		kept.Set(name, values.Get(name))
	}
	advice, err := s.advise(ctx, holder, cur.Order.Domains)
	switch {
	case errors.Is(err, errNotAsked):
		kept.Set(valueAdvice, adviceUnknown)
	case err != nil:
		s.fail(c, err)
		return
	default:
		kept.Set(valueAdvice, advice.Reason)
		kept.Set(valueAdviceKind, string(advice.Kind))
		kept.Set(valueAdviceDomain, advice.Domain)
		kept.Set(valueNumber, advice.Number)
	}
	if err := s.cfg.Store.SaveDraft(ctx, cur.Filing.ID, draftKind, kept); err != nil {
		s.fail(c, err)
		return
	}
	to(c, filingPath(c)+"/kind")
}

// advise asks the bureau of the holder's province. That it knows nothing of one
// domain it may say; that it can't be asked of one makes the whole unknown.
func (s *Server) advise(ctx context.Context, h filing.Holder, domains []string) (filing.Advice, error) {
	holder, err := s.bureauStatus(ctx, h.Province, h.DocumentType, h.DocumentNumber)
	if err != nil {
		return filing.Advice{}, err
	}
	var known []filing.DomainStatus
	for _, domain := range filing.AskedDomains(domains) {
		status, err := s.bureauStatus(ctx, h.Province, bureau.ConditionDomain, domain)
		if err != nil {
			return filing.Advice{}, err
		}
		known = append(known, filing.DomainStatus{Domain: domain, Status: status})
	}
	return filing.Advise(holder, known), nil
}

// chooseKind keeps the choice and goes on to the kind's first form.
func (s *Server) chooseKind(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) || !s.begins(c, cur) {
		return
	}
	ctx := c.Request.Context()
	kind := filing.Kind(c.PostForm(valueKind))
	if !slices.Contains(filing.Beginnings, kind) {
		s.flash(c, "flash.choose_kind")
		to(c, filingPath(c)+"/kind")
		return
	}
	values, err := s.chosen(ctx, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	values.Set(valueKind, string(kind))
	if err := s.cfg.Store.SaveDraft(ctx, cur.Filing.ID, draftKind, values); err != nil {
		s.fail(c, err)
		return
	}
	to(c, filingPath(c)+"/"+formsOf(kind)[0])
}
