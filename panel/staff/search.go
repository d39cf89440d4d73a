package staff

import (
	"context"
	"encoding/hex"
	"maps"
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
	// maxUnfiled bounds the orders without a filing that the search offers.
	maxUnfiled = 5
	// maxAge bounds the search by age, in days: ten years.
	maxAge = 3650
	// stateStuck searches for stuck filings, stateBroken for approved ones with a broken site.
	stateStuck, stateBroken = "stuck", "broken"
)

// searchData is the page of the search.
type searchData struct {
	web.Form
	Filings []foundFiling
	// Holder asks for a holder's name or document number, which never stand in an address.
	Holder web.Form
	// HolderChosen is the holder that is searched for, as the address has it: hashed.
	HolderChosen string
	// Unfiled are orders that match and have no filing, if nothing else does: their customers may not be able to sign in.
	Unfiled []string
	// Filtered: there is a search. Cut: it matches more than the list can show.
	Filtered, Cut bool
	// Next is the address of the next page, CSV of the export, Bulk of a bulk job's dry run.
	Next, CSV, Bulk string
}

// foundFiling is a row of the list.
type foundFiling struct {
	store.FoundFiling
	Label store.FilingLabel
	// List is the list's search, to which a decision on the filing returns.
	List string
}

// searchFields are the fields of a search, named as in the page's address.
func searchFields(t *locale.Localizer, codes filing.Tables) []web.Field {
	return []web.Field{
		{Name: "order", Type: "text"}, {Name: "customer", Type: "text"},
		{Name: "domain", Type: "text"}, {Name: "number", Type: "text"},
		filterField(t, "stage", web.TextOptions(t, "stage.", filing.Stages...)),
		filterField(t, "state", web.TextOptions(t, "filing_search_state.", stateStuck, stateBroken)),
		filterField(t, "step", web.TextOptions(t, "stuck.", workflows.Steps()...)),
		filterField(t, "reason", web.TextOptions(t, "stuck_reason.", activities.StuckReasons()...)),
		provinceField(t, codes), {Name: "age", Type: "text"},
	}
}

// filterField chooses one of the options, or all.
func filterField(t *locale.Localizer, name string, options []web.Option) web.Field {
	all := web.Option{Label: t.T("filing_search.all", nil)}
	return web.Field{Name: name, Type: "select", Options: append([]web.Option{all}, options...)}
}

func provinceField(t *locale.Localizer, codes filing.Tables) web.Field {
	return filterField(t, "province", web.RegionOptions(codes.Regions.Provinces()))
}

// filingSearch is a search with its values as they were typed.
type filingSearch struct {
	store.FilingSearch
	values   url.Values
	problems filing.Problems
}

func (s *filingSearch) wrong(field, key string, args map[string]any) {
	s.problems = append(s.problems, filing.Problem{Field: field, Key: key, Args: args})
}

// readSearch reads a search from an address. Ages count back from now.
func (p *Pages) readSearch(q url.Values, now time.Time) filingSearch {
	s := filingSearch{values: url.Values{}}
	t := p.Texts.For("zh") // names and values of fields are the same in every language
	for _, field := range searchFields(t, filing.BuiltIn()) {
		value := web.Search(q.Get(field.Name))
		if value == "" {
			continue
		}
		s.values.Set(field.Name, value)
		chosen := func(o web.Option) bool { return o.Value == value }
		if field.Type == "select" && !slices.ContainsFunc(field.Options, chosen) {
			s.wrong(field.Name, "search_choice", nil)
		}
	}
	values := s.values
	s.FilingSearch = store.FilingSearch{
		Order: values.Get("order"), Customer: values.Get("customer"),
		Stage: filing.Stage(values.Get("stage")), Province: values.Get("province"),
		Step: values.Get("step"), Reason: values.Get("reason"),
		Stuck: values.Get("state") == stateStuck, SiteBad: values.Get("state") == stateBroken,
	}
	if typed := values.Get("domain"); typed != "" {
		domain, key := filing.NormaliseDomain(typed)
		if key != "" {
			s.wrong("domain", "search_domain", nil)
		}
		s.Domain = domain
	}
	if typed := values.Get("number"); typed != "" {
		number, err := filing.ParseNumber(typed)
		if err != nil {
			s.wrong("number", "number_invalid", nil)
		}
		s.Number = number.String()
	}
	if typed := values.Get("age"); typed != "" {
		days, err := strconv.Atoi(web.Digits(typed))
		if err != nil || days < 1 || days > maxAge {
			s.wrong("age", "search_age", map[string]any{"max": maxAge})
		}
		s.Before = now.Add(-time.Duration(days) * 24 * time.Hour)
	}
	if token := q.Get("holder"); token != "" {
		values.Set("holder", token)
		if s.Holder = holderHashes(token); s.Holder.None() {
			s.wrong("holder", "search_holder", nil)
		}
	}
	return s
}

// pathFilings is the list of all filings.
const pathFilings = "/support/filings"

// searchPath is the address of a search.
func searchPath(q url.Values) string { return pathFilings + "?" + q.Encode() }

// fieldList is the field of forms, and of the addresses that lead to them, with the search whose list they came from.
const fieldList = "list"

// listPath is the address of the list that a form was opened from.
func (p *Pages) listPath(values url.Values) string {
	typed, err := url.ParseQuery(values.Get(fieldList))
	q := p.readSearch(typed, p.Store.Now()).values
	if after, wrong := web.ParseCursor(typed.Get("after")); wrong == nil && after != (store.Cursor{}) {
		q.Set("after", web.FormatCursor(after))
	}
	if err != nil || len(q) == 0 {
		return pathFilings
	}
	return searchPath(q)
}

// holderToken stands for a holder or contact in an address: keyed hashes, which don't reveal who it is.
func holderToken(h store.PersonHashes) string {
	var parts []string
	for _, hash := range [][]byte{h.Name, h.Document, h.Mobile, h.Email} {
		parts = append(parts, hex.EncodeToString(hash))
	}
	return strings.Join(parts, "-")
}

func holderHashes(token string) (h store.PersonHashes) {
	parts := strings.Split(token, "-")
	hashes := []*[]byte{&h.Name, &h.Document, &h.Mobile, &h.Email}
	if len(parts) != len(hashes) {
		return h
	}
	for i, part := range parts {
		hash, err := hex.DecodeString(part)
		if err != nil || len(hash) != seal.HashSize {
			return store.PersonHashes{}
		}
		*hashes[i] = hash
	}
	return h
}

// searchPage lists every filing, or those that match a search, and why some are stuck.
func (p *Pages) searchPage(c *gin.Context) error { return p.showSearch(c, c.Request.URL.Query(), nil) }

// showSearch draws the list; holderProblems are those of the form for a holder.
func (p *Pages) showSearch(c *gin.Context, q url.Values, holderProblems filing.Problems) error {
	ctx, t := c.Request.Context(), p.T(c)
	after, err := web.ParseCursor(q.Get("after"))
	if err != nil {
		after = store.Cursor{} // nonsense is the start
	}
	s := p.readSearch(q, p.Store.Now())
	problems := slices.Concat(holderProblems, s.problems)
	holder := []web.Field{{Name: "holder", Type: "text", Maxlength: web.MaxOrderSearch}}
	data := searchData{
		Form:     web.Build(t, formSearch, searchFields(t, p.Tables(ctx)), s.values, s.problems),
		Filtered: len(s.values) > 0, HolderChosen: s.values.Get("holder"),
		Holder: web.Build(t, formSearch, holder, nil, problems),
	}
	if len(s.problems) == 0 {
		page, err := p.Store.SearchFilings(ctx, s.FilingSearch, after, filingsPerPage+1)
		if err != nil {
			return err
		}
		if data.Unfiled, err = p.unfiled(ctx, s.FilingSearch, page.Rows); err != nil {
			return err
		}
		data.Cut = page.Cut
		data.CSV = "/support/filings.csv?" + s.values.Encode()
		data.Bulk = dryRunPath(s.values)
		var rows []store.FoundFiling
		rows, data.Next = web.Paged(page.Rows, filingsPerPage, func(last store.FoundFiling) string {
			next := maps.Clone(s.values)
			next.Set("after", web.FormatCursor(last.Cursor()))
			return searchPath(next)
		})
		list := maps.Clone(s.values)
		if after != (store.Cursor{}) {
			list.Set("after", web.FormatCursor(after))
		}
		if data.Filings, err = p.labelled(c, rows, list.Encode(), s.values.Encode()); err != nil {
			return err
		}
	}
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "filing_search.title"}, web.With(searchPage, data))
}

// unfiled are orders without a filing that match a search: some, if it finds no filing, or else only the one that has
// exactly the number.
func (p *Pages) unfiled(ctx context.Context, f store.FilingSearch, found []store.FoundFiling) ([]string, error) {
	exact := func(number string) bool { return number == f.Order }
	if len(found) > 0 && (f.Order == "" ||
		slices.ContainsFunc(found, func(r store.FoundFiling) bool { return exact(r.OrderNumber) })) {
		return nil, nil
	}
	orders, err := p.Store.UnfiledOrders(ctx, f, maxUnfiled)
	if len(found) > 0 {
		orders = slices.DeleteFunc(orders, func(number string) bool { return !exact(number) })
	}
	return orders, err
}

// labelled adds to the rows of a list what people recognise filings by. Customers and holders are personal data: only
// staff who may see them do, and the log says so.
func (p *Pages) labelled(c *gin.Context, rows []store.FoundFiling, list, search string) ([]foundFiling, error) {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	personal := p.Allowed(c, web.CanSeePersonal)
	if personal && len(rows) > 0 {
		if err := p.AuditView(c, "filing.list", "filter", search); err != nil {
			return nil, err
		}
	}
	labels, err := p.Store.FilingLabels(c.Request.Context(), ids, personal)
	found := make([]foundFiling, len(rows))
	for i, row := range rows {
		found[i] = foundFiling{row, labels[row.ID], list}
	}
	return found, err
}

// findHolder searches by a holder's whole name or document number, or by a contact's phone or mail. These arrive in a
// POST and go on as keyed hashes, so that nothing personal gets into an address or a log.
func (p *Pages) findHolder(c *gin.Context) error {
	typed := web.Search(web.PostForm(c).Get("holder"))
	if typed == "" {
		return p.showSearch(c, url.Values{}, filing.Problems{{Field: "holder", Key: "required"}})
	}
	hashes, err := p.Store.PersonHashes(typed)
	if err == nil {
		err = p.AuditView(c, "holder.find", "holder", hex.EncodeToString(hashes.Name[:8]))
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, searchPath(url.Values{"holder": {holderToken(hashes)}}))
}

// filingColumns are the columns of the export, none of them personal.
var filingColumns = []string{
	"order", "serial", "kind", "stage", "stage_since", "revision", "province", "filing_number",
	"stuck_step", "stuck_reason", "stuck_since",
}

// exportFilings sends what a search finds as CSV, in the order of the list.
func (p *Pages) exportFilings(c *gin.Context) error {
	s := p.readSearch(c.Request.URL.Query(), p.Store.Now())
	if len(s.problems) > 0 {
		return p.showSearch(c, c.Request.URL.Query(), nil)
	}
	if err := p.AuditView(c, "filing.export", "filter", s.values.Encode()); err != nil {
		return err
	}
	return p.SendCSV(c, "filings.csv", filingColumns, func(row web.WriteRow) error {
		return p.Store.EachFiling(c.Request.Context(), s.FilingSearch, func(r store.FoundFiling) error {
			stuckSince := ""
			if r.StuckSince.Valid {
				stuckSince = r.StuckSince.Time.Format(time.RFC3339)
			}
			return row(r.OrderNumber, strconv.Itoa(r.Serial), string(r.Kind), string(r.Stage),
				r.StageSince.Format(time.RFC3339), strconv.Itoa(r.Revision), r.Province, r.Number.String, r.StuckStep,
				r.StuckReason, stuckSince)
		})
	})
}
