package customer

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// What the draft of the choice keeps of the bureau's answer.
const (
	valueAdvice       = "advice"
	valueAdviceKind   = "advice_kind"
	valueAdviceDomain = "advice_domain"
	valueNumber       = "number"
)

// adviceUnknown is shown when the bureau couldn't be asked.
const adviceUnknown = "unknown"

type kindData struct {
	web.Form
	// Advice is a key below "kind_advice."; empty before the bureau was asked.
	Advice                     string
	AdviceNumber, AdviceDomain string
	Chosen, Best               filing.Kind
	// Problem is what is wrong with the choice, in the reader's language.
	Problem string
}

// warns tells whether the advice is bad news.
func (d kindData) warns() bool { return d.Advice == filing.AdviceOther || d.Advice == adviceUnknown }

func kindFields(t *locale.Localizer, codes filing.Tables, v url.Values) []web.Field {
	all := web.Asked(dossierview.HolderFields(new(filing.Holder)), web.Choosing{Localizer: t, Codes: codes, Typed: v})
	all = slices.DeleteFunc(all, func(f web.Field) bool { return !slices.Contains(dossierview.DocumentFields, f.Name) })
	for i := range all {
		all[i].Required = false // asking the bureau is voluntary
	}
	return all
}

// withChoice runs a handler of the choice of kind. That of a follow-up is fixed, and that of a site whose holder
// another site's filing brings.
func (p *Pages) withChoice(h handler) web.Handler {
	return p.withFiling(p.consented(func(c *gin.Context, cur Current) error {
		blank, err := p.Blank(c.Request.Context(), cur)
		if err != nil {
			return err
		}
		if blank.Kind.FollowsUp() || blank.Companion || blank.HolderKnown {
			return web.Redirect(c, web.FilingPath(c))
		}
		return h(c, cur)
	}), editing...)
}

// kindForm asks which kind of filing it is, and offers to ask the bureau.
func (p *Pages) kindForm(c *gin.Context, cur Current) error {
	values, err := p.kindValues(c.Request.Context(), cur)
	if err != nil {
		return err
	}
	if saved, err := p.SavedValues(c); err != nil {
		return err
	} else if saved != nil {
		values = saved
	}
	values.Set(web.FieldReturnTo, web.ReturnTo(c, values))
	return p.showKind(c, http.StatusOK, values, nil)
}

// kindValues are the saved choice. The document is that of the holder's form, once there is one; if it
// is another than the bureau was asked about, the answer no longer counts.
func (p *Pages) kindValues(ctx context.Context, cur Current) (url.Values, error) {
	values, err := p.Chosen(ctx, cur)
	if err != nil {
		return nil, err
	}
	holder, started, err := p.StartedDraft(ctx, cur, web.FormHolder)
	switch {
	case err != nil:
		return nil, err
	case started:
		shown := url.Values{}
		for _, name := range dossierview.DocumentFields {
			shown[name] = values[name]
			if holder.Get(name) != "" {
				shown[name] = holder[name]
			}
		}
		return withAnswer(shown, values), nil
	case len(values) > 0:
		return values, nil
	}
	contact, err := p.Store.Contact(ctx, cur.Filing.ID)
	values.Set("province", contact.Details.Province)
	return values, err
}

// withAnswer adds to a typed document the saved choice and, if it is about the same document, the bureau's answer.
func withAnswer(typed, kept url.Values) url.Values {
	values := url.Values{}
	same := dossierview.HolderOf(typed).DocumentNumber == dossierview.HolderOf(kept).DocumentNumber
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

func (p *Pages) showKind(c *gin.Context, status int, values url.Values, problems filing.Problems) error {
	t := p.Texts.For(p.Lang(c))
	best := filing.Kind(values.Get(valueAdviceKind))
	data := kindData{
		Form:   web.Build(t, web.FormHolder, kindFields(t, p.Tables(c.Request.Context()), values), values, problems),
		Advice: values.Get(valueAdvice), AdviceNumber: values.Get(valueNumber),
		AdviceDomain: filing.DisplayDomain(values.Get(valueAdviceDomain)),
		Best:         best, Chosen: cmp.Or(filing.Kind(values.Get(dossierview.ValueKind)), best),
	}
	if problem := problems.For(dossierview.ValueKind); problem != nil {
		data.Problem = t.T("problem."+problem.Key, problem.Args)
		data.Problems = append(data.Problems, web.FieldProblem{Field: dossierview.ValueKind, Text: data.Problem})
	}
	data.ReturnTo = web.ReturnToOf(values)
	return p.Render(c, status, web.Page{Title: "kind.title"}, web.With(kindPage, data))
}

// kindAsk is the button that asks the bureau.
const kindAsk = "ask"

// giveKind saves what was typed in any case, then asks the bureau or goes on with the chosen kind.
func (p *Pages) giveKind(c *gin.Context, cur Current) error {
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
	returnTo := web.ReturnToOf(typed)
	values.Set(web.FieldReturnTo, returnTo)
	switch {
	case typed.Get("action") == kindAsk:
		return p.askKind(c, cur, values)
	case !chosen:
		problem := filing.Problem{Field: dossierview.ValueKind, Key: "choose_kind"}
		return p.showKind(c, http.StatusUnprocessableEntity, values, filing.Problems{problem})
	case returnTo != "":
		return web.Redirect(c, web.FilingPath(c)+"/"+pageReview)
	default:
		return web.Redirect(c, web.FilingPath(c)+"/"+kind.Forms()[0])
	}
}

// carryDocument copies a document that was corrected here into the holder's form, if that was filled
// in already, and says so.
func (p *Pages) carryDocument(c *gin.Context, cur Current, typed url.Values) error {
	ctx := c.Request.Context()
	holder, _, err := p.StartedDraft(ctx, cur, web.FormHolder)
	// A form that isn't filled in yet will start with this document; some kinds ask only for the manager.
	if err != nil || !holder.Has("document_number") {
		return err
	}
	changed := false
	for _, name := range dossierview.DocumentFields {
		if typed.Get(name) == "" || typed.Get(name) == holder.Get(name) {
			continue
		}
		changed = true
		holder.Set(name, typed.Get(name))
		if name == "province" { // the divisions of the old one
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

// askKind asks the bureau about the holder's document and the order's domains, and saves its answer.
func (p *Pages) askKind(c *gin.Context, cur Current, values url.Values) error {
	ctx := c.Request.Context()
	holder := dossierview.HolderOf(values)
	problems, err := p.HolderProblems(c, holder, p.Tables(ctx))
	if err != nil {
		return err
	}
	problems = slices.DeleteFunc(problems, func(problem filing.Problem) bool {
		return !slices.Contains(dossierview.DocumentFields, problem.Field)
	})
	if len(problems) > 0 {
		return p.showKind(c, http.StatusUnprocessableEntity, values, problems)
	}
	if !p.CountedQuery(c) { // nobody may try out other people's documents
		problem := filing.Problem{Field: "document_number", Key: "too_often"}
		return p.showKind(c, http.StatusTooManyRequests, values, filing.Problems{problem})
	}
	returnTo := web.ReturnToOf(values)
	values.Del(web.FieldReturnTo)
	advice, err := p.advise(ctx, holder, cur.Order.Domains)
	switch {
	case errors.Is(err, web.ErrNotAsked):
		advice = filing.Advice{Reason: adviceUnknown}
	case err != nil:
		return err
	case advice.Kind != "" && values.Get(dossierview.ValueKind) != string(advice.Kind):
		values.Del(dossierview.ValueKind) // the page suggests the bureau's kind: choose again
	}
	values.Set(valueAdvice, advice.Reason)
	values.Set(valueAdviceKind, string(advice.Kind))
	values.Set(valueAdviceDomain, advice.Domain)
	values.Set(valueNumber, advice.Number)
	if err := p.Store.SaveDraft(ctx, cur.Filing.ID, dossierview.DraftKind, values); err != nil {
		return err
	}
	return web.Redirect(c, web.WithReturnTo(web.FilingPath(c)+"/kind", returnTo))
}

// advise asks the bureau of the holder's province about the holder and each domain. If it can't be
// asked about one of them, there is no advice.
func (p *Pages) advise(ctx context.Context, h filing.Holder, domains []string) (filing.Advice, error) {
	holder, err := p.BureauStatus(ctx, h.Province, h.DocumentType, h.DocumentNumber)
	if err != nil {
		return filing.Advice{}, err
	}
	known, err := p.domainStatuses(ctx, h.Province, domains)
	return filing.Advise(holder, known), err
}

// domainStatuses are a bureau's answers about domains.
func (p *Pages) domainStatuses(
	ctx context.Context, province string, domains []string,
) (known []filing.DomainStatus, err error) {
	for _, domain := range filing.AskedDomains(domains) {
		status, err := p.BureauStatus(ctx, province, bureau.ConditionDomain, domain)
		if err != nil {
			return nil, err
		}
		known = append(known, filing.DomainStatus{Domain: domain, Status: status})
	}
	return known, nil
}
