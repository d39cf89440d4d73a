package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"

	"github.com/beian/beian/internal/observe"
)

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	r := httptest.NewRecorder()
	h.ServeHTTP(r, httptest.NewRequest(http.MethodGet, path, nil))
	body, err := io.ReadAll(r.Result().Body)
	require.NoError(t, err)
	return r.Code, string(body)
}

func TestReadyNamesWhatIsLacking(t *testing.T) {
	p := observe.New()
	p.Lack("pollers")
	code, body := get(t, p.Handler(), "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, "pollers", body)
	p.Have("pollers")
	code, _ = get(t, p.Handler(), "/readyz")
	require.Equal(t, http.StatusOK, code)
	p.Lack(observe.Draining)
	code, body = get(t, p.Handler(), "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, observe.Draining, body)
	code, _ = get(t, p.Handler(), "/healthz")
	require.Equal(t, http.StatusOK, code, "it is still alive")

	ill := observe.New()
	asked := 0
	ill.Probe("database", func(context.Context) error {
		asked++
		return errors.New("no")
	})
	ill.Probe("temporal", func(context.Context) error { return nil })
	for range 3 {
		_, body = get(t, ill.Handler(), "/readyz")
		require.Equal(t, "database", body)
	}
	require.Less(t, asked, 3, "concurrent requests share one answer")
}

func TestRequestsAreCountedByPatternNeverByPath(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	p, g := observe.New(), gin.New()
	g.Use(p.HTTP)
	g.GET("/orders/:number/filing", func(c *gin.Context) { c.String(http.StatusOK, "x") })
	get(t, g, "/orders/D20260001/filing")
	get(t, g, "/wp-login.php")
	r := httptest.NewRecorder()
	g.ServeHTTP(r, httptest.NewRequest("PROPFIND", "/", nil))
	require.NoError(t, testutil.GatherAndCompare(p.Registry, strings.NewReader(`
# HELP beian_http_requests_total Requests to the panel, by route pattern and status.
# TYPE beian_http_requests_total counter
beian_http_requests_total{method="GET",route="/orders/:number/filing",status="200"} 1
beian_http_requests_total{method="GET",route="none",status="404"} 1
beian_http_requests_total{method="other",route="none",status="404"} 1
`), "beian_http_requests_total"))
	_, metrics := get(t, p.Handler(), "/metrics")
	require.NotContains(t, metrics, "D20260001")
	require.Contains(t, metrics, `beian_build_info{build_id="`)
	require.Contains(t, metrics, "beian_ready 1")
}

func TestLinesNameSubjectAndStepOnce(t *testing.T) {
	var out bytes.Buffer
	logger := sdklog.NewStructuredLogger(slog.New(observe.Logs(slog.NewJSONHandler(&out, nil))))
	line := func(write func()) map[string]any {
		out.Reset()
		write()
		require.Equal(t, 1, strings.Count(out.String(), `"filing"`), out.String())
		require.Equal(t, 1, strings.Count(out.String(), `"step"`), out.String())
		var m map[string]any
		require.NoError(t, json.Unmarshal(out.Bytes(), &m))
		return m
	}
	workflow := sdklog.With(logger, "WorkflowType", "Filing", "WorkflowID", "filing/D1/2", "Attempt", 1)
	m := line(func() { workflow.Info("x") })
	require.Equal(t, "D1/2", m["filing"])
	require.Equal(t, "Filing", m["step"])
	m = line(func() { workflow.Warn("x", "step", "send_sms") })
	require.Equal(t, "send_sms", m["step"], "a line may have its own")
	m = line(func() { sdklog.With(workflow, "ActivityType", "SendCode").Info("x") })
	require.Equal(t, "SendCode", m["step"])
	m = line(func() { logger.Error("Activity error.", "WorkflowID", "aftercare/D1", "ActivityType", "RemindPolice") })
	require.Equal(t, "D1", m["filing"])
	require.Equal(t, "RemindPolice", m["step"])
	out.Reset()
	sdklog.With(logger, "WorkflowID", "exchange/3-2026-11-26T05:00:00Z").Info("x")
	require.Contains(t, out.String(), `"exchange":"3-2026-11-26T05:00:00Z"`)
}

func TestTracingIsOffUnlessAskedFor(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "")
	stop, err := observe.StartTracing(t.Context(), "test")
	require.NoError(t, err)
	stop()
	require.False(t, observe.Tracing())
	t.Setenv("OTEL_TRACES_EXPORTER", "zipkin")
	_, err = observe.StartTracing(t.Context(), "test")
	require.ErrorContains(t, err, `"zipkin" is not supported; want otlp or none`)
	t.Setenv("OTEL_TRACES_EXPORTER", "otlp")
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "thrift")
	_, err = observe.StartTracing(t.Context(), "test")
	require.ErrorContains(t, err, "want http/protobuf or grpc")
}

func TestOverdueActivitiesAreCounted(t *testing.T) {
	p := observe.New()
	require.False(t, observe.Attempt("Overdue", 15*time.Minute-time.Second))
	require.True(t, observe.Attempt("Overdue", 15*time.Minute))
	require.True(t, observe.Attempt("Overdue", time.Hour))
	_, metrics := get(t, p.Handler(), "/metrics")
	require.Contains(t, metrics, `beian_activity_overdue_attempts_total{activity_type="Overdue"} 2`)
}
