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

// Logs has every line of a workflow or an activity name what it is about and its
// step, as keys that are the same everywhere: filing=ORDER (for other workflows
// exchange=…, ticket=…, as their IDs begin) and step=ACTIVITY. Temporal's SDK
// names the workflow and the activity; lines of our own are known by their
// context, and get their trace by it.
func Logs(h slog.Handler) slog.Handler { return &subjects{Handler: h} }

type subjects struct {
	slog.Handler
	// known are keys that the handler's own attributes have already.
	known []string
	// step is what they say of it; a line may name its own.
	step string
}

// Keys by which the SDK's lines name workflow and activity, and ours.
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

// WithAttrs keeps attributes, with the subject that they name.
func (h *subjects) WithAttrs(attrs []slog.Attr) slog.Handler {
	known := append(keys(attrs), h.known...)
	all := append(slices.Clone(attrs), lacking(subjectOf(attrs), known)...)
	return &subjects{Handler: h.Handler.WithAttrs(all), known: append(known, keys(all)...), step: cmp.Or(stepOf(attrs), h.step)}
}

// WithGroup keeps what is known outside of the group.
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
	for _, a := range attrs {
		if a.Key == key {
			return a.Value.String()
		}
	}
	return ""
}

func keys(attrs []slog.Attr) (list []string) {
	for _, a := range attrs {
		list = append(list, a.Key)
	}
	return list
}

// lacking are the attributes whose keys aren't known.
func lacking(add []slog.Attr, known []string) []slog.Attr {
	var list []slog.Attr
	for _, a := range add {
		if !slices.Contains(known, a.Key) {
			list, known = append(list, a), append(known, a.Key)
		}
	}
	return list
}

// aftercare is of the filing whose reference follows.
const aftercare = "aftercare"

// Subject is what a workflow is about, by its ID: filing/D2026 is the filing D2026.
func Subject(workflowID string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(workflowID, "/")
	if key == aftercare {
		key = "filing"
	}
	return strings.ReplaceAll(key, "-", "_"), value, ok && value != ""
}
