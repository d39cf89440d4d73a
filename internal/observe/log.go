package observe

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
)

// Logs adds subject and step to every line of a workflow or an activity, under the same keys everywhere:
// filing=ORDER (for other workflows exchange=…, ticket=…, as their IDs begin) and step=ACTIVITY. Temporal's SDK
// names the workflow and the activity; for our own lines, the context supplies them and the trace.
func Logs(h slog.Handler) slog.Handler { return &subjects{Handler: h} }

type subjects struct {
	slog.Handler
	// known are keys that the handler's own attributes already have.
	known []string
	// step is what those attributes say; a line may have its own.
	step string
}

// Keys by which the SDK's lines name workflow and activity, and our keys.
const (
	keyWorkflow, keyWorkflowType, keyActivityType = "WorkflowID", "WorkflowType", "ActivityType"
	keyStep, keyTrace, keySpan                    = "step", "trace_id", "span_id"
)

// Handle adds what the line lacks.
func (h *subjects) Handle(ctx context.Context, r slog.Record) error {
	var own []slog.Attr
	r.Attrs(func(a slog.Attr) bool {
		own = append(own, a)
		return true
	})
	add := subjectOf(own)
	step := cmp.Or(stepOf(own), h.step)
	if activity.IsActivity(ctx) {
		info := activity.GetInfo(ctx)
		add = append(add, subjectOf([]slog.Attr{slog.String(keyWorkflow, info.WorkflowExecution.ID)})...)
		step = info.ActivityType.Name
	}
	if step != "" {
		add = append(add, slog.String(keyStep, step))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		add = append(add, slog.String(keyTrace, span.TraceID().String()), slog.String(keySpan, span.SpanID().String()))
	}
	r = r.Clone()
	r.AddAttrs(lacking(add, append(keys(own), h.known...))...)
	return h.Handler.Handle(ctx, r)
}

// WithAttrs adds attributes, and the subject derived from them.
func (h *subjects) WithAttrs(attrs []slog.Attr) slog.Handler {
	known := append(keys(attrs), h.known...)
	all := append(slices.Clone(attrs), lacking(subjectOf(attrs), known)...)
	return &subjects{Handler: h.Handler.WithAttrs(all), known: append(known, keys(all)...),
		step: cmp.Or(stepOf(attrs), h.step)}
}

// WithGroup keeps the keys known outside the group.
func (h *subjects) WithGroup(name string) slog.Handler {
	return &subjects{Handler: h.Handler.WithGroup(name), known: h.known, step: h.step}
}

// subjectOf is the subject of a line that names its workflow.
func subjectOf(attrs []slog.Attr) []slog.Attr {
	key, value, ok := Subject(valueOf(attrs, keyWorkflow))
	if !ok {
		return nil
	}
	return []slog.Attr{slog.String(key, value)}
}

// stepOf is the step of a line that names its activity, or else its workflow.
func stepOf(attrs []slog.Attr) string {
	return cmp.Or(valueOf(attrs, keyActivityType), valueOf(attrs, keyWorkflowType))
}

func valueOf(attrs []slog.Attr, key string) string {
	if i := slices.IndexFunc(attrs, func(a slog.Attr) bool { return a.Key == key }); i >= 0 {
		return attrs[i].Value.String()
	}
	return ""
}

func keys(attrs []slog.Attr) (list []string) {
	for _, a := range attrs {
		list = append(list, a.Key)
	}
	return list
}

// lacking returns the attributes whose keys aren't known.
func lacking(add []slog.Attr, known []string) []slog.Attr {
	var list []slog.Attr
	for _, a := range add {
		if !slices.Contains(known, a.Key) {
			list, known = append(list, a), append(known, a.Key)
		}
	}
	return list
}

// aftercare is the prefix of an aftercare's ID, followed by its filing's reference.
const aftercare = "aftercare"

// Subject derives a workflow's subject from its ID: filing/D2026 is the filing D2026.
func Subject(workflowID string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(workflowID, "/")
	if key == aftercare {
		key = "filing"
	}
	return strings.ReplaceAll(key, "-", "_"), value, ok && value != ""
}
