// Package api is the API for the provider's own panel: /api/v1, described by an OpenAPI document that is made from this
// code. Hooks of panels are incomplete and come too early, so whatever may have changed is put as a whole, again and
// again: every PUT is idempotent, and one that changes nothing writes nothing.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// Base is where the API is.
const Base = "/api/v1"

// API answers requests below Base.
type API struct {
	*web.Kit
	huma   huma.API
	engine *gin.Engine
}

// New makes the API.
func New(k *web.Kit) (*API, error) {
	engine, err := k.BareEngine()
	if err != nil {
		return nil, err
	}
	a := &API{Kit: k, engine: engine}
	engine.Use(a.prepare)
	engine.HandleMethodNotAllowed = true
	engine.NoRoute(func(c *gin.Context) { a.writeProblem(c, refusal{code: codeNotFound}) })
	engine.NoMethod(func(c *gin.Context) { a.writeProblem(c, refusal{code: codeMethod}) })
	a.huma = humagin.NewWithGroup(engine, engine.Group(Base), huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Beian", Version: "1", Description: a.english("api_info.description")},
			Servers: []*huma.Server{{URL: Base}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					securityScheme: {Type: "http", Scheme: "bearer", Description: a.english("api_info.key")},
				},
			},
		},
		DefaultFormat: jsonType,
		Formats:       map[string]huma.Format{jsonType: huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
	})
	a.huma.UseMiddleware(a.authenticate, a.answerOnce)
	a.registerCustomers()
	a.registerOrders()
	a.registerSpaces()
	a.registerFilings()
	a.registerLaunches()
	a.describe()
	err = a.serveDocument()
	return a, err
}

// serveDocument serves the OpenAPI document to everybody.
func (a *API) serveDocument() error {
	asJSON, err := json.Marshal(a.Document())
	if err != nil {
		return err
	}
	asYAML, err := a.Document().YAML()
	if err != nil {
		return err
	}
	for kind, document := range map[string][]byte{"json": asJSON, "yaml": asYAML} {
		a.engine.GET(Base+"/openapi."+kind, func(c *gin.Context) {
			c.Data(http.StatusOK, "application/openapi+"+kind, document)
		})
	}
	return nil
}

const jsonType = "application/json"

// Serves reports whether a path is the API's.
func Serves(path string) bool { return path == Base || strings.HasPrefix(path, Base+"/") }

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.engine.ServeHTTP(w, r) }

// Routes are those of the API.
func (a *API) Routes() gin.RoutesInfo { return a.engine.Routes() }

// Document is the OpenAPI document.
func (a *API) Document() *huma.OpenAPI { return a.huma.OpenAPI() }

func (a *API) english(key string) string { return a.Texts.For("en").T(key, nil) }

// Keys of a request's context.
type (
	textsKey struct{}
	apiKey   struct{}
	// originKey is that of the address under which the panel was asked.
	originKey struct{}
)

// textsOf are the texts in the language that a request asks for.
func textsOf(ctx context.Context) *locale.Localizer {
	t, _ := ctx.Value(textsKey{}).(*locale.Localizer)
	return t
}

// keyOf is the key that authenticated a request.
func keyOf(ctx context.Context) store.APIKey {
	k, _ := ctx.Value(apiKey{}).(store.APIKey)
	return k
}

// originOf is the scheme and host of the panel's links.
func originOf(ctx context.Context) string {
	origin, _ := ctx.Value(originKey{}).(string)
	return origin
}

// prepare bounds a request's time, chooses its language, and answers if it panics.
func (a *API) prepare(c *gin.Context) {
	texts := a.Texts.For(web.AcceptedLang(c.GetHeader("Accept-Language")))
	ctx := context.WithValue(c.Request.Context(), originKey{}, a.Origin(c.Request))
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, textsKey{}, texts), web.FormTime)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Header("Vary", "Accept-Language")
	defer func() {
		if r := recover(); r != nil {
			if r == http.ErrAbortHandler {
				panic(r)
			}
			a.Logger.Error("request panicked", "route", c.FullPath(), "stack", string(debug.Stack()))
			a.writeProblem(c, refusal{code: codeInternal})
		}
	}()
	c.Next()
}

// maxBody bounds a request's body: an order with a few hundred domains takes a few kilobytes.
const maxBody = 256 << 10

// operation fills in what all operations share. Whoever has one of the scopes may use it.
func (a *API) operation(id, method, path string, errs []int, scopes ...store.APIScope) huma.Operation {
	op := huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: a.english("api_op." + id),
		Description: a.english("api_op_detail." + id), MaxBodyBytes: maxBody,
		Errors: append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity,
			http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}, errs...),
	}
	if method != http.MethodGet && method != http.MethodDelete {
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestTimeout,
			http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	for _, scope := range scopes {
		op.Security = append(op.Security, map[string][]string{securityScheme: {string(scope)}})
	}
	return op
}

// created documents the answer 201 of an operation that also answers 200 with the same.
func created(op huma.Operation, api huma.API, schema *huma.Schema) {
	path := api.OpenAPI().Paths[op.Path]
	path.Put.Responses["201"] = &huma.Response{Description: http.StatusText(http.StatusCreated),
		Content: map[string]*huma.MediaType{jsonType: {Schema: schema}}}
}

// describe gives the document's properties their texts.
func (a *API) describe() {
	for name, schema := range a.huma.OpenAPI().Components.Schemas.Map() {
		for property, s := range schema.Properties {
			s.Description = a.english("api_field." + name + "." + property)
		}
	}
}

// audited changes rows in a transaction that also writes an entry of the audit log, unless it changes nothing.
func (a *API) audited(ctx context.Context, action, kind, object string, act func(context.Context) error) error {
	entry := store.AuditEntry{By: keyOf(ctx).APIActor(), Action: action, Kind: kind, Object: object}
	return act(store.WithAudit(ctx, &entry))
}

// order finds an order that a key may reach: one that a test key made, only by test keys.
func (a *API) order(ctx context.Context, number string) (store.Order, error) {
	o, err := a.Store.OrderByNumber(ctx, number)
	if errors.Is(err, store.ErrNotFound) || err == nil && o.Sandbox != keyOf(ctx).Sandbox {
		return o, refusal{code: codeNotFound}
	}
	return o, err
}
