package observe

import (
	"cmp"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// scope names the spans' origin.
const scope = "github.com/beian/beian"

// noRoute replaces every path that has no route.
const noRoute = "none"

type httpMetrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newHTTPMetrics() *httpMetrics {
	return &httpMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "beian_http_requests_total", Help: "Requests to the panel, by route pattern and status.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "beian_http_request_seconds",
			Help:    "Duration of requests to the panel, by route pattern; streams count while they are open.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route"}),
	}
}

// methods that a route can have; a client may send any word.
var methods = map[string]bool{"GET": true, "HEAD": true, "POST": true}

// HTTP counts a panel's requests and starts a trace for each. It ignores a client's own trace context: anybody can
// send one.
func (p *Process) HTTP(c *gin.Context) {
	start, route, method := time.Now(), cmp.Or(c.FullPath(), noRoute), c.Request.Method
	if !methods[method] {
		method = "other"
	}
	ctx, span := otel.Tracer(scope).Start(c.Request.Context(), method+" "+route, trace.WithNewRoot(),
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route)))
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	status := c.Writer.Status()
	p.http.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	p.http.seconds.WithLabelValues(method, route).Observe(time.Since(start).Seconds())
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= 500 {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
