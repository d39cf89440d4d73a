package history_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"github.com/beian/beian/internal/history"
	"github.com/beian/beian/internal/seal"
)

func newKeys(t *testing.T) *seal.Keys {
	t.Helper()
	file, err := seal.Generate()
	require.NoError(t, err)
	keys, err := seal.Load(file)
	require.NoError(t, err)
	return keys
}

type message struct{ Actor string }

// Only who has the key can write something that we read.
func TestPayloadsThatArentSealedAreRefused(t *testing.T) {
	data := history.Options(newKeys(t)).DataConverter
	var got message
	sealed, err := data.ToPayloads(message{"support:wang"})
	require.NoError(t, err)
	require.NoError(t, data.FromPayloads(sealed, &got))
	require.Equal(t, "support:wang", got.Actor)
	require.NotContains(t, string(sealed.Payloads[0].Data), "wang")

	plain, err := converter.GetDefaultDataConverter().ToPayloads(message{"support:mallory"})
	require.NoError(t, err)
	foreign, err := history.Options(newKeys(t)).DataConverter.ToPayloads(message{"support:mallory"})
	require.NoError(t, err)
	for name, payloads := range map[string]*commonpb.Payloads{
		"plain": plain, "another key's": foreign, "none": nil, "empty": {},
		"half":    {Payloads: []*commonpb.Payload{nil}},
		"damaged": {Payloads: []*commonpb.Payload{{Metadata: sealed.Payloads[0].Metadata, Data: []byte("x")}}},
	} {
		got := message{}
		require.Error(t, data.FromPayloads(payloads, &got), name)
		require.Empty(t, got.Actor, name)
		if n := len(payloads.GetPayloads()); n > 0 {
			require.Error(t, data.FromPayload(payloads.Payloads[0], &got), name)
			require.Empty(t, got.Actor, name)
		}
	}
	require.NoError(t, data.FromPayloads(nil), "a message without content")
}
