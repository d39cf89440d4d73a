package customer

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
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

const valueAdvice = "advice"

const valueAdviceKind = "advice_kind"

const valueAdviceDomain = "advice_domain"

const valueNumber = "number"

// adviceUnknown is shown when the bureau couldn't be asked.
const adviceUnknown = "unknown"

type kindData struct {
	Form web.Form
	// Advice is a key below "advice."; empty before the bureau was asked.
	Advice       string
	AdviceArgs   map[string]any
	Kinds        []filing.Kind
	Chosen, Best filing.Kind
	// Problem is what is wrong with the choice, in the reader's language.
	Problem string
}

func kindFields(t *locale.Localizer, codes filing.Tables, v url.Values) []web.Field {
	all := slices.DeleteFunc(web.Asked(dossierview.HolderFields(new(filing.Holder)), web.Choosing{Localizer: t, Codes: codes, Typed: v}), func(f web.Field) bool { return !slices.Contains(dossierview.DocumentFields, f.Name) })
	for i := range all {
		all[i].Required = false // only to have the bureau asked, which nobody must
	}
	return all
}

// kindForm asks which kind of filing it is, and lets the bureau tell.
func (p *Pages) kindForm(c *gin.Context, cur dossierview.Current) error {
	if !p.inStage(c, cur, filing.Preparing, filing.Correcting) || !p.redirectFollowUp(c, cur) {
		return nil
	}
	values, err := p.kindValues(c.Request.Context(), cur)
	if err != nil {
		return err
	}
	if kept := p.SavedValues(c); kept != nil {
		values = kept
	}
	values.Set(web.FieldReturnTo, web.ReturnTo(c, values))
	return p.showKind(c, http.StatusOK, values, nil)
}

// kindValues are the choice as it was kept. The holder's form, where there is one,
// has the document's last word; another document makes the bureau's answer void.
func (p *Pages) kindValues(ctx context.Context, cur dossierview.Current) (url.Values, error) {
	values, err := p.Chosen(ctx, cur)
	if err != nil {
		return nil, err
	}
	holder := url.Values{}
	switch err := p.Store.Draft(ctx, cur.Filing.ID, web.FormHolder, &holder); {
	case err == nil:
		shown := url.Values{}
		for _, name := range dossierview.DocumentFields {
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
	contact, err := p.Store.Contact(ctx, cur.Filing.ID)
	values.Set("province", contact.Details.Province)
	return values, err
}

// withAnswer are the document as it was typed, with what was kept of the choice
// and, where it is about this document, of the bureau's answer.
func withAnswer(typed, kept url.Values) url.Values {
	values, same := url.Values{}, dossierview.HolderOf(typed).DocumentNumber == dossierview.HolderOf(kept).DocumentNumber
	for _, name := range dossierview.DocumentFields {
		values.Set(name, typed.Get(name))
		same = same && (name == "document_number" || typed.Get(name) == kept.Get(name))
	}
	values.Set(dossierview.ValueKind, kept.Get(dossierview.ValueKind))
	if same {
		for _, name := range []string{valueAdvice, valueAdviceKind, valueAdviceDomain, valueNumber} {
			values.Set(name, kept.Get(name))
		}
	}
	return values
}

// redirectFollowUp sends follow-ups, whose kind is fixed, to their page.
func (p *Pages) redirectFollowUp(c *gin.Context, cur dossierview.Current) bool {
	if cur.Filing.Kind.FollowsUp() {
		web.Redirect(c, web.FilingPath(c))
		return false
	}
	return true
}

func (p *Pages) showKind(c *gin.Context, status int, values url.Values, problems filing.Problems) error {
	t := p.Texts.For(p.Lang(c))
	data := kindData{
		Form:   web.Build(t, web.FormHolder, kindFields(t, p.Tables(c.Request.Context()), values), values, problems),
		Advice: values.Get(valueAdvice), Kinds: filing.Beginnings,
		AdviceArgs: map[string]any{"number": values.Get(valueNumber), "domain": filing.DisplayDomain(values.Get(valueAdviceDomain))},
		Best:       filing.Kind(values.Get(valueAdviceKind)), Chosen: filing.Kind(values.Get(dossierview.ValueKind)),
	}
	if data.Chosen == "" {
		data.Chosen = data.Best
	}
	if problem := problems.For(dossierview.ValueKind); problem != nil {
		data.Problem = t.T("problem."+problem.Key, problem.Args)
		data.Form.Problems = append(data.Form.Problems, web.FieldProblem{Field: dossierview.ValueKind, Text: data.Problem})
	}
	data.Form.ReturnTo = web.ReturnToOf(values)
	return p.RenderTemplate(c, status, "kind", web.Page{Title: "kind.title", Data: data})
}

// The buttons of the kind's form.
const kindAsk = "ask"

// giveKind keeps what was typed, whatever comes of it, and asks the bureau or goes
// on with the kind that was chosen.
func (p *Pages) giveKind(c *gin.Context, cur dossierview.Current) error {
	if !p.inStage(c, cur, filing.Preparing, filing.Correcting) || !p.redirectFollowUp(c, cur) {
		return nil
	}
	ctx := c.Request.Context()
	typed := web.PostForm(c)
	before, err := p.Chosen(ctx, cur)
	if err != nil {
		return err
	}
	values := withAnswer(typed, before)
	kind := filing.Kind(typed.Get(dossierview.ValueKind))
	chosen := slices.Contains(filing.Beginnings, kind)
	if chosen {
		values.Set(dossierview.ValueKind, string(kind))
	}
	if err := p.Store.SaveDraft(ctx, cur.Filing.ID, dossierview.DraftKind, values); err != nil {
		return err
	}
	if err := p.carryDocument(c, cur, typed); err != nil {
		return err
	}
	from := web.ReturnToOf(typed)
	values.Set(web.FieldReturnTo, from)
	switch {
	case typed.Get("action") == kindAsk:
		return p.askKind(c, cur, values)
	case !chosen:
		return p.showKind(c, http.StatusUnprocessableEntity, values, filing.Problems{{Field: dossierview.ValueKind, Key: "choose_kind"}})
	case from != "":
		return web.Redirect(c, web.FilingPath(c)+"/review")
	default:
		return web.Redirect(c, web.FilingPath(c)+"/"+kind.Forms()[0])
	}
}

// carryDocument puts a document that was mended here into the holder's form, where
// that was filled already, and says so.
func (p *Pages) carryDocument(c *gin.Context, cur dossierview.Current, typed url.Values) error {
	ctx := c.Request.Context()
	holder := url.Values{}
	err := p.Store.Draft(ctx, cur.Filing.ID, web.FormHolder, &holder)
	if errors.Is(err, store.ErrNotFound) {
		return nil // it will be filled from here
	} else if err != nil || !holder.Has("document_number") { // a kind that has only the manager
		return err
	}
	changed := false
	for _, name := range dossierview.DocumentFields {
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
	if err := p.FillPerson(ctx, cur, holder); err != nil {
		return err
	}
	p.Flash(c, "flash.document_carried")
	return p.Store.SaveDraft(ctx, cur.Filing.ID, web.FormHolder, holder)
}

// askKind asks the bureau about the holder's document and the order's domains,
// and keeps its answer with what was typed.
func (p *Pages) askKind(c *gin.Context, cur dossierview.Current, values url.Values) error {
	ctx := c.Request.Context()
	holder := dossierview.HolderOf(values)
	problems := p.HolderProblems(c, holder, p.Tables(ctx))
	problems = slices.DeleteFunc(problems, func(problem filing.Problem) bool { return !slices.Contains(dossierview.DocumentFields, problem.Field) })
	if len(problems) > 0 {
		return p.showKind(c, http.StatusUnprocessableEntity, values, problems)
	}
	if !p.CountedQuery(c) { // other people's documents aren't to be tried out
		return p.showKind(c, http.StatusTooManyRequests, values, filing.Problems{{Field: "document_number", Key: "too_often"}})
	}
	from := web.ReturnToOf(values)
	values.Del(web.FieldReturnTo)
	advice, err := p.advise(ctx, holder, cur.Order.Domains)
	switch {
	case errors.Is(err, web.ErrNotAsked):
		advice = filing.Advice{Reason: adviceUnknown}
	case err != nil:
		return err
	case advice.Kind != "" && values.Get(dossierview.ValueKind) != string(advice.Kind):
		values.Del(dossierview.ValueKind) // what the bureau says is suggested, and to be chosen anew
	}
	values.Set(valueAdvice, advice.Reason)
	values.Set(valueAdviceKind, string(advice.Kind))
	values.Set(valueAdviceDomain, advice.Domain)
	values.Set(valueNumber, advice.Number)
	if err := p.Store.SaveDraft(ctx, cur.Filing.ID, dossierview.DraftKind, values); err != nil {
		return err
	}
	return web.Redirect(c, web.WithReturnTo(web.FilingPath(c)+"/kind", from))
}

// advise asks the bureau of the holder's province. That it knows nothing of one
// domain it may say; that it can't be asked of one makes the whole unknown.
func (p *Pages) advise(ctx context.Context, h filing.Holder, domains []string) (filing.Advice, error) {
	holder, err := p.BureauStatus(ctx, h.Province, h.DocumentType, h.DocumentNumber)
	if err != nil {
		return filing.Advice{}, err
	}
	var known []filing.DomainStatus
	for _, domain := range filing.AskedDomains(domains) {
		status, err := p.BureauStatus(ctx, h.Province, bureau.ConditionDomain, domain)
		if err != nil {
			return filing.Advice{}, err
		}
		known = append(known, filing.DomainStatus{Domain: domain, Status: status})
	}
	return filing.Advise(holder, known), nil
}
