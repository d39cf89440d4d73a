// Package history decides what Temporal gets to see: every payload and every failure text is sealed before it
// leaves the process, although workflows hold only keys of rows. Panels, workers and the command line connect
// through it.
package history

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/beian/beian/internal/seal"
)

const (
	// encodingSealed is of payloads that are sealed, and belong to no workflow: failures, and all of v0.1.0's.
	encodingSealed = "binary/sealed"
	// encodingBound is of payloads that only the workflow or activity opens for which they were sealed.
	encodingBound = "binary/sealed-bound"
	aad           = "temporal"
)

// Codec seals payloads, and refuses those that aren't sealed: whoever reaches Temporal without the key must not be able
// to move a filing. Nor by what somebody else sealed: a payload is bound to its workflow's ID, and an activity's to
// that activity's name.
type Codec struct {
	Keys *seal.Keys
	// BoundOnly refuses payloads that belong to no workflow where one is expected, as those of v0.1.0.
	BoundOnly bool
	// bound is what the payloads belong to, as associated data; empty: nothing.
	bound string
}

var (
	// errUnsealed: a payload comes from somebody without the key.
	errUnsealed = errors.New("refused: the payload isn't sealed with our key")
	// errForeign: it was sealed for something else.
	errForeign = errors.New("refused: the payload was sealed for another workflow or activity")
	// errUnaddressed: a message doesn't say which it is.
	errUnaddressed = errors.New("refused: the payload isn't a message")
)

// scheduled is what a schedule appends to its workflows' IDs. Their input is sealed when nobody knows it.
var scheduled = regexp.MustCompile(`-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)

// WithSerializationContext is the codec for a workflow's or an activity's payloads.
func (c Codec) WithSerializationContext(of converter.SerializationContext) converter.PayloadCodec {
	switch of := of.(type) {
	case converter.WorkflowSerializationContext:
		c.bound = fmt.Sprintf("%s/workflow/%q", aad, scheduled.ReplaceAllLiteralString(of.WorkflowID, ""))
	case converter.ActivitySerializationContext:
		c.bound = fmt.Sprintf("%s/activity/%q/%q", aad, of.WorkflowID, of.ActivityType)
	}
	return c
}

// Encode seals payloads on their way to Temporal.
func (c Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	sealed := make([]*commonpb.Payload, len(payloads))
	encoding := encodingSealed
	if c.bound != "" {
		encoding = encodingBound
	}
	for i, p := range payloads {
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, err
		}
		data, err := c.Keys.Seal(cmp.Or(c.bound, aad), plain)
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
		plain, err := c.open(p)
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

func (c Codec) open(p *commonpb.Payload) ([]byte, error) {
	switch string(p.GetMetadata()[converter.MetadataEncoding]) {
	case encodingBound:
		plain, err := c.Keys.Open(cmp.Or(c.bound, aad), p.GetData())
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errForeign, err)
		}
		return plain, nil
	case encodingSealed:
		if c.BoundOnly && c.bound != "" {
			return nil, errForeign
		}
		return c.Keys.Open(aad, p.GetData())
	}
	return nil, errUnsealed
}

// Options are the client options that seal: the data converter and the failure converter, without which failure
// texts would stay readable.
func Options(keys *seal.Keys) client.Options { return options(Codec{Keys: keys}) }

func options(codec Codec) client.Options {
	data := complete{converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec)}
	return client.Options{
		DataConverter: data,
		FailureConverter: temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter:          data,
			EncodeCommonAttributes: true,
		}),
	}
}

// complete refuses a message that lacks the payloads its handler wants: it would be read as one whose fields are all
// zero, and needs no key.
type complete struct{ converter.DataConverter }

// WithSerializationContext is the converter for a workflow's or an activity's payloads.
func (c complete) WithSerializationContext(of converter.SerializationContext) converter.DataConverter {
	return complete{converter.WithDataConverterSerializationContext(c.DataConverter, of)}
}

// Message is what an Update or signal carries. One that is bound to its workflow also says which message it is, so that
// the content of one can't be sent as another.
type Message interface{ Addressed() bool }

// FromPayloads opens payloads.
func (c complete) FromPayloads(payloads *commonpb.Payloads, into ...any) error {
	if len(payloads.GetPayloads()) < len(into) {
		return errUnsealed
	}
	if err := c.DataConverter.FromPayloads(payloads, into...); err != nil {
		return err
	}
	for i, to := range into {
		if err := addressed(payloads.GetPayloads()[i], to); err != nil {
			return err
		}
	}
	return nil
}

// FromPayload opens a payload.
func (c complete) FromPayload(payload *commonpb.Payload, into any) error {
	if payload == nil {
		return errUnsealed
	}
	if err := c.DataConverter.FromPayload(payload, into); err != nil {
		return err
	}
	return addressed(payload, into)
}

func addressed(payload *commonpb.Payload, into any) error {
	m, is := into.(Message)
	if is && string(payload.GetMetadata()[converter.MetadataEncoding]) == encodingBound && !m.Addressed() {
		return errUnaddressed
	}
	return nil
}

// Server is a Temporal frontend, and how we prove who we are to it.
type Server struct {
	// Address is host:port.
	Address, Namespace string
	// TLS is nil for a connection in clear.
	TLS *tls.Config
	// APIKey may be empty.
	APIKey string
	// BoundOnly is Codec.BoundOnly.
	BoundOnly bool
}

// dialTimeout bounds the first contact with a frontend.
const dialTimeout = 10 * time.Second

// Dial connects to a frontend and makes sure that the namespace exists; more may change the options. Its errors say
// in one sentence which setting is wrong.
func Dial(ctx context.Context, server Server, keys *seal.Keys, logger *slog.Logger,
	more ...func(*client.Options) error) (client.Client, error) {
	options := options(Codec{Keys: keys, BoundOnly: server.BoundOnly})
	options.HostPort, options.Namespace = server.Address, server.Namespace
	options.Logger = log.NewStructuredLogger(logger)
	options.ConnectionOptions.TLS, options.ConnectionOptions.TLSDisabled = server.TLS, server.TLS == nil
	if server.APIKey != "" {
		options.Credentials = client.NewAPIKeyStaticCredentials(server.APIKey)
	}
	for _, add := range more {
		if err := add(&options); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, server.explain(err)
	}
	if _, err := c.WorkflowService().DescribeNamespace(ctx,
		&workflowservice.DescribeNamespaceRequest{Namespace: server.Namespace}); err != nil {
		c.Close()
		return nil, server.explain(err)
	}
	return c, nil
}

// explain says which setting is wrong. gRPC reports what happened below it only in its texts.
func (s Server) explain(err error) error {
	var missing *serviceerror.NamespaceNotFound
	var invalid *serviceerror.NamespaceInvalidState
	var denied *serviceerror.PermissionDenied
	code, text := status.Code(err), err.Error()
	contains := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
	}
	switch {
	case errors.As(err, &missing), code == codes.NotFound:
		return fmt.Errorf("BEIAN_TEMPORAL_NAMESPACE: Temporal at %s has no namespace %q: create it, or name another",
			s.Address, s.Namespace)
	case errors.As(err, &invalid):
		return fmt.Errorf("BEIAN_TEMPORAL_NAMESPACE: %w", err)
	case errors.As(err, &denied), code == codes.Unauthenticated, contains("Unauthenticated", "unauthorized"):
		return fmt.Errorf("BEIAN_TEMPORAL_API_KEY, BEIAN_TEMPORAL_CERT_FILE: Temporal at %s refuses us in namespace %q: %w",
			s.Address, s.Namespace, err)
	case contains("first record does not look like a TLS handshake"):
		return fmt.Errorf("BEIAN_TEMPORAL_TLS: Temporal at %s doesn't speak TLS; want --no-temporal-tls or another address",
			s.Address)
	case contains("certificate required", "bad certificate", "tls: unknown certificate"):
		return fmt.Errorf("BEIAN_TEMPORAL_CERT_FILE: Temporal at %s refuses our certificate, or wants one: %w", s.Address,
			err)
	case contains("x509:", "tls:", "authentication handshake failed"):
		return fmt.Errorf("BEIAN_TEMPORAL_CA_FILE, BEIAN_TEMPORAL_SERVER_NAME: TLS with Temporal at %s fails: %w",
			s.Address, err)
	case s.TLS == nil && contains("server preface", "frame too large", "EOF", "connection reset"):
		return fmt.Errorf("BEIAN_TEMPORAL_TLS: what answers at %s doesn't speak gRPC in clear: set it if Temporal wants TLS",
			s.Address)
	}
	return fmt.Errorf("BEIAN_TEMPORAL: no Temporal answers at %s (%w): is it running, and is the address right?", s.Address,
		err)
}
