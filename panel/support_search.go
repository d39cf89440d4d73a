package panel

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
	form
	Filings []store.FoundFiling
	// Holder asks for a holder's name or document, and isn't in the address.
	Holder form
	// HolderChosen tells that the list is of a holder.
	HolderChosen string
	// Filtered tells that something is searched for, Cut that more was found than is looked at.
	Filtered, Cut bool
	// Next is the next page's address, CSV what exports the search, Bulk what tries it dry for a
	// bulk job.
	Next, CSV, Bulk string
}

// wrong tells whether the page shows problems, which its title then says.
func (d supportData) wrong() bool { return d.form.wrong() || d.Holder.wrong() }

// searchFields are what filings are searched by, as the page's address has it.
func searchFields(t *locale.Localizer, codes filing.Tables) []field {
	choice := func(name, prefix string, values []string) field {
		options := []option{{Label: t.T("support.all", nil)}}
		for _, v := range values {
			options = append(options, option{Value: v, Label: t.T(prefix+v, nil)})
		}
		return field{Name: name, Type: "select", Options: options}
	}
	stages := make([]string, len(filing.Stages))
	for i, stage := range filing.Stages {
		stages[i] = string(stage)
	}
	province := field{Name: "province", Type: "select", Options: []option{{Label: t.T("support.all", nil)}}}
	for _, p := range codes.Regions.Provinces() {
		province.Options = append(province.Options, option{Value: p.Code, Label: p.Name})
	}
	return []field{
		{Name: "order", Type: "text"}, {Name: "customer", Type: "text"}, {Name: "domain", Type: "text"}, {Name: "number", Type: "text"},
		choice("stage", "stage.", stages), choice("state", "filing_state.", []string{stateStuck, stateBroken}),
		choice("step", "stuck.", workflows.Steps()), choice("reason", "reason.", activities.StuckReasons()),
		province, {Name: "age", Type: "text"},
	}
}

// searched reads a search from an address: what is asked, as it was typed, and what is
// wrong with it. Ages are counted back from a time.
func (s *Server) searched(q url.Values, now time.Time) (f store.FilingSearch, values url.Values, problems filing.Problems) {
	values = url.Values{}
	t := s.texts.For("zh") // the fields' names and values are the same in every language
	fields := searchFields(t, filing.BuiltIn())
	for _, field := range fields {
		value := search(q.Get(field.Name))
		if value == "" {
			continue
		}
		values.Set(field.Name, value)
		if field.Type == "select" && !slices.ContainsFunc(field.Options, func(o option) bool { return o.Value == value }) {
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
		days, err := strconv.Atoi(digits(typed))
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
func (s *Server) supportList(c *gin.Context) { s.showSupportList(c, c.Request.URL.Query(), nil) }

// showSupportList draws the list; holderProblems are those of the form that asks for a holder.
func (s *Server) showSupportList(c *gin.Context, q url.Values, holderProblems filing.Problems) {
	ctx, t := c.Request.Context(), s.texts.For(s.lang(c))
	after, err := parseCursor(q.Get("after"))
	if err != nil {
		after = store.Cursor{} // nonsense is the start
	}
	f, values, problems := s.searched(q, s.cfg.Store.Now())
	data := supportData{
		form: build(t, formSearch, searchFields(t, s.tables(ctx)), values, problems), Filtered: len(values) > 0, HolderChosen: values.Get("holder"),
		Holder: build(t, formSearch, []field{{Name: "holder", Type: "text", Maxlength: maxOrderSearch}}, url.Values{}, slices.Concat(holderProblems, problems)),
	}
	status := http.StatusOK
	if data.wrong() {
		status = http.StatusUnprocessableEntity
	}
	if len(problems) == 0 {
		page, err := s.cfg.Store.SearchFilings(ctx, f, after, filingsPerPage+1)
		if err != nil {
			s.fail(c, err)
			return
		}
		data.Filings, data.Cut = page.Rows, page.Cut
		data.CSV = "/support/filings.csv?" + values.Encode()
		data.Bulk = dryRunPath(values)
		if len(page.Rows) > filingsPerPage {
			data.Filings = page.Rows[:filingsPerPage]
			next := url.Values{"after": {formatCursor(data.Filings[filingsPerPage-1].Cursor())}}
			for name, value := range values {
				next[name] = value
			}
			data.Next = "/support/filings?" + next.Encode()
		}
	}
	s.render(c, status, "support", page{Title: "support.title", Data: data})
}

// findHolder searches by a holder's whole name or document number. It comes by a form that
// is posted, and goes on with keyed hashes: no name stands in an address, nor in a log.
func (s *Server) findHolder(c *gin.Context) {
	typed := search(posted(c).Get("holder"))
	if typed == "" {
		s.showSupportList(c, url.Values{}, filing.Problems{{Field: "holder", Key: "required"}})
		return
	}
	hashes, err := s.cfg.Store.HolderHashes(typed)
	if err == nil {
		err = s.saw(c, "holder.find", "holder", hex.EncodeToString(hashes.Name[:8]))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	to(c, "/support/filings?"+url.Values{"holder": {holderToken(hashes)}}.Encode())
}

// filingColumns are those of the export: nothing personal.
var filingColumns = []string{"order", "serial", "kind", "stage", "stage_since", "revision", "province", "filing_number", "stuck_step", "stuck_reason", "stuck_since"}

// exportFilings sends what a search finds as CSV, in the list's order.
func (s *Server) exportFilings(c *gin.Context) {
	f, values, problems := s.searched(c.Request.URL.Query(), s.cfg.Store.Now())
	if len(problems) > 0 {
		s.showSupportList(c, c.Request.URL.Query(), nil)
		return
	}
	if err := s.saw(c, "filing.export", "filter", values.Encode()); err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Type", csvType)
	c.Header("Content-Disposition", `attachment; filename="filings.csv"`)
	out := newSheet(c.Writer, filingColumns...)
	err := s.cfg.Store.EachFiling(c.Request.Context(), f, func(r store.FoundFiling) error {
		stuckSince := ""
		if r.StuckSince.Valid {
			stuckSince = r.StuckSince.Time.Format(time.RFC3339)
		}
		return out.row(r.OrderNumber, strconv.Itoa(r.Serial), string(r.Kind), string(r.Stage), r.StageSince.Format(time.RFC3339), strconv.Itoa(r.Revision), r.Province, r.Number.String,
			r.StuckStep, r.StuckReason, stuckSince)
	})
	if err == nil {
		err = out.end()
	}
	if err != nil { // half a file must not look whole
		s.cfg.Logger.Error("the filings' export broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
}
