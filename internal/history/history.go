// Package history decides what Temporal gets to see: every payload and every failure text is sealed before it
// leaves the process, although workflows hold only keys of rows. Panels, workers and the command line connect
// through it.
package history

import (
	"context"
	"fmt"
	"log/slog"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"github.com/beian/beian/internal/seal"
)

const (
	encoding = "binary/sealed"
	aad      = "temporal"
)

// Codec seals payloads. A payload that isn't sealed (made before sealing, or by another program) passes through.
type Codec struct{ Keys *seal.Keys }

// Encode seals payloads on their way to Temporal.
func (c Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	sealed := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, err
		}
		data, err := c.Keys.Seal(aad, plain)
		if err != nil {
			return nil, err
		}
		sealed[i] = &commonpb.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encoding)}, Data: data}
	}
	return sealed, nil
}

// Decode opens payloads from Temporal.
func (c Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != encoding {
			opened[i] = p
			continue
		}
		plain, err := c.Keys.Open(aad, p.GetData())
		if err != nil {
			return nil, err
		}
		opened[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(plain, opened[i]); err != nil {
			return nil, err
		}
	}
	return opened, nil
}

// Options are the client options that seal: the data converter and the failure converter, without which failure
// texts would stay readable.
func Options(keys *seal.Keys) client.Options {
	data := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), Codec{Keys: keys})
	return client.Options{
		DataConverter: data,
		FailureConverter: temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter:          data,
			EncodeCommonAttributes: true,
		}),
	}
}

// Dial connects to a Temporal frontend (host:port); more may change the options.
func Dial(ctx context.Context, address, namespace string, keys *seal.Keys, logger *slog.Logger,
	more ...func(*client.Options) error) (client.Client, error) {
	options := Options(keys)
	options.HostPort, options.Namespace = address, namespace
	options.Logger = log.NewStructuredLogger(logger)
	for _, add := range more {
		if err := add(&options); err != nil {
			return nil, err
		}
	}
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("reaching Temporal at %s: %w", address, err)
	}
	return c, nil
}
