package history

import (
	"context"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"github.com/beian/beian/internal/seal"
)

// Reader opens a workflow's events for operators who hold the key. Give it all of them in their order: what an activity
// said can only be opened by its name, which an earlier event has.
type Reader struct {
	// codecs are for payloads that are bound to nothing, to the workflow, and to its activities.
	codecs []Codec
	of     string
}

// NewReader makes a reader; localActivities are the names of those that a history doesn't name in the open.
func NewReader(keys *seal.Keys, workflowID string, localActivities ...string) *Reader {
	unbound := Codec{Keys: keys}
	r := &Reader{of: workflowID, codecs: []Codec{unbound}}
	r.add(converter.WorkflowSerializationContext{WorkflowID: workflowID})
	for _, name := range localActivities {
		r.addActivity(name)
	}
	return r
}

func (r *Reader) add(of converter.SerializationContext) {
	codec := r.codecs[0].WithSerializationContext(of).(Codec)
	if !slices.Contains(r.codecs, codec) {
		r.codecs = append(r.codecs, codec)
	}
}

func (r *Reader) addActivity(name string) {
	r.add(converter.ActivitySerializationContext{WorkflowID: r.of, ActivityType: name})
}

func (r *Reader) open(p *commonpb.Payload) (*commonpb.Payload, bool) {
	for _, codec := range r.codecs {
		if opened, err := codec.Decode([]*commonpb.Payload{p}); err == nil {
			return opened[0], true
		}
	}
	return p, false
}

// Reveal opens every payload and failure of an event in place. Payloads that aren't sealed with the key stay as they
// are; it returns their number.
func (r *Reader) Reveal(ctx context.Context, event proto.Message) (foreign int, err error) {
	if e, ok := event.(*historypb.HistoryEvent); ok {
		if scheduled := e.GetActivityTaskScheduledEventAttributes(); scheduled != nil {
			r.addActivity(scheduled.GetActivityType().GetName())
		}
	}
	err = proxy.VisitFailures(ctx, event, proxy.VisitFailuresOptions{
		Visitor: func(_ *proxy.VisitFailuresContext, f *failurepb.Failure) error {
			opened, ok := r.open(f.GetEncodedAttributes())
			if !ok {
				return nil // counted below, with the other payloads
			}
			f.EncodedAttributes = opened
			converter.DecodeCommonFailureAttributes(converter.GetDefaultDataConverter(), f)
			f.EncodedAttributes = nil
			return nil
		}})
	if err != nil {
		return 0, err
	}
	err = proxy.VisitPayloads(ctx, event, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true, // Temporal reads these itself
		Visitor: func(_ *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
			list := make([]*commonpb.Payload, len(payloads))
			for i, p := range payloads {
				opened, ok := r.open(p)
				if list[i] = opened; !ok {
					foreign++
				}
			}
			return list, nil
		}})
	return foreign, err
}

// JSON writes an event in one line, with payloads in JSON as they are instead of in base64.
func JSON(event proto.Message) ([]byte, error) {
	return temporalproto.CustomJSONMarshalOptions{
		Metadata: map[string]any{commonpb.EnablePayloadShorthandMetadataKey: true},
	}.Marshal(event)
}
