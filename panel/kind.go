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
	// Problem is what is wrong with the choice, in the reader's language.
	Problem string
}

func kindFields(t *locale.Localizer, codes filing.Tables, v url.Values) []field {
	all := slices.DeleteFunc(asked(holderFields(new(filing.Holder)), choosing{t, codes, v}), func(f field) bool { return !slices.Contains(documentFields, f.Name) })
	for i := range all {
		all[i].Required = false // only to have the bureau asked, which nobody must
	}
	return all
}

// kindForm asks which kind of filing it is, and lets the bureau tell.
func (s *Server) kindForm(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) || !s.begins(c, cur) {
		return
	}
	values, err := s.kindValues(c.Request.Context(), cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	if kept := s.keptValues(c); kept != nil {
		values = kept
	}
	values.Set(fieldFrom, opened(c, values))
	s.showKind(c, http.StatusOK, values, nil)
}

// kindValues are the choice as it was kept. The holder's form, where there is one,
// has the document's last word; another document makes the bureau's answer void.
func (s *Server) kindValues(ctx context.Context, cur current) (url.Values, error) {
	values, err := s.chosen(ctx, cur)
	if err != nil {
		return nil, err
	}
	holder := url.Values{}
	switch err := s.cfg.Store.Draft(ctx, cur.Filing.ID, formHolder, &holder); {
	case err == nil:
		shown := url.Values{}
		for _, name := range documentFields {
			shown[name] = values[name]
			if holder.Get(name) != "" {
				shown[name] = holder[name]
			}
		}
		return withAnswer(shown, values), nil
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	case len(values) > 0:
		return values, nil
	}
	contact, err := s.cfg.Store.Contact(ctx, cur.Filing.ID)
	values.Set("province", contact.Details.Province)
	return values, err
}

// withAnswer are the document as it was typed, with what was kept of the choice
// and, where it is about this document, of the bureau's answer.
func withAnswer(typed, kept url.Values) url.Values {
	values, same := url.Values{}, holderOf(typed).DocumentNumber == holderOf(kept).DocumentNumber
	for _, name := range documentFields {
		values.Set(name, typed.Get(name))
		same = same && (name == "document_number" || typed.Get(name) == kept.Get(name))
	}
	values.Set(valueKind, kept.Get(valueKind))
	if same {
		for _, name := range []string{valueAdvice, valueAdviceKind, valueAdviceDomain, valueNumber} {
			values.Set(name, kept.Get(name))
		}
	}
	return values
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
	if p := problems.For(valueKind); p != nil {
		data.Problem = t.T("problem."+p.Key, p.Args)
		data.Form.Problems = append(data.Form.Problems, fieldProblem{valueKind, data.Problem})
	}
	data.Form.From = fromOf(values)
	s.render(c, status, "kind", page{Title: "kind.title", Data: data})
}

// The buttons of the kind's form.
const kindAsk = "ask"

// giveKind keeps what was typed, whatever comes of it, and asks the bureau or goes
// on with the kind that was chosen.
func (s *Server) giveKind(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) || !s.begins(c, cur) {
		return
	}
	ctx := c.Request.Context()
	typed := posted(c)
	before, err := s.chosen(ctx, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	values := withAnswer(typed, before)
	kind := filing.Kind(typed.Get(valueKind))
	chosen := slices.Contains(filing.Beginnings, kind)
	if chosen {
		values.Set(valueKind, string(kind))
	}
	if err := s.cfg.Store.SaveDraft(ctx, cur.Filing.ID, draftKind, values); err != nil {
		s.fail(c, err)
		return
	}
	if err := s.carryDocument(c, cur, typed); err != nil {
		s.fail(c, err)
		return
	}
	from := fromOf(typed)
	values.Set(fieldFrom, from)
	switch {
	case typed.Get("action") == kindAsk:
		s.askKind(c, cur, values)
	case !chosen:
		s.showKind(c, http.StatusUnprocessableEntity, values, filing.Problems{{Field: valueKind, Key: "choose_kind"}})
	case from != "":
		to(c, filingPath(c)+"/review")
	default:
		to(c, filingPath(c)+"/"+kind.Forms()[0])
	}
}

// carryDocument puts a document that was mended here into the holder's form, where
// that was filled already, and says so.
func (s *Server) carryDocument(c *gin.Context, cur current, typed url.Values) error {
	ctx := c.Request.Context()
	holder := url.Values{}
	err := s.cfg.Store.Draft(ctx, cur.Filing.ID, formHolder, &holder)
	if errors.Is(err, store.ErrNotFound) {
		return nil // it will be filled from here
	} else if err != nil || !holder.Has("document_number") { // a kind that has only the manager
		return err
	}
	changed := false
	for _, name := range documentFields {
		if typed.Get(name) == "" || typed.Get(name) == holder.Get(name) {
			continue
		}
		changed = true
		holder.Set(name, typed.Get(name))
		if name == "province" { // what lay below the old one
			holder.Del("city")
			holder.Del("county")
		}
	}
	if !changed {
		return nil
	}
	if err := s.fillPerson(ctx, cur, holder); err != nil {
		return err
	}
	s.flash(c, "flash.document_carried")
	return s.cfg.Store.SaveDraft(ctx, cur.Filing.ID, formHolder, holder)
}

// askKind asks the bureau about the holder's document and the order's domains,
// and keeps its answer with what was typed.
func (s *Server) askKind(c *gin.Context, cur current, values url.Values) {
	ctx := c.Request.Context()
	holder := holderOf(values)
	problems := s.holderProblems(c, holder, s.tables(ctx))
	problems = slices.DeleteFunc(problems, func(p filing.Problem) bool { return !slices.Contains(documentFields, p.Field) })
	if len(problems) > 0 {
		s.showKind(c, http.StatusUnprocessableEntity, values, problems)
		return
	}
	if !s.mayQuery(c) { // other people's documents aren't to be tried out
		s.showKind(c, http.StatusTooManyRequests, values, filing.Problems{{Field: "document_number", Key: "too_often"}})
		return
	}
	from := fromOf(values)
	values.Del(fieldFrom)
	advice, err := s.advise(ctx, holder, cur.Order.Domains)
	switch {
	case errors.Is(err, errNotAsked):
		advice = filing.Advice{Reason: adviceUnknown}
	case err != nil:
		s.fail(c, err)
		return
	case advice.Kind != "" && values.Get(valueKind) != string(advice.Kind):
		values.Del(valueKind) // what the bureau says is suggested, and to be chosen anew
	}
	values.Set(valueAdvice, advice.Reason)
	values.Set(valueAdviceKind, string(advice.Kind))
	values.Set(valueAdviceDomain, advice.Domain)
	values.Set(valueNumber, advice.Number)
	if err := s.cfg.Store.SaveDraft(ctx, cur.Filing.ID, draftKind, values); err != nil {
		s.fail(c, err)
		return
	}
	to(c, withFrom(filingPath(c)+"/kind", from))
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
