package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/workflows"
)

// filings answers withdrawals as a workflow would; nothing else is asked of it.
type filings struct {
	panel.Filings
	withdraw func(ref string) error
	// codes are the account codes that were asked for.
	codes []int64
}

func (f *filings) Withdraw(_ context.Context, ref string, _ workflows.ByActor) (workflows.State, error) {
	return workflows.State{}, f.withdraw(ref)
}

// shop is a panel with the API, as a provider's own panel sees it.
type shop struct {
	t       *testing.T
	db      *store.Store
	filings *filings
	panel   *panel.Server
	url     string
	// secret is the key that requests have.
	secret string
	log    *bytes.Buffer
}

func newShop(t *testing.T) *shop {
	t.Helper()
	return newShopAt(t, testdb.New(t))
}

func newShopAt(t *testing.T, db *store.Store) *shop {
	t.Helper()
	s := &shop{t: t, db: db, filings: &filings{}, log: &bytes.Buffer{}}
	var err error
	s.panel, err = panel.New(panel.Config{Store: db, Filings: s.filings, Logger: slog.New(slog.NewTextHandler(s.log, nil))})
	require.NoError(t, err)
	t.Cleanup(s.panel.Close)
	server := httptest.NewServer(s.panel.Handler())
	t.Cleanup(server.Close)
	s.url = server.URL
	s.secret = s.key(store.NewAPIKey{})
	return s
}

// key makes a key, with every scope unless some are given.
func (s *shop) key(n store.NewAPIKey) (secret string) {
	s.t.Helper()
	if n.Name == "" {
		n.Name = "shop"
	}
	if n.Namespace == "" {
		n.Namespace = "shop"
	}
	if n.Scopes == nil {
		n.Scopes = store.APIScopes
	}
	require.Empty(s.t, n.Validate(s.db.Now()))
	secret, _, err := s.db.CreateAPIKey(s.t.Context(), n)
	require.NoError(s.t, err)
	return secret
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// code is that of a problem.
func (a answer) code() any { return a.body["code"] }

// wrong are the parts of the request that a problem names, with their codes.
func (a answer) wrong() map[string]string {
	all := map[string]string{}
	list, _ := a.body["errors"].([]any)
	for _, e := range list {
		field := e.(map[string]any)
		where, _ := field["pointer"].(string)
		if where == "" {
			where, _ = field["parameter"].(string)
		}
		all[where] = field["code"].(string)
	}
	return all
}

// send sends a request with the shop's key; headers are names and values.
func (s *shop) send(method, path, body string, headers ...string) answer {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	request.Header.Set("Authorization", "Bearer "+s.secret)
	request.Header.Set("Accept-Language", "en")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	a := answer{status: response.StatusCode, header: response.Header, raw: string(raw)}
	if strings.Contains(response.Header.Get("Content-Type"), "json") {
		require.NoError(s.t, json.Unmarshal(raw, &a.body), "%s", raw)
	}
	if a.status >= 400 {
		require.Equal(s.t, "application/problem+json", response.Header.Get("Content-Type"), "%s", raw)
		require.EqualValues(s.t, a.status, a.body["status"])
		for _, part := range []string{"type", "title", "detail", "code"} {
			require.NotEmpty(s.t, a.body[part], "%s", raw)
		}
	}

	s.validate(request, a)
	return a
}

func (s *shop) put(path, body string) answer { return s.send(http.MethodPut, "/api/v1"+path, body) }
func (s *shop) get(path string) answer       { return s.send(http.MethodGet, "/api/v1"+path, "") }
func (s *shop) post(path, body string) answer {
	return s.send(http.MethodPost, "/api/v1"+path, body)
}

// audited are the entries of the audit log since the database was made.
func (s *shop) audited() (entries []string) {
	require.NoError(s.t, s.db.EachAuditRow(s.t.Context(), store.AuditFilter{}, func(r store.AuditRow) error {
		if strings.HasPrefix(r.Actor, "api/") {
			entries = append(entries, r.Action+" "+r.Object)
		}
		return nil
	}))
	return entries
}

// A panel puts a customer and an order, and reads them back.
func TestAPanelKeepsAnOrderInStep(t *testing.T) {
	s := newShop(t)
	a := s.put("/customers/42", `{"mobile": "139 0000 0001", "email": "lin@example.com"}`)
	require.Equal(t, 201, a.status, a.raw)
	require.Equal(t, []any{"42", "shop/42", true, true},
		[]any{a.body["id"], a.body["login"], a.body["has_mobile"], a.body["has_email"]})
	require.NotContains(t, a.raw, "139")
	const order = `{"customer": "42", "product": "虚拟主机", "status": "active", "source_version": 7,
		"domains": ["WWW.Example.com", "例子.com", "www.example.com"], "ips": ["192.0.2.1", "192.0.2.9-192.0.2.12"],
		"expires_on": "2027-12-31"}`
	a = s.put("/orders/D1", order)
	require.Equal(t, 201, a.status, a.raw)
	require.Equal(t, []any{"D1", "42", "虚拟主机", "active", 7.0, "2027-12-31"}, []any{a.body["number"], a.body["customer"],
		a.body["product"], a.body["status"], a.body["source_version"], a.body["expires_on"]})
	require.Equal(t, []any{"www.example.com", "xn--fsqu00a.com"}, a.body["domains"])
	require.Equal(t, []any{"192.0.2.1", "192.0.2.9-192.0.2.12"}, a.body["ips"])
	require.Empty(t, a.body["duties"])
	sites := a.body["sites"].([]any)
	require.Len(t, sites, 2)
	require.Equal(t, map[string]any{"domain": "example.com", "hosts": []any{"www.example.com"}, "state": "none",
		"kind": nil, "stage": nil, "stuck": false, "number": nil, "removed": false}, sites[0])

	again := s.put("/orders/D1", order)
	require.Equal(t, 200, again.status)
	require.Equal(t, a.body, again.body)
	require.Equal(t, a.body, s.get("/orders/D1").body)
	require.Equal(t, []string{"customer.put 42", "order.put D1"}, s.audited(), "nothing is written twice")

	a = s.put("/orders/D1", `{"status": "suspended"}`)
	require.Equal(t, 200, a.status)
	require.Equal(t, []any{"suspended", "虚拟主机", "2027-12-31", 7.0}, []any{a.body["status"], a.body["product"],
		a.body["expires_on"], a.body["source_version"]}, "what is absent stays")
	a = s.put("/orders/D1", `{"domains": null, "ips": null, "expires_on": null, "source_version": null}`)
	require.Equal(t, 200, a.status, a.raw)
	require.Equal(t, []any{[]any{}, []any{}, nil, nil}, []any{a.body["domains"], a.body["ips"], a.body["expires_on"],
		a.body["source_version"]}, "null clears")
	require.Equal(t, 404, s.get("/orders/D2").status)
	require.Equal(t, 404, s.get("/customers/43").status)
	require.Empty(t, s.log.String())
}

// A request that is refused says why, where, and what would be right, and repeats nothing that was sent.
func TestAProblemSaysWhatIsWrong(t *testing.T) {
	s := newShop(t)
	require.Equal(t, 201, s.put("/customers/42", `{}`).status)
	for _, c := range []struct {
		method, path, body string
		status             int
		code               string
		wrong              map[string]string
	}{
		{"PUT", "/orders/D1", `{"customer": "42"}`, 422, "incomplete", map[string]string{"#/product": "missing"}},
		{"PUT", "/orders/D1", `{"customer": "Secret1", "product": "p"}`, 422, "customer_unknown",
			map[string]string{"#/customer": "value"}},
		{"PUT", "/orders/D1", `{"domains": ["example.com", "http://Secret1/"], "ips": ["Secret1"]}`, 422, "invalid",
			map[string]string{"#/domains/1": "domain", "#/ips/0": "ip"}},
		{"PUT", "/orders/D1", `{"domains": "Secret1", "status": "Secret1", "expires_on": "Secret1",
			"source_version": -1}`, 422, "invalid", map[string]string{"#/domains": "array", "#/status": "one_of",
			"#/expires_on": "date", "#/source_version": "minimum"}},
		{"PUT", "/orders/D1", `{"product": "", "source_version": 1.5}`, 422, "invalid",
			map[string]string{"#/product": "min_length", "#/source_version": "integer"}},
		{"PUT", "/orders/D1", `{"customer": null, "product": null, "status": null}`, 422, "invalid",
			map[string]string{"#/customer": "string", "#/product": "string", "#/status": "string"}},
		{"PUT", "/orders/D1", `{"domains": ["example.com", 7], "domain": "Secret1"}`, 422, "invalid",
			map[string]string{"#/domains/1": "string", "#/domain": "unknown"}},
		{"PUT", "/orders/D1", `{"product": Secret1}`, 400, "malformed", map[string]string{}},
		{"PUT", "/orders/D1", ``, 400, "body_missing", map[string]string{}},
		{"PUT", "/orders/1.02401E+17", `{}`, 422, "invalid", map[string]string{"number": "order_number_scientific"}},
		{"PUT", "/orders/D%201", `{}`, 422, "invalid", map[string]string{"number": "order_number_characters"}},
		{"PUT", "/customers/a@b", `{}`, 422, "invalid", map[string]string{"id": "pattern"}},
		{"PUT", "/customers/42", `{"mobile": "Secret1", "email": "Secret1"}`, 422, "invalid",
			map[string]string{"#/mobile": "mobile_invalid", "#/email": "email_invalid"}},
		{"GET", "/orders?limit=0&after=Secret1", ``, 422, "invalid", map[string]string{"limit": "minimum",
			"after": "pattern"}},
		{"GET", "/orders?limit=Secret1", ``, 422, "invalid", map[string]string{"limit": "value"}},
		{"GET", "/orders/Secret1", ``, 404, "not_found", map[string]string{}},
		{"GET", "/nowhere/Secret1", ``, 404, "not_found", map[string]string{}},
		{"DELETE", "/orders/D1", ``, 405, "method_not_allowed", map[string]string{}},
		{"PUT", "/orders/D1", `{"product": "` + strings.Repeat("Secret1", 40000) + `"}`, 413, "body_too_large",
			map[string]string{}},
		{"POST", "/orders/D1/transfer", `{}`, 422, "invalid", map[string]string{"#/customer": "missing"}},
	} {
		a := s.send(c.method, "/api/v1"+c.path, c.body)
		require.Equal(t, c.status, a.status, "%s %s %s", c.path, c.body, a.raw)
		require.Equal(t, c.code, a.code(), a.raw)
		require.Equal(t, c.wrong, a.wrong(), a.raw)
		require.NotContains(t, a.raw, "Secret1")
		require.NotRegexp(t, `\p{Han}`, a.raw)
		require.NotContains(t, a.raw, "<no value>")
		zh := s.send(c.method, "/api/v1"+c.path, c.body, "Accept-Language", "zh-CN,zh;q=0.9")
		require.Equal(t, c.code, zh.code())
		require.Equal(t, c.wrong, zh.wrong(), zh.raw)
		require.Regexp(t, `\p{Han}`, zh.body["detail"])
		require.Equal(t, "zh", zh.header.Get("Content-Language"))
	}
	a := s.send("PUT", "/api/v1/orders/D1", "product=Secret1", "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, []any{415, "media_type"}, []any{a.status, a.code()})
	require.ElementsMatch(t, []string{"GET", "PUT"},
		strings.Split(s.send("DELETE", "/api/v1/orders/D1", "").header.Get("Allow"), ", "))
	require.NotContains(t, s.log.String(), "Secret1")
	require.Regexp(t, `\p{Han}`, s.send("GET", "/api/v1/orders/D9", "", "Accept-Language", "").body["detail"],
		"Chinese unless English is asked for")
}

func TestAKeyOpensWhatItsScopesSay(t *testing.T) {
	s := newShop(t)
	require.Equal(t, 201, s.put("/customers/42", `{}`).status)
	for header, code := range map[string]string{"": "key_missing", "Basic eDp5": "key_missing", "Bearer ": "key_missing",
		"Bearer bk_live_x": "key_invalid", "Bearer nonsense": "key_invalid"} {
		a := s.send("GET", "/api/v1/orders", "", "Authorization", header)
		require.Equal(t, []any{401, code}, []any{a.status, a.code()}, header)
		require.Contains(t, a.header.Get("WWW-Authenticate"), `Bearer realm="beian"`)
	}
	s.secret = s.key(store.NewAPIKey{Scopes: []store.APIScope{store.ScopeFilings}})
	require.Equal(t, 200, s.get("/orders").status)
	require.Equal(t, 200, s.get("/customers/42").status)
	for _, a := range []answer{s.put("/orders/D1", `{}`), s.put("/customers/42", `{}`),
		s.put("/orders/D1/web-space", `{"host": "h", "user": "u"}`), s.post("/orders/D1/transfer", `{"customer": "42"}`)} {
		require.Equal(t, []any{403, "scope_missing"}, []any{a.status, a.code()})
		require.Contains(t, a.header.Get("WWW-Authenticate"), "insufficient_scope")
		require.Regexp(t, `(orders|webspace):write`, a.body["detail"])
	}
	s.secret = s.key(store.NewAPIKey{Addresses: []string{"192.0.2.0/24"}})
	a := s.get("/orders")
	require.Equal(t, []any{403, "address_not_allowed"}, []any{a.status, a.code()})
	s.secret = s.key(store.NewAPIKey{Addresses: []string{"127.0.0.1", "::1"}})
	require.Equal(t, 200, s.get("/orders").status)
	keys, err := s.db.APIKeys(t.Context())
	require.NoError(t, err)
	require.True(t, keys[0].LastUsedAt.Valid)
	require.Equal(t, "127.0.0.1", keys[0].LastAddress)
	require.False(t, keys[1].LastUsedAt.Valid, "refused from there")
	require.NoError(t, s.db.RevokeAPIKey(t.Context(), keys[0].ID))
	require.Equal(t, 401, s.get("/orders").status)
}

// Nobody's cookie opens the API, and no session is made.
func TestTheAPIKnowsNoCookies(t *testing.T) {
	s := newShop(t)
	a := s.send("GET", "/api/v1/orders", "", "Cookie", "beian_session=x")
	require.Equal(t, 200, a.status)
	require.Empty(t, a.header.Values("Set-Cookie"))
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
}

func TestARateLimitSaysWhenToGoOn(t *testing.T) {
	s := newShop(t)
	s.db.LimitQuota(store.QuotaAPI, store.ByKey, 2)
	require.Equal(t, 200, s.get("/orders").status)
	require.Equal(t, 200, s.get("/filings").status)
	a := s.get("/orders")
	require.Equal(t, []any{429, "rate_limited"}, []any{a.status, a.code()})
	require.Regexp(t, `^[1-5]?\d$|^60$`, a.header.Get("Retry-After"))
	s.secret = s.key(store.NewAPIKey{})
	require.Equal(t, 200, s.get("/orders").status, "each key has its own")
}

// A database that is away is 503 with Retry-After, and never a bare 500.
func TestADatabaseThatIsAwayIsSaid(t *testing.T) {
	var down atomic.Bool
	s := newShopAt(t, testdb.NewOver(t, func(conn net.Conn) net.Conn { return &cutConn{conn, &down} }))
	require.Equal(t, 200, s.get("/orders").status)
	down.Store(true)
	for _, a := range []answer{s.get("/orders"), s.put("/customers/42", `{}`),
		s.send("POST", "/api/v1/orders/D1/transfer", `{"customer": "42"}`, "Idempotency-Key", "a")} {
		require.Equal(t, []any{503, "unavailable"}, []any{a.status, a.code()}, s.log)
		require.Equal(t, "10", a.header.Get("Retry-After"))
	}
	down.Store(false)
	require.Equal(t, 201, s.put("/customers/42", `{}`).status)
}

// cutConn is a connection that breaks while its network is down.
type cutConn struct {
	net.Conn
	down *atomic.Bool
}

// Read receives, unless the network is down.
func (c *cutConn) Read(b []byte) (int, error) {
	if c.down.Load() {
		_ = c.Close()
	}
	return c.Conn.Read(b)
}

// Write sends, unless the network is down.
func (c *cutConn) Write(b []byte) (int, error) {
	if c.down.Load() {
		_ = c.Close()
	}
	return c.Conn.Write(b)
}

// No answer hides that a statement failed.
func TestNoAnswerHidesAFailure(t *testing.T) {
	db, line := testdb.NewOverLine(t)
	s := newShopAt(t, db)
	require.Equal(t, 201, s.put("/customers/42", `{}`).status)
	require.Equal(t, 201, s.put("/orders/D1", `{"customer": "42", "product": "p", "domains": ["example.com"]}`).status)
	require.Equal(t, 201, s.put("/customers/43", `{}`).status)
	version := 0
	for _, send := range []func() answer{
		func() answer { return s.get("/orders") }, func() answer { return s.get("/filings") },
		func() answer { return s.get("/customers/42") }, func() answer { return s.get("/orders/D1/web-space") },
		func() answer {
			version++
			return s.put("/orders/D1", `{"source_version": `+strings.Repeat("1", version%9+1)+`, "domains": null}`)
		},
		func() answer { return s.post("/orders/D1/transfer", `{"customer": "43"}`) },
	} {
		var a answer
		statements, hidden := line.EachStatement(true, func() { a = send() },
			func() bool { return a.status >= 500 || a.status == 409 })
		require.Empty(t, hidden)
		require.Greater(t, statements, 3)
	}
}

func TestAnOlderVersionIsRefused(t *testing.T) {
	s := newShop(t)
	require.Equal(t, 201, s.put("/customers/42", `{}`).status)
	require.Equal(t, 201, s.put("/orders/D1", `{"customer": "42", "product": "new", "source_version": 7}`).status)
	a := s.put("/orders/D1", `{"product": "old", "source_version": 6}`)
	require.Equal(t, []any{409, "stale_version"}, []any{a.status, a.code()})
	require.Equal(t, "new", s.get("/orders/D1").body["product"])
	require.Equal(t, 200, s.put("/orders/D1", `{"product": "newer", "source_version": 7}`).status)
}

// An order changes hands only by a transfer, which waits for an open filing unless that is to be withdrawn.
func TestAnOrderChangesHandsOnlyByATransfer(t *testing.T) {
	s, ctx := newShop(t), t.Context()
	for _, id := range []string{"42", "43"} {
		require.Equal(t, 201, s.put("/customers/"+id, `{}`).status)
	}
	require.Equal(t, 201, s.put("/orders/D1", `{"customer": "42", "product": "p", "domains": ["example.com"]}`).status)
	a := s.put("/orders/D1", `{"customer": "43"}`)
	require.Equal(t, []any{409, "other_customer"}, []any{a.status, a.code()})
	require.Contains(t, a.body["detail"], "POST /orders/{number}/transfer")
	o, err := s.db.OrderByNumber(ctx, "D1")
	require.NoError(t, err)
	f, err := s.db.OpenFiling(ctx, o.ID)
	require.NoError(t, err)
	a = s.get("/orders/D1")
	require.Equal(t, "yours", a.body["sites"].([]any)[0].(map[string]any)["state"])
	a = s.get("/filings")
	require.Len(t, a.body["filings"], 1, a.raw)
	require.Equal(t, []any{"D1", "example.com", "contact"}, []any{a.body["filings"].([]any)[0].(map[string]any)["order"],
		a.body["filings"].([]any)[0].(map[string]any)["site"], a.body["filings"].([]any)[0].(map[string]any)["stage"]})

	a = s.post("/orders/D1/transfer", `{"customer": "43"}`)
	require.Equal(t, []any{409, "filing_open"}, []any{a.status, a.code()})
	a = s.post("/orders/D1/transfer", `{"customer": "44"}`)
	require.Equal(t, []any{422, "customer_unknown"}, []any{a.status, a.code()})
	require.Equal(t, 404, s.post("/orders/D9/transfer", `{"customer": "43"}`).status)
	s.filings.withdraw = func(ref string) error {
		require.Equal(t, "D1", ref)
		return s.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, Stage: "withdrawn", EventKind: "withdrawn",
			Actor: "support:api"})
	}
	a = s.post("/orders/D1/transfer", `{"customer": "43", "open_filing": "withdraw"}`)
	require.Equal(t, 200, a.status, a.raw)
	require.Equal(t, "43", a.body["customer"])
	require.Equal(t, []string{"customer.put 42", "customer.put 43", "order.put D1", "order.transfer D1"}, s.audited())
	s.filings.withdraw = func(string) error { return workflows.ErrWrongStage }
	_, err = s.db.OpenFiling(ctx, o.ID)
	require.NoError(t, err)
	a = s.post("/orders/D1/transfer", `{"customer": "42", "open_filing": "withdraw"}`)
	require.Equal(t, []any{409, "filing_at_bureau"}, []any{a.status, a.code()})
}

// A POST that is repeated with its Idempotency-Key gets its first answer, and does nothing again.
func TestARepeatedPostIsAnsweredOnce(t *testing.T) {
	s := newShop(t)
	for _, id := range []string{"42", "43"} {
		require.Equal(t, 201, s.put("/customers/"+id, `{}`).status)
	}
	require.Equal(t, 201, s.put("/orders/D1", `{"customer": "42", "product": "p"}`).status)
	transfer := func(to, key string) answer {
		return s.send("POST", "/api/v1/orders/D1/transfer", `{"customer": "`+to+`"}`, "Idempotency-Key", key)
	}
	first := transfer("43", "a")
	require.Equal(t, 200, first.status, first.raw)
	require.Equal(t, 200, transfer("42", "b").status)
	again := transfer("43", "a")
	require.Equal(t, []any{200, first.raw, "true"}, []any{again.status, again.raw, again.header.Get("Idempotent-Replayed")})
	require.Equal(t, "42", s.get("/orders/D1").body["customer"])
	a := transfer("42", "a")
	require.Equal(t, []any{422, "idempotency_key_reused"}, []any{a.status, a.code()})
	require.Equal(t, 422, transfer("44", "c").status)
	require.Equal(t, 201, s.put("/customers/44", `{}`).status)
	a = transfer("44", "c")
	require.Equal(t, []any{422, "true"}, []any{a.status, a.header.Get("Idempotent-Replayed")}, "as it was then")
	a = transfer("44", strings.Repeat("x", 256))
	require.Equal(t, map[string]string{"Idempotency-Key": "max_length"}, a.wrong())
}

// How a web space is reached is stored and never read back; what staff corrected stays until the provider has news.
func TestAWebSpaceIsWriteOnly(t *testing.T) {
	s, ctx := newShop(t), t.Context()
	require.Equal(t, 201, s.put("/customers/42", `{}`).status)
	require.Equal(t, 404, s.put("/orders/D1/web-space", `{"host": "h", "user": "u"}`).status)
	require.Equal(t, 201, s.put("/orders/D1", `{"customer": "42", "product": "p"}`).status)
	require.Equal(t, false, s.get("/orders/D1/web-space").body["known"])
	const space = `{"host": "ftp.example.com", "user": "Secret1", "password": "Secret2", "document_root": "Secret3"}`
	a := s.put("/orders/D1/web-space", space)
	require.Equal(t, 200, a.status, a.raw)
	require.Equal(t, []any{true, "provider", nil}, []any{a.body["known"], a.body["source"], a.body["test_ok"]})
	require.NotContains(t, a.raw, "Secret")
	require.NotContains(t, a.raw, "ftp.example.com")
	o, err := s.db.OrderByNumber(ctx, "D1")
	require.NoError(t, err)
	stored := func() store.WebSpace {
		w, err := s.db.WebSpaceOf(ctx, o.ID)
		require.NoError(t, err)
		return *w
	}
	require.Equal(t, store.WebSpace{Protocol: "ftp", Host: "ftp.example.com", Port: 21, User: "Secret1",
		Password: "Secret2", DocumentRoot: "Secret3"}, stored())
	corrected := stored()
	corrected.Password = "other"
	require.NoError(t, s.db.CorrectWebSpace(ctx, o, corrected))
	require.NoError(t, s.db.NoteSpaceTest(ctx, o.ID, s.db.Now(), "login"))
	a = s.put("/orders/D1/web-space", space)
	require.Equal(t, []any{"staff", false, "login"}, []any{a.body["source"], a.body["test_ok"], a.body["test_reason"]})
	require.Equal(t, "other", stored().Password)
	a = s.put("/orders/D1/web-space", `{"host": "ftp.example.com", "user": "Secret1", "document_root": "new"}`)
	require.Equal(t, []any{"provider", nil}, []any{a.body["source"], a.body["test_ok"]})
	require.Equal(t, []string{"other", "new"}, []string{stored().Password, stored().DocumentRoot})
	a = s.put("/orders/D1/web-space", `{"host": "ftp://Secret1/", "user": "u\nDELE x", "port": 0, "protocol": "telnet"}`)
	require.Equal(t, map[string]string{"#/port": "minimum", "#/protocol": "one_of"}, a.wrong())
	a = s.put("/orders/D1/web-space", `{"host": "ftp://Secret1/", "user": "u\nDELE x"}`)
	require.Equal(t, map[string]string{"#/host": "space_host"}, a.wrong())
	require.NotContains(t, a.raw, "Secret1")
	a = s.send("DELETE", "/api/v1/orders/D1/web-space", "")
	require.Equal(t, 204, a.status)
	require.Empty(t, a.raw)
	require.Equal(t, false, s.get("/orders/D1/web-space").body["known"])
	require.Equal(t, []string{"customer.put 42", "order.put D1", "space.put D1", "space.put D1", "space.remove D1"},
		s.audited())
	require.NotContains(t, s.log.String(), "Secret")
}

// Lists go on behind their cursors, however orders come in between.
func TestAListGoesOnBehindItsCursor(t *testing.T) {
	s := newShop(t)
	require.Equal(t, 201, s.put("/customers/42", `{}`).status)
	for _, number := range []string{"A", "B", "C", "D", "E"} {
		require.Equal(t, 201, s.put("/orders/"+number, `{"customer": "42", "product": "p"}`).status)
	}
	var seen []any
	for after := ""; ; {
		a := s.get("/orders?limit=2&after=" + after)
		require.Equal(t, 200, a.status, a.raw)
		for _, o := range a.body["orders"].([]any) {
			seen = append(seen, o.(map[string]any)["number"])
		}
		if a.body["next"] == nil {
			break
		}
		after = a.body["next"].(string)
	}
	require.Equal(t, []any{"A", "B", "C", "D", "E"}, seen)
	a := s.get("/orders?after=99999999999999999999")
	require.Equal(t, map[string]string{"after": "value"}, a.wrong())
}

// Test keys reach what test keys made, and nothing else; namespaces keep their customers apart.
func TestTestKeysTouchNothingReal(t *testing.T) {
	s := newShop(t)
	live, test := s.secret, s.key(store.NewAPIKey{Sandbox: true})
	put := func(secret, order string) answer {
		s.secret = secret
		require.Contains(t, []int{200, 201}, s.put("/customers/42", `{}`).status)
		return s.put("/orders/"+order, `{"customer": "42", "product": "p"}`)
	}
	require.Equal(t, 201, put(live, "D1").status)
	require.Equal(t, 201, put(test, "T1").status)
	a := put(test, "D1")
	require.Equal(t, []any{409, "sandbox"}, []any{a.status, a.code()})
	require.Equal(t, 404, s.get("/orders/D1").status)
	require.Equal(t, 404, s.send("DELETE", "/api/v1/orders/D1/web-space", "").status)
	require.Len(t, s.get("/orders").body["orders"], 1)
	require.Equal(t, 409, put(live, "T1").status)
	require.Len(t, s.get("/orders").body["orders"], 1)
	require.Equal(t, 404, s.get("/orders/T1").status)
	s.secret = s.key(store.NewAPIKey{Namespace: "other"})
	require.Equal(t, 404, s.get("/customers/42").status)
	require.Nil(t, s.get("/orders/D1").body["customer"])
}
