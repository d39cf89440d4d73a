package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// Filing is a filing of an order's site.
type Filing struct {
	ID       string    `json:"id"`
	Order    string    `json:"order"`
	Serial   int       `json:"serial"`
	Site     *string   `json:"site"`
	Kind     *string   `json:"kind"`
	Stage    string    `json:"stage"`
	Since    time.Time `json:"since"`
	State    string    `json:"state" enum:"none,yours,under_way,filed"`
	Stuck    bool      `json:"stuck"`
	Number   *string   `json:"number"`
	OpenedAt time.Time `json:"opened_at"`
}

// FilingList is a part of the list of filings.
type FilingList struct {
	Filings []Filing `json:"filings"`
	// Next is the cursor of the next part; null at the end.
	Next *string `json:"next"`
}

func (a *API) registerFilings() {
	huma.Register(a.huma, a.operation("list-filings", http.MethodGet, "/filings", nil, store.ScopeFilings), a.listFilings)
}

func (a *API) listFilings(ctx context.Context, in *Page) (*struct{ Body FilingList }, error) {
	after, err := in.id()
	if err != nil {
		return nil, err
	}
	rows, err := a.Store.FilingsAfter(ctx, keyOf(ctx).Sandbox, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	rows, next := web.Paged(rows, in.Limit, func(last store.Filing) *string { return cursor(last.ID) })
	var sites []int64
	for _, f := range rows {
		if f.SiteID.Valid {
			sites = append(sites, f.SiteID.Int64)
		}
	}
	numbers, err := a.Store.SiteNumbers(ctx, sites...)
	if err != nil {
		return nil, err
	}
	list := make([]Filing, len(rows))
	for i, f := range rows {
		list[i] = Filing{ID: strconv.FormatInt(f.ID, 10), Order: f.OrderNumber, Serial: f.Serial, Site: filled(f.Domain),
			Kind: filled(string(f.Kind)), Stage: string(f.Stage), Since: f.StageSince, State: string(f.State()),
			Stuck: f.Stuck(), Number: filled(numbers[f.SiteID.Int64]), OpenedAt: f.CreatedAt}
	}
	return &struct{ Body FilingList }{FilingList{list, next}}, nil
}

// cursor is where a list goes on behind a row.
func cursor(id int64) *string { return filled(strconv.FormatInt(id, 10)) }

// id is the row behind which a part of a list begins; 0 at its start.
func (p Page) id() (int64, error) {
	if p.After == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(p.After, 10, 64)
	if err != nil {
		return 0, refusal{code: codeInvalid, parameters: true, fields: filing.Problems{at("after", "value")}}
	}
	return id, nil
}
