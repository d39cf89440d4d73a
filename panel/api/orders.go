package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/orderdata"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// Order is an order as it is known, with the filings of its sites.
type Order struct {
	Number string `json:"number"`
	// Customer is null for one whom the key's namespace doesn't know, such as one of an imported file.
	Customer      *string  `json:"customer"`
	Product       string   `json:"product"`
	Status        string   `json:"status" enum:"active,suspended,terminated"`
	Domains       []string `json:"domains"`
	IPs           []string `json:"ips"`
	ExpiresOn     *string  `json:"expires_on" format:"date"`
	SourceVersion *int64   `json:"source_version"`
	Sites         []Site   `json:"sites"`
	// Duties are what somebody must do about the order's filings.
	Duties    []map[string]any `json:"duties"`
	CreatedAt time.Time        `json:"created_at"`
	UpdatedAt time.Time        `json:"updated_at"`
}

// Site is a registrable domain of an order, with a filing of its own.
type Site struct {
	Domain  string   `json:"domain"`
	Hosts   []string `json:"hosts"`
	State   string   `json:"state" enum:"none,yours,under_way,filed"`
	Kind    *string  `json:"kind"`
	Stage   *string  `json:"stage"`
	Stuck   bool     `json:"stuck"`
	Number  *string  `json:"number"`
	Removed bool     `json:"removed"`
}

// OrderInput is what the provider says about an order. What is absent stays as it is.
type OrderInput struct {
	Customer      Settable[string]    `json:"customer,omitempty" maxLength:"36"`
	Product       Settable[string]    `json:"product,omitempty" minLength:"1" maxLength:"128"`
	Status        Settable[string]    `json:"status,omitempty" enum:"active,suspended,terminated"`
	Domains       Clearable[[]string] `json:"domains,omitempty" maxItems:"200"`
	IPs           Clearable[[]string] `json:"ips,omitempty" maxItems:"200"`
	ExpiresOn     Clearable[string]   `json:"expires_on,omitempty" format:"date"`
	SourceVersion Clearable[int64]    `json:"source_version,omitempty" minimum:"0" maximum:"9007199254740991"`
}

// OrderPath names an order by its number.
type OrderPath struct {
	Number string `path:"number" maxLength:"64"`
}

type orderAnswer struct {
	Status int
	Body   Order
}

// Page is where a list goes on.
type Page struct {
	After string `query:"after" maxLength:"20" pattern:"^[0-9]*$"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// OrderList is a part of the list of orders.
type OrderList struct {
	Orders []Order `json:"orders"`
	// Next is the cursor of the next part; null at the end.
	Next *string `json:"next"`
}

// TransferInput says to whom an order goes.
type TransferInput struct {
	Customer   string `json:"customer" maxLength:"36"`
	OpenFiling string `json:"open_filing,omitempty" enum:"refuse,withdraw" default:"refuse"`
}

var (
	customerType = reflect.TypeFor[Customer]()
	orderType    = reflect.TypeFor[Order]()
)

func (a *API) registerOrders() {
	put := a.operation("put-order", http.MethodPut, "/orders/{number}", []int{http.StatusConflict}, store.ScopeOrders)
	huma.Register(a.huma, put, a.putOrder)
	created(put, a.huma, a.huma.OpenAPI().Components.Schemas.Schema(orderType, true, ""))
	huma.Register(a.huma, a.operation("get-order", http.MethodGet, "/orders/{number}", []int{http.StatusNotFound},
		store.ScopeFilings, store.ScopeOrders), a.getOrder)
	huma.Register(a.huma, a.operation("list-orders", http.MethodGet, "/orders", nil, store.ScopeFilings,
		store.ScopeOrders), a.listOrders)
	huma.Register(a.huma, a.operation("transfer-order", http.MethodPost, "/orders/{number}/transfer",
		[]int{http.StatusNotFound, http.StatusConflict}, store.ScopeOrders), a.transferOrder)
}

// putOrder stores what the provider says, in the way of an imported file's row.
func (a *API) putOrder(ctx context.Context, in *struct {
	OrderPath
	Body OrderInput
}) (*orderAnswer, error) {
	if key := orderdata.CheckNumber(in.Number); key != "" {
		return nil, refusal{code: codeInvalid, parameters: true, fields: filing.Problems{{Field: "number", Key: key,
			Args: map[string]any{"max": orderdata.MaxNumber}}}}
	}
	order, problems := imported(in.Number, in.Body)
	if err := invalid(problems); err != nil {
		return nil, err
	}
	key := keyOf(ctx)
	order.Sandbox = key.Sandbox
	if in.Body.Customer.Sent {
		var err error
		if order.CustomerID, err = a.customerID(ctx, in.Body.Customer.Value); err != nil {
			return nil, err
		}
	}
	status := http.StatusOK
	err := a.audited(ctx, "order.put", "order", in.Number, func(ctx context.Context) error {
		done, err := a.Store.PutOrder(ctx, order)
		if done.Created {
			status = http.StatusCreated
		}
		return err
	})
	if errors.Is(err, store.ErrIncomplete) {
		return nil, incomplete(in.Body)
	}
	if err != nil {
		return nil, err
	}
	return a.orderAnswer(ctx, status, in.Number)
}

// incomplete names what a new order lacks.
func incomplete(in OrderInput) error {
	r := refusal{code: codeIncomplete}
	for name, value := range map[string]Settable[string]{"customer": in.Customer, "product": in.Product} {
		if !value.Sent {
			r.fields = append(r.fields, at(name, "missing"))
		}
	}
	return r
}

// imported reads what the provider says into the form of an import.
func imported(number string, in OrderInput) (o store.OrderImport, problems filing.Problems) {
	o = store.OrderImport{Number: number, Product: orderdata.Form("product", in.Product.Value),
		Status: store.OrderStatus(in.Status.Value)}
	refuseNull(&problems, "customer", in.Customer)
	refuseNull(&problems, "product", in.Product)
	refuseNull(&problems, "status", in.Status)
	if in.Product.Value != "" && o.Product == "" {
		problems = append(problems, at("product", "missing"))
	}
	if in.SourceVersion.Sent && !in.SourceVersion.Null {
		o.SourceVersion = &in.SourceVersion.Value
	}
	o.NoSourceVersion = in.SourceVersion.Null
	if o.NeverExpires = in.ExpiresOn.Null; in.ExpiresOn.Sent && !in.ExpiresOn.Null {
		day, err := time.Parse(time.DateOnly, in.ExpiresOn.Value)
		if err != nil {
			problems = append(problems, at("expires_on", "date"))
		}
		o.ExpiresOn = day
	}
	o.Domains = values(in.Domains, "domains", "domain", filing.NormaliseDomain, &problems)
	o.IPs = values(in.IPs, "ips", "ip", func(text string) (string, string) {
		ip, key := filing.ParseIPRange(text)
		return ip.String(), key
	}, &problems)
	return o, problems
}

// values brings a list's values into their form, each once; nil keeps the list, and an empty one clears it.
func values(in Clearable[[]string], field, code string, normalise func(string) (value, key string),
	problems *filing.Problems) []string {
	if !in.Sent {
		return nil
	}
	list := []string{}
	for i, text := range in.Value {
		value, key := normalise(text)
		if key != "" {
			*problems = append(*problems, at(fmt.Sprintf("%s/%d", field, i), code))
		} else if !slices.Contains(list, value) {
			list = append(list, value)
		}
	}
	return list
}

// customerID finds the account of a customer whom a body names.
func (a *API) customerID(ctx context.Context, id string) (int64, error) {
	c, err := a.Store.APICustomer(ctx, keyOf(ctx), id)
	if errors.Is(err, store.ErrNotFound) {
		err = refusal{code: codeCustomerUnknown, fields: filing.Problems{at("customer", "value")}}
	}
	return c.UserID, err
}

func (a *API) getOrder(ctx context.Context, in *OrderPath) (*orderAnswer, error) {
	return a.orderAnswer(ctx, http.StatusOK, in.Number)
}

func (a *API) orderAnswer(ctx context.Context, status int, number string) (*orderAnswer, error) {
	o, err := a.order(ctx, number)
	if err != nil {
		return nil, err
	}
	list, err := a.shown(ctx, o)
	if err != nil {
		return nil, err
	}
	return &orderAnswer{status, list[0]}, nil
}

func (a *API) listOrders(ctx context.Context, in *Page) (*struct{ Body OrderList }, error) {
	after, err := in.id()
	if err != nil {
		return nil, err
	}
	rows, err := a.Store.OrdersAfter(ctx, keyOf(ctx).Sandbox, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	rows, next := web.Paged(rows, in.Limit, func(last store.Order) *string { return cursor(last.ID) })
	list, err := a.shown(ctx, rows...)
	return &struct{ Body OrderList }{OrderList{list, next}}, err
}

// shown is how the API shows orders.
func (a *API) shown(ctx context.Context, orders ...store.Order) ([]Order, error) {
	list, ids, owners := make([]Order, len(orders)), make([]int64, len(orders)), make([]int64, len(orders))
	for i, o := range orders {
		ids[i], owners[i] = o.ID, o.CustomerID
	}
	var sites map[int64][]store.Site
	var customers map[int64]string
	err := web.AtOnce(
		func() (err error) { sites, err = a.Store.SitesOfOrders(ctx, ids...); return err },
		func() (err error) { customers, err = a.Store.APICustomerIDs(ctx, keyOf(ctx), owners...); return err })
	for i, o := range orders {
		list[i] = Order{Number: o.Number, Customer: filled(customers[o.CustomerID]), Product: o.Product,
			Status: string(o.Status), Domains: listed(o.Domains), IPs: listed(o.IPs), Sites: []Site{},
			Duties: []map[string]any{}, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt}
		if o.ExpiresOn.Valid {
			list[i].ExpiresOn = filled(o.ExpiresOn.Time.Format(time.DateOnly))
		}
		if o.SourceVersion.Valid {
			list[i].SourceVersion = &o.SourceVersion.Int64
		}
		for _, w := range sites[o.ID] {
			site := Site{Domain: w.Domain, Hosts: listed(w.Hosts), State: string(w.State), Stage: filled(string(w.Stage)),
				Number: filled(w.FilingNumber.String), Removed: w.RemovedAt.Valid}
			if w.Filing != nil {
				site.Kind, site.Stuck = filled(string(w.Filing.Kind)), w.Filing.Stuck()
			}
			list[i].Sites = append(list[i].Sites, site)
		}
	}
	return list, err
}

// filled is a text, or null if there is none.
func filled(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// listed is a list that is never null.
func listed(values []string) []string { return append([]string{}, values...) }

// transferOrder gives an order to another of the provider's customers, the only way in which that happens.
func (a *API) transferOrder(ctx context.Context, in *struct {
	OrderPath
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255"`
	Body           TransferInput
}) (*orderAnswer, error) {
	if _, err := a.order(ctx, in.Number); err != nil {
		return nil, err
	}
	id, err := a.customerID(ctx, in.Body.Customer)
	if err != nil {
		return nil, err
	}
	to, err := a.Store.User(ctx, id)
	if err != nil {
		return nil, err
	}
	var withdraw web.Withdrawer
	if in.Body.OpenFiling == "withdraw" {
		withdraw = a.Filings
	}
	actor := string(store.RoleSupport) + ":" + keyOf(ctx).APIActor().Login
	err = a.audited(ctx, "order.transfer", "order", in.Number, func(ctx context.Context) error {
		return web.Transfer(ctx, a.Store, withdraw, in.Number, to.Login, actor)
	})
	if err != nil {
		return nil, err
	}
	return a.orderAnswer(ctx, http.StatusOK, in.Number)
}
