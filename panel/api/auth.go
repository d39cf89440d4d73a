package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

const securityScheme = "key"

type loggerKey struct{}

// logger is the panel's.
func logger(ctx huma.Context) *slog.Logger {
	if l, ok := ctx.Context().Value(loggerKey{}).(*slog.Logger); ok {
		return l
	}
	return slog.Default()
}

// authenticate admits who has a key with the scope of the operation, as often as its quota allows.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	ctx = huma.WithValue(ctx, loggerKey{}, a.Logger)
	key, err := a.authenticated(ctx)
	if err == nil {
		err = a.Store.Spend(ctx.Context(), store.QuotaAPI, map[store.QuotaScope]string{
			store.ByKey: strconv.FormatInt(key.ID, 10) + " " + key.Name})
	}
	if err != nil {
		a.refuse(ctx, err)
		return
	}
	next(huma.WithValue(ctx, apiKey{}, key))
}

func (a *API) authenticated(ctx huma.Context) (key store.APIKey, err error) {
	scheme, secret, _ := strings.Cut(ctx.Header("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || secret == "" {
		return key, refusal{code: codeKeyMissing}
	}
	key, err = a.Store.APIKeyOf(ctx.Context(), strings.TrimSpace(secret))
	if errors.Is(err, store.ErrNotFound) {
		return key, refusal{code: codeKeyInvalid, challenge: "invalid_token"}
	}
	if err != nil {
		return key, err
	}
	client := ginOf(ctx).ClientIP()
	from, err := netip.ParseAddr(client)
	if err != nil || !key.Admits(from) {
		return key, refusal{code: codeAddress}
	}
	if err := a.Store.NoteAPIKeyUse(ctx.Context(), key, client); err != nil {
		return key, err
	}
	var wanted []store.APIScope
	for _, alternative := range ctx.Operation().Security {
		for _, scope := range alternative[securityScheme] {
			wanted = append(wanted, store.APIScope(scope))
		}
	}
	if !key.May(wanted...) {
		return key, refusal{code: codeScope, challenge: "insufficient_scope",
			args: map[string]any{"scope": string(wanted[0])}}
	}
	return key, nil
}

// idempotencyHeader names a request that may be repeated (draft-ietf-httpapi-idempotency-key-header).
const idempotencyHeader = "Idempotency-Key"

const maxIdempotencyKey = 255

// answerOnce gives a POST that is repeated with its Idempotency-Key the answer of the first time.
func (a *API) answerOnce(ctx huma.Context, next func(huma.Context)) {
	token := ctx.Header(idempotencyHeader)
	if ctx.Method() != http.MethodPost || token == "" || len(token) > maxIdempotencyKey { // which the schema refuses
		next(ctx)
		return
	}
	c, key := ginOf(ctx), keyOf(ctx.Context())
	body, err := io.ReadAll(io.LimitReader(c.Request.Body, maxBody))
	if err != nil {
		a.refuse(ctx, err)
		return
	}
	c.Request.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), c.Request.Body))
	request := slices.Concat([]byte(c.Request.Method+" "+c.Request.URL.Path+"\n"), body)
	known, err := a.Store.BeginAPIAnswer(ctx.Context(), key, token, request)
	switch {
	case err != nil:
		a.refuse(ctx, err)
		return
	case known != nil:
		c.Header("Idempotent-Replayed", "true")
		c.Data(known.Status, known.ContentType, known.Body)
		return
	}
	recorder := &answerRecorder{ResponseWriter: c.Writer}
	c.Writer = recorder
	// The answer is stored even if the client has gone: it will ask again.
	background := context.WithoutCancel(ctx.Context())
	var answer *store.APIAnswer
	defer func() {
		if err := a.Store.EndAPIAnswer(background, key, token, answer); err != nil {
			a.Logger.Error("storing an answer failed", "operation", ctx.Operation().OperationID, "error", err)
		}
	}()
	next(ctx)
	if status := recorder.Status(); lasting(status) {
		answer = &store.APIAnswer{Status: status, ContentType: recorder.Header().Get("Content-Type"),
			Body: recorder.body.Bytes()}
	}
}

// lasting reports whether a repetition would get an answer with this status again; others say to come back.
func lasting(status int) bool {
	return status < http.StatusInternalServerError && status != http.StatusConflict &&
		status != http.StatusTooManyRequests
}

// answerRecorder keeps what is written.
type answerRecorder struct {
	gin.ResponseWriter
	body bytes.Buffer
}

// Write writes and keeps a part of the answer.
func (r *answerRecorder) Write(b []byte) (int, error) {
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}
