package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// Problem is an error (RFC 9457). It never repeats a value that was sent: it may be a password, and land in a log.
type Problem struct {
	Type   string         `json:"type" format:"uri-reference"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Code   string         `json:"code"`
	Errors []FieldProblem `json:"errors,omitempty"`
}

// FieldProblem is what is wrong with a part of a request: a pointer into its body (RFC 6901), or a parameter.
type FieldProblem struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
}

// Error is the problem's code: its texts are for people.
func (p *Problem) Error() string { return p.Code }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

const problemType = "application/problem+json"

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

// The codes of problems. Their texts are below "api_problem." and "api_problem_detail.".
const (
	codeMalformed       = "malformed"
	codeBodyMissing     = "body_missing"
	codeKeyMissing      = "key_missing"
	codeKeyInvalid      = "key_invalid"
	codeAddress         = "address_not_allowed"
	codeScope           = "scope_missing"
	codeNotFound        = "not_found"
	codeMethod          = "method_not_allowed"
	codeTimeout         = "request_timeout"
	codeOtherCustomer   = "other_customer"
	codeStale           = "stale_version"
	codeSandbox         = "sandbox"
	codeFilingOpen      = "filing_open"
	codeFilingAtBureau  = "filing_at_bureau"
	codeInFlight        = "request_in_flight"
	codeTooLarge        = "body_too_large"
	codeMediaType       = "media_type"
	codeInvalid         = "invalid"
	codeIncomplete      = "incomplete"
	codeCustomerUnknown = "customer_unknown"
	codeOrderUnknown    = "order_unknown"
	codeOtherRequest    = "idempotency_key_reused"
	codeRateLimited     = "rate_limited"
	codeInternal        = "internal"
	codeUnavailable     = "unavailable"
)

// statuses are those of the codes, in the order of the readable page.
var statuses = []struct {
	Code   string
	Status int
}{
	{codeMalformed, http.StatusBadRequest}, {codeBodyMissing, http.StatusBadRequest},
	{codeKeyMissing, http.StatusUnauthorized}, {codeKeyInvalid, http.StatusUnauthorized},
	{codeAddress, http.StatusForbidden}, {codeScope, http.StatusForbidden}, {codeNotFound, http.StatusNotFound},
	{codeMethod, http.StatusMethodNotAllowed}, {codeTimeout, http.StatusRequestTimeout},
	{codeOtherCustomer, http.StatusConflict}, {codeStale, http.StatusConflict}, {codeSandbox, http.StatusConflict},
	{codeFilingOpen, http.StatusConflict}, {codeFilingAtBureau, http.StatusConflict},
	{codeInFlight, http.StatusConflict}, {codeTooLarge, http.StatusRequestEntityTooLarge},
	{codeMediaType, http.StatusUnsupportedMediaType}, {codeInvalid, http.StatusUnprocessableEntity},
	{codeIncomplete, http.StatusUnprocessableEntity}, {codeCustomerUnknown, http.StatusUnprocessableEntity},
	{codeOrderUnknown, http.StatusUnprocessableEntity},
	{codeOtherRequest, http.StatusUnprocessableEntity}, {codeRateLimited, http.StatusTooManyRequests},
	{codeInternal, http.StatusInternalServerError}, {codeUnavailable, http.StatusServiceUnavailable},
}

func statusOf(code string) int {
	for _, s := range statuses {
		if s.Code == code {
			return s.Status
		}
	}
	return http.StatusInternalServerError
}

// refusal is why a request is refused, before it has words.
type refusal struct {
	code   string
	fields filing.Problems
	// parameters: the fields are parameters, and not of the body.
	parameters bool
	// args fill in the detail's placeholders.
	args map[string]any
	// retryAfter is in seconds; 0: nobody knows.
	retryAfter int
	// challenge is the error of WWW-Authenticate (RFC 6750, 3.1).
	challenge string
}

// Error is the refusal's code.
func (r refusal) Error() string { return r.code }

// invalid refuses a request because of fields of its body; nil if there are none.
func invalid(problems filing.Problems) error {
	if len(problems) == 0 {
		return nil
	}
	return refusal{code: codeInvalid, fields: problems}
}

const (
	// retryUnavailable is how many seconds a client should wait for what will be back soon.
	retryUnavailable = 10
	retryInFlight    = 2
)

// refusals are what errors of handlers mean to the client.
var refusals = []struct {
	err     error
	refusal refusal
}{
	{store.ErrInFlight, refusal{code: codeInFlight, retryAfter: retryInFlight}},
	{store.ErrOtherRequest, refusal{code: codeOtherRequest}},
	{store.ErrNotFound, refusal{code: codeNotFound}},
	{store.ErrOtherCustomer, refusal{code: codeOtherCustomer}},
	{store.ErrStale, refusal{code: codeStale}},
	{store.ErrSandbox, refusal{code: codeSandbox}},
	{store.ErrFilingOpen, refusal{code: codeFilingOpen}},
	{workflows.ErrWrongStage, refusal{code: codeFilingAtBureau}},
	{workflows.ErrSlow, refusal{code: codeUnavailable, retryAfter: retryUnavailable}},
	{context.DeadlineExceeded, refusal{code: codeUnavailable, retryAfter: retryUnavailable}},
}

// refusalOf is why an error refuses a request; known tells whether it is the client's, or passes.
func refusalOf(err error) (r refusal, known bool) {
	if errors.As(err, &r) {
		return r, true
	}
	if over, is := errors.AsType[*store.QuotaError](err); is {
		return refusal{code: codeRateLimited, retryAfter: int(math.Ceil(over.Wait.Seconds()))}, true
	}
	for _, known := range refusals {
		if errors.Is(err, known.err) {
			return known.refusal, true
		}
	}
	if store.Unavailable(err) || workflows.Unavailable(err) {
		return refusal{code: codeUnavailable, retryAfter: retryUnavailable}, true
	}
	return refusal{code: codeInternal}, false
}

// problem puts a refusal in the words of a request's language.
func (r refusal) problem(ctx context.Context) *Problem {
	t := textsOf(ctx)
	p := &Problem{Type: DocsPath + "#" + r.code, Status: statusOf(r.code), Code: r.code,
		Title: t.T("api_problem."+r.code, nil), Detail: t.T("api_problem_detail."+r.code, r.args)}
	for _, f := range r.fields {
		key := "problem." + f.Key
		if _, ours := fieldCodes[f.Key]; ours {
			key = "api_value." + f.Key
		}
		field := FieldProblem{Code: f.Key, Detail: t.T(key, f.Args)}
		if r.parameters {
			field.Parameter = f.Field
		} else {
			field.Pointer = "#/" + f.Field
		}
		p.Errors = append(p.Errors, field)
	}
	return p
}

// headers are those of an answer that refuses.
func (r refusal) headers(ctx context.Context, set func(name, value string)) {
	set("Content-Language", textsOf(ctx).Lang())
	if r.retryAfter > 0 {
		set("Retry-After", strconv.Itoa(r.retryAfter))
	}
	if statusOf(r.code) == http.StatusUnauthorized || r.challenge != "" {
		challenge := `Bearer realm="beian"`
		if r.challenge != "" {
			challenge += `, error="` + r.challenge + `"`
		}
		set("WWW-Authenticate", challenge)
	}
}

// writeProblem answers outside of an operation.
func (a *API) writeProblem(c *gin.Context, r refusal) {
	body, err := json.Marshal(r.problem(c.Request.Context()))
	if err != nil {
		a.Logger.Error("writing a problem failed", "error", err)
	}
	r.headers(c.Request.Context(), c.Header)
	c.Data(statusOf(r.code), problemType, body)
	c.Abort()
}

// refuse answers an operation before its handler.
func (a *API) refuse(ctx huma.Context, err error) {
	_ = huma.WriteErr(a.huma, ctx, http.StatusInternalServerError, "", err) // the client is gone
}

// separator stands between a key and its argument in the messages of huma's validation.
const separator = "\x1f"

// fieldCodes are the codes of what the schema finds wrong, by the name of their argument. Their texts are below
// "api_value.".
var fieldCodes = map[string]string{
	"unknown": "", "date": "", "boolean": "", "integer": "", "string": "", "array": "", "object": "", "value": "",
	"one_of": "values", "minimum": "n", "maximum": "n", "min_length": "n", "max_length": "n", "max_items": "n",
	"missing": "", "pattern": "", "domain": "", "ip": "",
}

// at is a problem with one of fieldCodes.
func at(field, code string) filing.Problem { return filing.Problem{Field: field, Key: code} }

// huma's messages become keys, because they are to be read in two languages, and its errors our problems, because its
// own repeat what was sent.
func init() {
	for message, code := range map[*string]string{
		&validation.MsgUnexpectedProperty: "unknown", &validation.MsgExpectedRFC3339Date: "date",
		&validation.MsgExpectedBoolean: "boolean", &validation.MsgExpectedNumber: "integer",
		&validation.MsgExpectedInteger: "integer", &validation.MsgExpectedString: "string",
		&validation.MsgExpectedArray: "array", &validation.MsgExpectedObject: "object",
	} {
		*message = code
	}
	for message, format := range map[*string]string{
		&validation.MsgExpectedOneOf:            "one_of" + separator + "%s",
		&validation.MsgExpectedMinimumNumber:    "minimum" + separator + "%v",
		&validation.MsgExpectedMaximumNumber:    "maximum" + separator + "%v",
		&validation.MsgExpectedMinLength:        "min_length" + separator + "%d",
		&validation.MsgExpectedMaxLength:        "max_length" + separator + "%d",
		&validation.MsgExpectedMaxItems:         "max_items" + separator + "%d",
		&validation.MsgExpectedMatchPattern:     "pattern" + separator + "%s",
		&validation.MsgExpectedRequiredProperty: "missing" + separator + "%s",
	} {
		*message = format
	}
	huma.DefaultArrayNullable = false
	huma.NewError = func(int, string, ...error) huma.StatusError { return &Problem{} } // for the document
	huma.NewErrorWithContext = newProblem
}

// humaCodes are the codes of what huma itself refuses, by status.
var humaCodes = map[int]string{
	http.StatusBadRequest: codeMalformed, http.StatusRequestTimeout: codeTimeout,
	http.StatusRequestEntityTooLarge: codeTooLarge, http.StatusUnsupportedMediaType: codeMediaType,
	http.StatusUnprocessableEntity: codeInvalid,
}

// newProblem makes the answer of what huma, or a handler, refuses.
func newProblem(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
	r := refusal{code: cmp.Or(humaCodes[status], codeInternal)}
	switch {
	case r.code == codeInvalid:
		r = unfit(errs)
	case r.code == codeMalformed && len(errs) == 0 && strings.Contains(message, "required"):
		r.code = codeBodyMissing
	case r.code == codeInternal:
		err := errors.Join(errs...)
		var known bool
		if r, known = refusalOf(err); !known || r.code == codeUnavailable {
			logger(ctx).Error("a request failed", "operation", ctx.Operation().OperationID, "error", err)
		}
	}
	if r.args == nil {
		r.args = map[string]any{"max": maxBody >> 10}
	}
	r.headers(ctx.Context(), ctx.SetHeader)
	return r.problem(ctx.Context())
}

// unfit is a request that doesn't fit its schema.
func unfit(errs []error) refusal {
	r := refusal{code: codeInvalid}
	for _, err := range errs {
		detailed, is := errors.AsType[*huma.ErrorDetail](err)
		if !is {
			continue
		}
		code, arg, _ := strings.Cut(detailed.Message, separator)
		name, known := fieldCodes[code]
		where, rest, _ := strings.Cut(detailed.Location, ".")
		switch {
		case !known && where != "body":
			code = "missing"
			if !strings.Contains(detailed.Message, "missing") {
				code = "value"
			}
		case !known:
			code = "value"
		case code == "missing" && where == "body" && !strings.HasSuffix(rest, arg):
			rest = strings.TrimPrefix(rest+"."+arg, ".")
		}
		p := filing.Problem{Field: pointer(rest), Key: code}
		if name != "" {
			p.Args = map[string]any{name: arg}
		}
		r.fields, r.parameters = append(r.fields, p), where != "body"
	}
	return r
}

// index is how huma names an element of a list.
var index = regexp.MustCompile(`\[(\d+)\]`)

// maxPointer bounds what is repeated of a name that no schema has.
const maxPointer = 60

// pointer is a location of huma's as a JSON pointer without its beginning.
func pointer(location string) string {
	text := index.ReplaceAllString(strings.ReplaceAll(location, ".", "/"), "/$1")
	if len(text) > maxPointer {
		text = text[:strings.LastIndexByte(text[:maxPointer], '/')+1]
	}
	return strings.TrimPrefix(text, "/")
}

// ginOf is the router's context of a request.
func ginOf(ctx huma.Context) *gin.Context { return humagin.Unwrap(ctx) }
