package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/beian/beian/internal/orderdata"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
)

// WebSpace is what is known about how an order's web space is reached, which itself is never read back.
type WebSpace struct {
	Known bool `json:"known"`
	// Source is who gave what is stored: the provider, or staff who corrected it.
	Source    *string    `json:"source"`
	ChangedAt *time.Time `json:"changed_at"`
	// TestedAt is when it was last used as it is now; TestReason is why that failed.
	TestedAt   *time.Time `json:"tested_at"`
	TestOK     *bool      `json:"test_ok"`
	TestReason *string    `json:"test_reason"`
}

// WebSpaceInput is how an order's web space is reached.
type WebSpaceInput struct {
	Protocol string `json:"protocol,omitempty" enum:"ftp,ftps-explicit,ftps-implicit,sftp" default:"ftp"`
	Host     string `json:"host" maxLength:"255"`
	Port     int    `json:"port,omitempty" minimum:"1" maximum:"65535"`
	User     string `json:"user" maxLength:"255"`
	// Password and DocumentRoot stay, if they are absent, as long as protocol, host, port and user do.
	Password     Clearable[string] `json:"password,omitempty" maxLength:"255" writeOnly:"true"`
	DocumentRoot Clearable[string] `json:"document_root,omitempty" maxLength:"255"`
}

type spaceAnswer struct{ Body WebSpace }

func (a *API) registerSpaces() {
	const path = "/orders/{number}/web-space"
	missing := []int{http.StatusNotFound}
	huma.Register(a.huma, a.operation("put-web-space", http.MethodPut, path, missing, store.ScopeSpaces), a.putSpace)
	huma.Register(a.huma, a.operation("get-web-space", http.MethodGet, path, missing, store.ScopeSpaces,
		store.ScopeFilings), a.getSpace)
	huma.Register(a.huma, a.operation("delete-web-space", http.MethodDelete, path, missing, store.ScopeSpaces),
		a.deleteSpace)
}

// putSpace stores how a web space is reached. What staff corrected stays until the provider says something else than
// the last time.
func (a *API) putSpace(ctx context.Context, in *struct {
	OrderPath
	Body WebSpaceInput
}) (*spaceAnswer, error) {
	b := in.Body
	w := store.WebSpace{Protocol: b.Protocol, Host: orderdata.Form("host", b.Host),
		Port: cmp.Or(b.Port, website.DefaultPort(b.Protocol)), User: orderdata.Form("user", b.User),
		Password:     orderdata.Form("password", b.Password.Value),
		DocumentRoot: orderdata.Form("document_root", b.DocumentRoot.Value)}
	order := store.OrderImport{WebSpace: &w, KeepPassword: !b.Password.Sent, KeepDocumentRoot: !b.DocumentRoot.Sent}
	if err := invalid(orderdata.CheckSpace(w)); err != nil {
		return nil, err
	}
	if err := a.changeSpace(ctx, "space.put", in.Number, order); err != nil {
		return nil, err
	}
	return a.getSpace(ctx, &in.OrderPath)
}

func (a *API) changeSpace(ctx context.Context, action, number string, order store.OrderImport) error {
	o, err := a.order(ctx, number)
	if err != nil {
		return err
	}
	order.Number, order.Sandbox = o.Number, o.Sandbox
	return a.audited(ctx, action, "order", o.Number, func(ctx context.Context) error {
		_, err := a.Store.PutOrder(ctx, order)
		return err
	})
}

// deleteSpace forgets a web space, so that the customer installs the certificate by hand.
func (a *API) deleteSpace(ctx context.Context, in *OrderPath) (*struct{}, error) {
	return nil, a.changeSpace(ctx, "space.remove", in.Number, store.OrderImport{NoWebSpace: true})
}

func (a *API) getSpace(ctx context.Context, in *OrderPath) (*spaceAnswer, error) {
	o, err := a.order(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	state, err := a.Store.SpaceStateOf(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	w := WebSpace{Known: state.Known, Source: filled(state.By)}
	if state.At.Valid {
		w.ChangedAt = &state.At.Time
	}
	if state.TestedAt.Valid {
		ok := state.Reason == ""
		w.TestedAt, w.TestOK, w.TestReason = &state.TestedAt.Time, &ok, filled(state.Reason)
	}
	return &spaceAnswer{w}, nil
}
