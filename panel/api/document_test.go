package api_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/oapi-codegen/nullable"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/client"
	"github.com/beian/beian/panel/api"
	"github.com/beian/beian/panel/web"
)

// document is the OpenAPI document as it is committed.
const document = "../../client/openapi.json"

// The Go client is made of the document, and the document of the code: BEIAN_UPDATE_GOLDEN=1 makes both.
func TestTheClientIsUpToDate(t *testing.T) {
	k, err := web.New(web.Config{})
	require.NoError(t, err)
	a, err := api.New(k)
	require.NoError(t, err)
	raw, err := json.Marshal(a.Document())
	require.NoError(t, err)
	var now bytes.Buffer
	require.NoError(t, json.Indent(&now, raw, "", " "))
	now.WriteByte('\n')
	update := os.Getenv("BEIAN_UPDATE_GOLDEN") != ""
	if update {
		require.NoError(t, os.WriteFile(document, now.Bytes(), 0o644))
	}
	committed, err := os.ReadFile(document)
	require.NoError(t, err)
	require.Equal(t, now.String(), string(committed))

	made := filepath.Join(t.TempDir(), "client.gen.go")
	generate := exec.CommandContext(t.Context(), "go", "tool", "-modfile=tools/client/go.mod", "oapi-codegen",
		"-config", "tools/client/oapi-codegen.yaml", "-o", made, "client/openapi.json")
	generate.Dir = "../.."
	out, err := generate.CombinedOutput()
	require.NoError(t, err, "%s", out)
	want, err := os.ReadFile(made)
	require.NoError(t, err)
	if update {
		require.NoError(t, os.WriteFile("../../client/client.gen.go", want, 0o644))
	}
	have, err := os.ReadFile("../../client/client.gen.go")
	require.NoError(t, err)
	require.Equal(t, string(want), string(have))
}

// router finds the operation of a request in the document.
var router = sync.OnceValues(func() (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(document)
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// validate holds an answer to the document: its status, its headers and its body.
func (s *shop) validate(request *http.Request, a answer) {
	s.t.Helper()
	r, err := router()
	require.NoError(s.t, err)
	at := request.Clone(request.Context())
	at.URL = &url.URL{Path: request.URL.Path, RawPath: request.URL.RawPath, RawQuery: request.URL.RawQuery}
	route, params, err := r.FindRoute(at)
	if err != nil {
		require.Contains(s.t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, a.status, "%v", err)
		return
	}
	in := &openapi3filter.ResponseValidationInput{Status: a.status, Header: a.header,
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: at, Route: route, PathParams: params},
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true}}
	in.SetBodyBytes([]byte(a.raw))
	require.NoError(s.t, openapi3filter.ValidateResponse(s.t.Context(), in), "%s %s", request.Method, request.URL.Path)
}

// The check of the check: an answer that doesn't fit is noticed.
func TestAnswersAreHeldToTheDocument(t *testing.T) {
	r, err := router()
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/customers/42", nil)
	require.NoError(t, err)
	route, params, err := r.FindRoute(request)
	require.NoError(t, err)
	for body, fits := range map[string]bool{
		`{"id": "42", "login": "l", "has_mobile": true, "has_email": true, "created_at": "2026-12-01T00:00:00Z"}`: true,
		`{"id": 42, "login": "l", "has_mobile": true, "has_email": true, "created_at": "2026-12-01T00:00:00Z"}`:   false,
		`{"id": "42", "login": "l", "has_mobile": true, "created_at": "2026-12-01T00:00:00Z"}`:                    false,
		`{"id": "42", "login": "l", "has_mobile": true, "has_email": true, "created_at": "2026-12-01T00:00:00Z",
			"mobile": "13900000001"}`: false,
	} {
		in := &openapi3filter.ResponseValidationInput{Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
			RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, Route: route, PathParams: params}}
		in.SetBodyBytes([]byte(body))
		require.Equal(t, fits, openapi3filter.ValidateResponse(t.Context(), in) == nil, body)
	}
}

// The client in Go does what the curl examples do.
func TestTheClientKeepsAnOrderInStep(t *testing.T) {
	s, ctx := newShop(t), t.Context()
	c, err := client.New(s.url+"/", s.secret)
	require.NoError(t, err)
	customer, err := c.PutCustomerWithResponse(ctx, "42", client.CustomerInput{
		Mobile: nullable.NewNullableWithValue("13900000001"), Email: nullable.NewNullNullable[string]()})
	require.NoError(t, err)
	require.NotNil(t, customer.JSON201, "%s", customer.Body)
	require.Equal(t, []bool{true, false}, []bool{customer.JSON201.HasMobile, customer.JSON201.HasEmail})
	order := client.OrderInput{Customer: client.Ptr("42"), Product: client.Ptr("虚拟主机"),
		Status: client.Ptr(client.OrderInputStatusActive), SourceVersion: nullable.NewNullableWithValue[int64](7),
		Domains: nullable.NewNullableWithValue([]string{"www.example.com"})}
	put, err := c.PutOrderWithResponse(ctx, "D1", order)
	require.NoError(t, err)
	require.NotNil(t, put.JSON201, "%s", put.Body)
	put, err = c.PutOrderWithResponse(ctx, "D1", client.OrderInput{Domains: nullable.NewNullNullable[[]string]()})
	require.NoError(t, err)
	require.Empty(t, put.JSON200.Domains)
	require.Equal(t, "虚拟主机", put.JSON200.Product)
	list, err := c.ListOrdersWithResponse(ctx, &client.ListOrdersParams{Limit: client.Ptr[int64](1)})
	require.NoError(t, err)
	require.Len(t, list.JSON200.Orders, 1)
	require.True(t, list.JSON200.Next.IsNull())
	order.SourceVersion = nullable.NewNullableWithValue[int64](6)
	put, err = c.PutOrderWithResponse(ctx, "D1", order)
	require.NoError(t, err)
	require.Equal(t, "stale_version", put.ApplicationproblemJSON409.Code)
}

// documented is a request with curl in the documentation.
var documented = regexp.MustCompile(`(?m)^curl (?:-X (\w+) )?\$API(\S+) -H [^\n]*\n(?:  -d '([^']*)'\n)?`)

// The examples of the documentation work, one after the other.
func TestTheDocumentedRequestsWork(t *testing.T) {
	for _, path := range []string{"../../docs/plug-in.md", "../../docs/zh-CN/plug-in.md"} {
		s := newShop(t)
		page, err := os.ReadFile(path)
		require.NoError(t, err)
		examples := documented.FindAllStringSubmatch(string(page), -1)
		require.Len(t, examples, 5, path)
		for _, e := range examples {
			a := s.send(cmp.Or(e[1], http.MethodGet), "/api/v1"+e[2], e[3])
			require.Less(t, a.status, 300, "%s: %s", e[0], a.raw)
		}
		a := s.get("/orders/D1")
		require.Equal(t, []any{"42", "active", "2027-12-31"}, []any{a.body["customer"], a.body["status"], a.body["expires_on"]})
	}
}
