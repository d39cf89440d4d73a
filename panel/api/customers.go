package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/orderdata"
	"github.com/beian/beian/internal/store"
)

// Customer is an account that belongs to one of the provider's customers. What is stored of their contact addresses is
// never read back.
type Customer struct {
	ID        string    `json:"id"`
	Login     string    `json:"login"`
	HasMobile bool      `json:"has_mobile"`
	HasEmail  bool      `json:"has_email"`
	CreatedAt time.Time `json:"created_at"`
}

// CustomerInput is what the provider says about a customer.
type CustomerInput struct {
	Mobile Clearable[string] `json:"mobile,omitempty" maxLength:"32"`
	Email  Clearable[string] `json:"email,omitempty" maxLength:"254"`
}

// CustomerPath names a customer by the ID in the provider's own panel, in the namespace of the key.
type CustomerPath struct {
	ID string `path:"id" maxLength:"36" pattern:"^[A-Za-z0-9._-]+$"`
}

type customerAnswer struct {
	Status int
	Body   Customer
}

func (a *API) registerCustomers() {
	put := a.operation("put-customer", http.MethodPut, "/customers/{id}", nil, store.ScopeOrders)
	huma.Register(a.huma, put, a.putCustomer)
	created(put, a.huma, a.huma.OpenAPI().Components.Schemas.Schema(customerType, true, ""))
	huma.Register(a.huma, a.operation("get-customer", http.MethodGet, "/customers/{id}", []int{http.StatusNotFound},
		store.ScopeFilings, store.ScopeOrders), a.getCustomer)
}

// putCustomer makes an account without a password, or finds it, and stores the contact addresses for messages.
func (a *API) putCustomer(ctx context.Context, in *struct {
	CustomerPath
	Body CustomerInput
}) (*customerAnswer, error) {
	mobile, email, problems := contactAddresses(in.Body)
	if err := invalid(problems); err != nil {
		return nil, err
	}
	status := http.StatusOK
	err := a.audited(ctx, "customer.put", "customer", in.ID, func(ctx context.Context) error {
		isNew, err := a.Store.PutAPICustomer(ctx, keyOf(ctx), in.ID, mobile, email)
		if isNew {
			status = http.StatusCreated
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.customer(ctx, status, in.ID)
}

func (a *API) getCustomer(ctx context.Context, in *CustomerPath) (*customerAnswer, error) {
	return a.customer(ctx, http.StatusOK, in.ID)
}

func (a *API) customer(ctx context.Context, status int, id string) (*customerAnswer, error) {
	c, err := a.Store.APICustomer(ctx, keyOf(ctx), id)
	if err != nil {
		return nil, err
	}
	return &customerAnswer{status, Customer{ID: c.ExternalID, Login: c.Login, HasMobile: c.HasMobile, HasEmail: c.HasEmail,
		CreatedAt: c.CreatedAt}}, nil
}

// contactAddresses brings addresses into their form; nil keeps one, empty removes it.
func contactAddresses(in CustomerInput) (mobile, email *string, problems filing.Problems) {
	given := func(name string, c Clearable[string]) *string {
		if !c.Sent {
			return nil
		}
		text := orderdata.Form(name, c.Value)
		return &text
	}
	mobile, email = given("mobile", in.Mobile), given("email", in.Email)
	text := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	for _, p := range filing.ValidateContactAddress(text(mobile), text(email)) {
		if p.Key != "required" {
			problems = append(problems, p)
		}
	}
	return mobile, email, problems
}
