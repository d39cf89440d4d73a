package staff

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

const (
	filingsPerPage = 100
	formSearch     = "filing_search"
	// maxAge bounds the days that can be asked for: ten years.
	maxAge = 3650
	// stateStuck and stateBroken choose what is stuck, and what is filed and broken.
	stateStuck, stateBroken = "stuck", "broken"
)

type supportData struct {
	web.Form
	Filings []store.FoundFiling
	// Holder asks for a holder's name or document, and isn't in the address.
	Holder web.Form
	// HolderChosen tells that the list is of a holder.
	HolderChosen string
	// Filtered tells that something is searched for, Cut that more was found than is looked at.
	Filtered, Cut bool
	// Next is the next page's address, CSV what exports the search, Bulk what tries it dry for a
	// bulk job.
	Next, CSV, Bulk string
}

// HasProblems tells whether the page shows problems, which its title then says.
func (d supportData) HasProblems() bool { return d.Form.HasProblems() || d.Holder.HasProblems() }

// searchFields are what filings are searched by, as the page's address has it.
func searchFields(t *locale.Localizer, codes filing.Tables) []web.Field {
	choice := func(name, prefix string, values []string) web.Field {
		options := []web.Option{{Label: t.T("support.all", nil)}}
		for _, v := range values {
			options = append(options, web.Option{Value: v, Label: t.T(prefix+v, nil)})
		}
		return web.Field{Name: name, Type: "select", Options: options}
	}
	stages := make([]string, len(filing.Stages))
	for i, stage := range filing.Stages {
		stages[i] = string(stage)
	}
	province := web.Field{Name: "province", Type: "select", Options: []web.Option{{Label: t.T("support.all", nil)}}}
	for _, p := range codes.Regions.Provinces() {
		province.Options = append(province.Options, web.Option{Value: p.Code, Label: p.Name})
	}
	return []web.Field{
		{Name: "order", Type: "text"}, {Name: "customer", Type: "text"}, {Name: "domain", Type: "text"}, {Name: "number", Type: "text"},
		choice("stage", "stage.", stages), choice("state", "filing_state.", []string{stateStuck, stateBroken}),
		choice("step", "stuck.", workflows.Steps()), choice("reason", "reason.", activities.StuckReasons()),
		province, {Name: "age", Type: "text"},
	}
}

// searched reads a search from an address: what is asked, as it was typed, and what is
// wrong with it. Ages are counted back from a time.
func (p *Pages) searched(q url.Values, now time.Time) (f store.FilingSearch, values url.Values, problems filing.Problems) {
	values = url.Values{}
	t := p.Texts.For("zh") // the fields' names and values are the same in every language
	fields := searchFields(t, filing.BuiltIn())
	for _, field := range fields {
		value := web.Search(q.Get(field.Name))
		if value == "" {
			continue
		}
		values.Set(field.Name, value)
		if field.Type == "select" && !slices.ContainsFunc(field.Options, func(o web.Option) bool { return o.Value == value }) {
			problems = append(problems, filing.Problem{Field: field.Name, Key: "search_choice"})
		}
	}
	f = store.FilingSearch{
		Order: values.Get("order"), Customer: values.Get("customer"), Stage: filing.Stage(values.Get("stage")), Province: values.Get("province"),
		Step: values.Get("step"), Reason: values.Get("reason"), Stuck: values.Get("state") == stateStuck, SiteBad: values.Get("state") == stateBroken,
	}
	if typed := values.Get("domain"); typed != "" {
		domain, key := filing.NormaliseDomain(typed)
		if key != "" {
			problems = append(problems, filing.Problem{Field: "domain", Key: "search_domain"})
		}
		f.Domain = domain
	}
	if typed := values.Get("number"); typed != "" {
		number, err := filing.ParseNumber(typed)
		if err != nil {
			problems = append(problems, filing.Problem{Field: "number", Key: "number_invalid"})
		}
		f.Number = number.String()
	}
	if typed := values.Get("age"); typed != "" {
		days, err := strconv.Atoi(web.Digits(typed))
		if err != nil || days < 1 || days > maxAge {
			problems = append(problems, filing.Problem{Field: "age", Key: "search_age", Args: map[string]any{"max": maxAge}})
		}
		f.Before = now.Add(-time.Duration(days) * 24 * time.Hour)
	}
	if token := q.Get("holder"); token != "" {
		values.Set("holder", token)
		if f.Holder = holderHashes(token); f.Holder.None() {
			problems = append(problems, filing.Problem{Field: "holder", Key: "search_holder"})
		}
	}
	return f, values, problems
}

// holderToken is a holder in an address: keyed hashes, which tell nobody who it is.
func holderToken(h store.HolderHashes) string {
	return hex.EncodeToString(h.Name) + "-" + hex.EncodeToString(h.Document)
}

func holderHashes(token string) (h store.HolderHashes) {
	first, second, _ := strings.Cut(token, "-")
	name, err := hex.DecodeString(first)
	document, err2 := hex.DecodeString(second)
	if err != nil || err2 != nil || len(name) != seal.HashSize || len(document) != seal.HashSize {
		return h
	}
	return store.HolderHashes{Name: name, Document: document}
}

// supportList is every filing, or those that are searched for, with what is stuck and why.
func (p *Pages) supportList(c *gin.Context) error {
	return p.showSupportList(c, c.Request.URL.Query(), nil)
}

// showSupportList draws the list; holderProblems are those of the form that asks for a holder.
func (p *Pages) showSupportList(c *gin.Context, q url.Values, holderProblems filing.Problems) error {
	ctx, t := c.Request.Context(), p.Texts.For(p.Lang(c))
	after, err := web.ParseCursor(q.Get("after"))
	if err != nil {
		after = store.Cursor{} // nonsense is the start
	}
	f, values, problems := p.searched(q, p.Store.Now())
	data := supportData{
		Form: web.Build(t, formSearch, searchFields(t, p.Tables(ctx)), values, problems), Filtered: len(values) > 0, HolderChosen: values.Get("holder"),
		Holder: web.Build(t, formSearch, []web.Field{{Name: "holder", Type: "text", Maxlength: web.MaxOrderSearch}}, url.Values{}, slices.Concat(holderProblems, problems)),
	}
	status := http.StatusOK
	if data.HasProblems() {
		status = http.StatusUnprocessableEntity
	}
	if len(problems) == 0 {
		page, err := p.Store.SearchFilings(ctx, f, after, filingsPerPage+1)
		if err != nil {
			return err
		}
		data.Filings, data.Cut = page.Rows, page.Cut
		data.CSV = "/support/filings.csv?" + values.Encode()
		data.Bulk = dryRunPath(values)
		if len(page.Rows) > filingsPerPage {
			data.Filings = page.Rows[:filingsPerPage]
			next := url.Values{"after": {web.FormatCursor(data.Filings[filingsPerPage-1].Cursor())}}
			for name, value := range values {
				next[name] = value
			}
			data.Next = "/support/filings?" + next.Encode()
		}
	}
	return p.RenderTemplate(c, status, "support", web.Page{Title: "support.title", Data: data})
}

// findHolder searches by a holder's whole name or document number. It comes by a form that
// is posted, and goes on with keyed hashes: no name stands in an address, nor in a log.
func (p *Pages) findHolder(c *gin.Context) error {
	typed := web.Search(web.PostForm(c).Get("holder"))
	if typed == "" {
		return p.showSupportList(c, url.Values{}, filing.Problems{{Field: "holder", Key: "required"}})
	}
	hashes, err := p.Store.HolderHashes(typed)
	if err == nil {
		err = p.AuditView(c, "holder.find", "holder", hex.EncodeToString(hashes.Name[:8]))
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, "/support/filings?"+url.Values{"holder": {holderToken(hashes)}}.Encode())
}

// filingColumns are those of the export: nothing personal.
var filingColumns = []string{"order", "serial", "kind", "stage", "stage_since", "revision", "province", "filing_number", "stuck_step", "stuck_reason", "stuck_since"}

// exportFilings sends what a search finds as CSV, in the list's order.
func (p *Pages) exportFilings(c *gin.Context) error {
	f, values, problems := p.searched(c.Request.URL.Query(), p.Store.Now())
	if len(problems) > 0 {
		return p.showSupportList(c, c.Request.URL.Query(), nil)
	}
	if err := p.AuditView(c, "filing.export", "filter", values.Encode()); err != nil {
		return err
	}
	c.Header("Content-Type", web.CsvType)
	c.Header("Content-Disposition", `attachment; filename="filings.csv"`)
	out := web.NewSheet(c.Writer, filingColumns...)
	err := p.Store.EachFiling(c.Request.Context(), f, func(r store.FoundFiling) error {
		stuckSince := ""
		if r.StuckSince.Valid {
			stuckSince = r.StuckSince.Time.Format(time.RFC3339)
		}
		return out.Row(r.OrderNumber, strconv.Itoa(r.Serial), string(r.Kind), string(r.Stage), r.StageSince.Format(time.RFC3339), strconv.Itoa(r.Revision), r.Province, r.Number.String,
			r.StuckStep, r.StuckReason, stuckSince)
	})
	if err == nil {
		err = out.End()
	}
	if err != nil { // half a file must not look whole
		p.Logger.Error("the filings' export broke off", "error", err)
		panic(http.ErrAbortHandler)
	}

	return nil
}
