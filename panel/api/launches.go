package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// LaunchInput says whom to sign on, and where the link leads.
type LaunchInput struct {
	Customer string `json:"customer" maxLength:"36"`
	Target   string `json:"target,omitempty" enum:"orders,order,filing,account,help,questions" default:"orders"`
	Order    string `json:"order,omitempty" maxLength:"64"`
	Language string `json:"language,omitempty" enum:"zh,en"`
}

// Launch is a link that signs a customer on, once.
type Launch struct {
	URL       string `json:"url" format:"uri"`
	ExpiresIn int    `json:"expires_in"`
}

func (a *API) registerLaunches() {
	op := a.operation("create-launch", http.MethodPost, "/launches", nil, store.ScopeLaunches)
	op.DefaultStatus = http.StatusCreated
	huma.Register(a.huma, op, a.createLaunch)
}

// createLaunch makes a link for a customer of the key's namespace: never for staff, and never to another's order.
func (a *API) createLaunch(ctx context.Context, in *struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255"`
	Body           LaunchInput
}) (*struct{ Body Launch }, error) {
	customer, err := a.customerID(ctx, in.Body.Customer)
	if err != nil {
		return nil, err
	}
	order, err := a.launchOrder(ctx, customer, in.Body)
	if err != nil {
		return nil, err
	}
	var token string
	err = a.audited(ctx, "launch.create", "customer", in.Body.Customer, func(ctx context.Context) (err error) {
		token, err = a.Store.NewLaunch(ctx, keyOf(ctx), store.Launch{UserID: customer, Target: in.Body.Target,
			Language: in.Body.Language}, order)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &struct{ Body Launch }{Launch{URL: originOf(ctx) + web.LaunchPath + token,
		ExpiresIn: int(store.LaunchLifetime / time.Second)}}, nil
}

// launchOrder is the ID of the order that a launch names; 0: it names none.
func (a *API) launchOrder(ctx context.Context, customer int64, in LaunchInput) (int64, error) {
	if in.Order == "" {
		if in.Target == web.LaunchOrder || in.Target == web.LaunchFiling {
			return 0, invalid(filing.Problems{at("order", "missing")})
		}
		return 0, nil
	}
	o, err := a.order(ctx, in.Order)
	if r, refused := errors.AsType[refusal](err); refused && r.code == codeNotFound ||
		err == nil && o.CustomerID != customer {
		return 0, refusal{code: codeOrderUnknown, fields: filing.Problems{at("order", "value")}}
	}
	return o.ID, err
}
