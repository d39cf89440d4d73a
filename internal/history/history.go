// Package history decides what Temporal gets to see: every payload and every failure text is sealed before it
// leaves the process, although workflows hold only keys of rows. Panels, workers and the command line connect
// through it.
package history

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
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
	encoding = "binary/sealed"
	aad      = "temporal"
)

// Codec seals payloads, and refuses those that aren't sealed: whoever reaches Temporal without the key must not be able
// to move a filing.
type Codec struct{ Keys *seal.Keys }

// errUnsealed: a payload comes from somebody without the key.
var errUnsealed = errors.New("refused: the payload isn't sealed with our key")

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
			return nil, errUnsealed
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
	data := complete{converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), Codec{Keys: keys})}
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

// FromPayloads opens payloads.
func (c complete) FromPayloads(payloads *commonpb.Payloads, into ...any) error {
	if len(payloads.GetPayloads()) < len(into) {
		return errUnsealed
	}
	return c.DataConverter.FromPayloads(payloads, into...)
}

// FromPayload opens a payload.
func (c complete) FromPayload(payload *commonpb.Payload, into any) error {
	if payload == nil {
		return errUnsealed
	}
	return c.DataConverter.FromPayload(payload, into)
}

// Server is a Temporal frontend, and how we prove who we are to it.
type Server struct {
	// Address is host:port.
	Address, Namespace string
	// TLS is nil for a connection in clear.
	TLS *tls.Config
	// APIKey may be empty.
	APIKey string
}

// dialTimeout bounds the first contact with a frontend.
const dialTimeout = 10 * time.Second

// Dial connects to a frontend and makes sure that the namespace exists; more may change the options. Its errors say
// in one sentence which setting is wrong.
func Dial(ctx context.Context, server Server, keys *seal.Keys, logger *slog.Logger,
	more ...func(*client.Options) error) (client.Client, error) {
	options := Options(keys)
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
