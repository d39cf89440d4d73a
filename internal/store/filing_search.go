package store

import (
	"context"
	"database/sql"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/beian/beian/internal/filing"
)

const (
	// maxFilingsFound limits the filings that a look-up, such as by domain, finds.
	maxFilingsFound = 500
	// maxCustomersFound limits the customers whose filings a look-up finds.
	maxCustomersFound = 50
	// maxCauses limits the causes of stuck filings; there are fewer combinations of steps and reasons.
	maxCauses = 200
)

// FilingSearch selects filings of all customers, for staff; zero fields match everything. Bulk jobs store theirs as
// JSON.
type FilingSearch struct {
	// Order and Customer are beginnings: of an order's number, of the login of the customer who opened the filing.
	Order    string `json:"order,omitempty"`
	Customer string `json:"customer,omitempty"`
	// Domain matches hosts as filing.SearchedDomains defines.
	Domain string `json:"domain,omitempty"`
	// Number is a site's or holder's filing number in its standard form (filing.Number).
	Number string `json:"number,omitempty"`
	// Holder is a holder, or a contact by their mobile number or mail address.
	Holder PersonHashes `json:"holder,omitzero"`
	Stage  filing.Stage `json:"stage,omitempty"`
	// Province is the code of the latest dossier's province.
	Province string `json:"province,omitempty"`
	// Stuck selects stuck filings; Step and Reason select them by cause.
	Stuck  bool   `json:"stuck,omitempty"`
	Step   string `json:"step,omitempty"`
	Reason string `json:"reason,omitempty"`
	// SiteBad selects completed filings whose site is broken.
	SiteBad bool `json:"site_bad,omitempty"`
	// Before selects filings that have been in their stage since then or longer. Unless Stage or SiteBad select them,
	// completed and ended filings are excluded.
	Before time.Time `json:"before,omitzero"`
}

// siteIsBad is the condition of SiteBad on filings f.
const siteIsBad = `f.site_bad_since IS NOT NULL AND f.stage = 'filed'`

// agedStages are the stages that Before includes; nil: any.
func (f FilingSearch) agedStages() []filing.Stage {
	if f.Before.IsZero() || f.Stage != "" || f.SiteBad {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(filing.Stages), filing.Stage.Final)
}

// FoundFiling is a filing in the results of a search.
type FoundFiling struct {
	Filing
	Province string         `db:"province"`
	Number   sql.NullString `db:"filing_number"`
	// At is the sort key: since when the filing is in its stage, stuck, or broken.
	At time.Time `db:"at"`
}

// Cursor continues the list after this row.
func (f FoundFiling) Cursor() Cursor { return Cursor{CreatedAt: f.At, ID: f.ID} }

// FilingPage is a page of a search's results.
type FilingPage struct {
	Rows []FoundFiling
	// Cut: a look-up matched more than its limit.
	Cut bool
}

// SearchFilings lists at most limit filings after a cursor (FoundFiling.Cursor): those that moved last first, or, if a
// cause or an age is given, those that wait longest first. An index serves each in that order, so that the cost doesn't
// depend on the number of filings. A filing that moves while somebody pages may appear twice or not at all.
func (s *Store) SearchFilings(ctx context.Context, f FilingSearch, after Cursor,
	limit int) (page FilingPage, err error) {
	q := searchQuery{FilingSearch: f, after: after, limit: limit}
	if q.ids, q.narrowed, page.Cut, err = s.lookUp(ctx, f); err != nil || q.narrowed && len(q.ids) == 0 {
		return page, err
	}
	if !q.narrowed && q.stuck() {
		if q.causes, err = s.causesOf(ctx, f.Step, f.Reason); err != nil || len(q.causes) == 0 {
			return page, err
		}
	}
	query, args := q.sql()
	page.Rows, err = selectAll[FoundFiling](ctx, s.db, query, args...)
	return page, during(err, "searching filings")
}

// EachFiling calls give for every match, page by page.
func (s *Store) EachFiling(ctx context.Context, f FilingSearch, give func(FoundFiling) error) error {
	const atOnce = 1000
	var after Cursor
	for {
		page, err := s.SearchFilings(ctx, f, after, atOnce)
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			if err := give(row); err != nil {
				return err
			}
		}
		if len(page.Rows) < atOnce {
			return nil
		}
		after = page.Rows[len(page.Rows)-1].Cursor()
	}
}

// lookUp finds the latest filings that match the selective criteria; narrowed is false if there are none. Each part
// reads an index, no further than the limit.
func (s *Store) lookUp(ctx context.Context, f FilingSearch) (ids []int64, narrowed, cut bool, err error) {
	find := func(parts ...fragment) {
		if err != nil || narrowed && len(ids) == 0 {
			return
		}
		var some []int64
		if some, err = s.latest(ctx, parts); len(some) > maxFilingsFound {
			some, cut = some[:maxFilingsFound], true
		}
		if narrowed {
			ids = slices.DeleteFunc(ids, func(id int64) bool { return !slices.Contains(some, id) })
		} else {
			ids = some
		}
		narrowed = true
	}
	// owners looks up orders or customers, and selects their filings.
	owners := func(most int, query fragment, filings func(ids []int64) []fragment) []fragment {
		if err != nil || narrowed && len(ids) == 0 {
			return nil
		}
		var found []int64
		found, err = selectAll[int64](ctx, s.db, query.sql, query.args...)
		if cut = cut || len(found) >= most; len(found) == 0 {
			return nil
		}
		return filings(found)
	}
	if f.Order != "" {
		find(owners(maxFilingsFound, ordersBeginning(f.Order), func(orders []int64) []fragment {
			return []fragment{fragmentOf(`SELECT id FROM filings WHERE order_id IN (?)`, orders)}
		})...)
	}
	if f.Number != "" {
		const numbered = `SELECT r.filing_id AS id FROM decisions d JOIN records r ON r.id = d.record_id WHERE `
		find(fragmentOf(numbered+`d.site_number = ?`, f.Number), fragmentOf(numbered+`d.holder_number = ?`, f.Number))
	}
	if h := f.Holder; !h.None() {
		find(append(owners(maxCustomersFound, customersWith(h), filingsOfEach),
			fragmentOf(`SELECT id FROM filings WHERE name_hash = ?`, h.Name),
			fragmentOf(`SELECT id FROM filings WHERE document_hash = ?`, h.Document),
			fragmentOf(`SELECT filing_id AS id FROM contacts WHERE mobile_hash = ?`, h.Mobile),
			fragmentOf(`SELECT filing_id AS id FROM contacts WHERE email_hash = ?`, h.Email))...)
	}
	if f.Domain != "" {
		domains := filing.SearchedDomains(f.Domain)
		if len(domains) == 0 {
			return nil, true, false, err
		}
		find(fragmentOf(`SELECT DISTINCT f.id FROM order_domains d STRAIGHT_JOIN filings f ON f.order_id = d.order_id
			WHERE d.domain IN (?) AND `+ofDomain, domains))
	}
	if f.Customer != "" {
		find(owners(maxCustomersFound, customersBeginning(f.Customer), filingsOfEach)...)
	}
	return ids, narrowed, cut, err
}

// ordersBeginning are orders by the beginning of their number: that very one, and those with the highest numbers.
func ordersBeginning(text string) fragment {
	return fragmentOf(`SELECT id FROM orders WHERE number = ? UNION
		(SELECT id FROM orders FORCE INDEX (orders_number) WHERE number LIKE ? ORDER BY number DESC LIMIT ?)`,
		text, prefixPattern(text), maxFilingsFound)
}

// customersBeginning are customers by the beginning of their login.
func customersBeginning(text string) fragment {
	return fragmentOf(`SELECT id FROM users FORCE INDEX (users_login) WHERE login LIKE ? ORDER BY login LIMIT ?`,
		prefixPattern(text), maxCustomersFound)
}

// customersWith are customers by an address of their account, or one that the provider gave.
func customersWith(h PersonHashes) fragment {
	return fragmentOf(`SELECT id FROM users WHERE mobile_hash = ? UNION SELECT id FROM users WHERE provider_mobile_hash = ?
		UNION SELECT id FROM users WHERE email_hash = ? UNION SELECT id FROM users WHERE provider_email_hash = ? LIMIT ?`,
		h.Mobile, h.Mobile, h.Email, h.Email, maxCustomersFound)
}

// UnfiledOrders returns the numbers of some orders without a filing that match a search by order, customer and person,
// and nothing else: the search of filings doesn't find them.
func (s *Store) UnfiledOrders(ctx context.Context, f FilingSearch, limit int) (numbers []string, err error) {
	only := FilingSearch{Order: f.Order, Customer: f.Customer, Holder: f.Holder}
	if !reflect.DeepEqual(f, only) || reflect.ValueOf(f).IsZero() {
		return nil, nil
	}
	where := fragmentOf(`o.filing_state = 'none' AND NOT EXISTS (SELECT 1 FROM filings f WHERE f.order_id = o.id)`)
	among := func(column string, query fragment) {
		var ids []int64
		if err == nil && where.sql != "" {
			ids, err = selectAll[int64](ctx, s.db, query.sql, query.args...)
		}
		if len(ids) == 0 {
			where = fragment{}
			return
		}
		where = where.and(column+` IN (?)`, ids)
	}
	if f.Order != "" {
		among(`o.id`, ordersBeginning(f.Order))
	}
	if f.Customer != "" {
		among(`o.customer_id`, customersBeginning(f.Customer))
	}
	if !f.Holder.None() {
		among(`o.customer_id`, customersWith(f.Holder))
	}
	if err == nil && where.sql != "" {
		numbers, err = selectAll[string](ctx, s.db, `SELECT o.number FROM orders o WHERE `+where.sql+` LIMIT ?`,
			where.with(limit)...)
	}
	return numbers, during(err, "looking for orders without a filing")
}

// filingsOfEach selects the filings of customers.
func filingsOfEach(customers []int64) (parts []fragment) {
	for _, id := range customers {
		parts = append(parts, fragmentOf(`SELECT id FROM filings WHERE customer_id = ?`, id))
	}
	return parts
}

// latest returns the latest filings of those that the parts select, one more than maxFilingsFound at most.
func (s *Store) latest(ctx context.Context, parts []fragment) ([]int64, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	var queries []string
	var args []any
	for _, part := range parts {
		queries = append(queries, `(`+part.sql+` ORDER BY id DESC LIMIT ?)`)
		args = append(append(args, part.args...), maxFilingsFound+1)
	}
	ids, err := selectAll[int64](ctx, s.db, `SELECT DISTINCT id FROM (`+strings.Join(queries, ` UNION ALL `)+`) parts
		ORDER BY id DESC LIMIT ?`, append(args, maxFilingsFound+1)...)
	return ids, during(err, "looking up filings")
}

// Cause is why filings are stuck.
type Cause struct {
	Step   string `db:"stuck_step"`
	Reason string `db:"stuck_reason"`
}

// causes lists the causes for which filings are stuck now. It skips through the index, one look-up per cause.
func (s *Store) causes(ctx context.Context) (list []Cause, err error) {
	list, err = selectAll[Cause](ctx, s.db, `SELECT stuck_step, stuck_reason FROM filings FORCE INDEX (filings_cause)
		WHERE stuck_step > '' GROUP BY stuck_step, stuck_reason ORDER BY stuck_step, stuck_reason LIMIT ?`, maxCauses)
	return list, during(err, "listing causes")
}

func (s *Store) causesOf(ctx context.Context, step, reason string) ([]Cause, error) {
	if step != "" && reason != "" {
		return []Cause{{step, reason}}, nil
	}
	list, err := s.causes(ctx)
	return slices.DeleteFunc(list,
		func(c Cause) bool { return step != "" && c.Step != step || reason != "" && c.Reason != reason }), err
}

// searchQuery builds a search's query: the first rows after the cursor of each index range, merged and limited again.
type searchQuery struct {
	FilingSearch
	causes   []Cause
	ids      []int64
	narrowed bool
	after    Cursor
	limit    int
}

func (q searchQuery) stuck() bool { return q.Stuck || q.Step != "" || q.Reason != "" }

// stages are the stages that the list consists of.
func (q searchQuery) stages() []filing.Stage {
	if q.Stage != "" {
		return []filing.Stage{q.Stage}
	}
	if aged := q.agedStages(); aged != nil {
		return aged
	}
	return filing.Stages
}

func (q searchQuery) sql() (string, []any) {
	column, oldest := "stage_since", !q.Before.IsZero()
	switch {
	case q.stuck():
		column, oldest = "stuck_since", true
	case q.SiteBad:
		column, oldest = "site_bad_since", true
	}
	direction, compare, after := "DESC", "<", q.after
	if oldest {
		direction, compare = "ASC", ">"
	} else if after.CreatedAt.IsZero() {
		after = Cursor{CreatedAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
	if oldest && after.CreatedAt.IsZero() {
		after.CreatedAt = time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	var parts []string
	var args []any
	part := func(index string, where fragment) {
		if !q.Before.IsZero() {
			where = where.and(`f.stage_since <= ?`, q.Before.UTC())
		}
		at := `f.` + column
		parts = append(parts, `SELECT f.id, `+at+` AS at FROM filings f FORCE INDEX (`+index+`) WHERE `+where.sql+
			` AND `+at+` `+compare+`= ? AND (`+at+` `+compare+` ? OR f.id `+compare+` ?) ORDER BY `+at+` `+direction+`, f.id `+
			direction+` LIMIT ?`)
		args = append(append(args, where.args...), after.CreatedAt, after.CreatedAt, after.ID, q.limit)
	}
	rest := func(where fragment) fragment { // conditions that this part's index doesn't cover
		if q.Stage != "" {
			where = where.and(`f.stage = ?`, q.Stage)
		}
		if q.Province != "" {
			where = where.and(`f.province = ?`, q.Province)
		}
		if aged := q.agedStages(); aged != nil {
			where = where.and(`f.stage IN (?)`, aged)
		}
		if q.SiteBad {
			where = where.and(siteIsBad)
		}
		return where
	}
	switch {
	case q.narrowed: // few rows, so all other conditions are checked in them
		where := rest(fragmentOf(`f.id IN (?)`, q.ids))
		if q.stuck() {
			where = where.and(`f.stuck_since IS NOT NULL`)
		}
		if q.Step != "" {
			where = where.and(`f.stuck_step = ?`, q.Step)
		}
		if q.Reason != "" {
			where = where.and(`f.stuck_reason = ?`, q.Reason)
		}
		part(`PRIMARY`, where)
	case q.stuck():
		for _, c := range q.causes {
			part(`filings_cause`, rest(fragmentOf(`f.stuck_step = ? AND f.stuck_reason = ?`, c.Step, c.Reason)))
		}
	case q.SiteBad:
		part(`filings_site_bad`, rest(fragmentOf(`f.stage = ?`, filing.Filed)))
	case q.Province != "":
		for _, stage := range q.stages() {
			part(`filings_province`, fragmentOf(`f.province = ? AND f.stage = ?`, q.Province, stage))
		}
	default:
		for _, stage := range q.stages() {
			part(`filings_stage`, fragmentOf(`f.stage = ?`, stage))
		}
	}
	return `SELECT page.at, f.id, f.order_id, o.number AS order_number, ` + filingCustomer + ` AS customer_id, f.kind, f.serial, f.base_id,
		f.stage, f.stage_since, f.revision, f.seq, f.attention, f.stuck_step, f.stuck_reason, f.stuck_since,
		` + stuckSeq + ` AS stuck_seq,
		f.notice_accepted_at, f.created_at, f.site_id, COALESCE(w.domain, '') AS domain, f.holder_id, f.carrier_id,
		f.awaits_holder, f.start_due, f.province, w.filing_number
		FROM (SELECT id, at FROM ((` + strings.Join(parts, `) UNION ALL (`) + `)) parts
			ORDER BY at ` + direction + `, id ` + direction + ` LIMIT ?) page
			STRAIGHT_JOIN filings f ON f.id = page.id STRAIGHT_JOIN orders o ON o.id = f.order_id
			LEFT JOIN sites w ON w.id = f.site_id
		ORDER BY page.at ` + direction + `, page.id ` + direction, append(args, q.limit)
}
