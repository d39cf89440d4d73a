package history

import (
	"context"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"github.com/beian/beian/internal/seal"
)

// Reveal opens every payload and failure of an event in place, for operators who hold the key. Payloads that aren't
// sealed with it stay as they are; it returns their number.
func Reveal(ctx context.Context, keys *seal.Keys, event proto.Message) (foreign int, err error) {
	codec := Codec{Keys: keys}
	err = proxy.VisitFailures(ctx, event, proxy.VisitFailuresOptions{
		Visitor: func(_ *proxy.VisitFailuresContext, f *failurepb.Failure) error {
			opened, err := codec.Decode([]*commonpb.Payload{f.GetEncodedAttributes()})
			if err != nil {
				return nil // counted below, with the other payloads
			}
			f.EncodedAttributes = opened[0]
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
				list[i] = p
				if opened, err := codec.Decode([]*commonpb.Payload{p}); err == nil {
					list[i] = opened[0]
				} else {
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
