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

func inWorkflow(data converter.DataConverter, id string) converter.DataConverter {
	return converter.WithDataConverterSerializationContext(data, converter.WorkflowSerializationContext{WorkflowID: id})
}

func inActivity(data converter.DataConverter, id, name string) converter.DataConverter {
	return converter.WithDataConverterSerializationContext(data,
		converter.ActivitySerializationContext{WorkflowID: id, ActivityType: name})
}

// What was sealed for one workflow or activity moves no other. A schedule seals before its runs have their IDs.
func TestPayloadsBelongToTheirWorkflow(t *testing.T) {
	keys := newKeys(t)
	data := history.Options(keys).DataConverter
	places := map[string]converter.DataConverter{
		"filing/D1":           inWorkflow(data, "filing/D1"),
		"filing/D2":           inWorkflow(data, "filing/D2"),
		"an activity of D1's": inActivity(data, "filing/D1", "Notify"),
		"another activity":    inActivity(data, "filing/D1", "Advance"),
		"an activity of D2's": inActivity(data, "filing/D2", "Notify"),
		"nowhere":             data,
	}
	for from, sealing := range places {
		if from == "nowhere" {
			continue
		}
		sealed, err := sealing.ToPayloads(message{"support:wang"})
		require.NoError(t, err)
		for to, opening := range places {
			var got message
			err := opening.FromPayloads(sealed, &got)
			if from == to {
				require.NoError(t, err)
				require.Equal(t, "support:wang", got.Actor)
				continue
			}
			require.Error(t, err, "from %s to %s", from, to)
			require.Empty(t, got.Actor)
			require.Error(t, opening.FromPayload(sealed.Payloads[0], &got), "from %s to %s", from, to)
		}
	}
	sealed, err := inWorkflow(data, "exchange/1").ToPayloads(message{"system"})
	require.NoError(t, err)
	var got message
	require.NoError(t, inWorkflow(data, "exchange/1-2026-11-30T23:40:00Z").FromPayloads(sealed, &got))
	require.Error(t, inWorkflow(data, "exchange/12-2026-11-30T23:40:00Z").FromPayloads(sealed, &got))
}

// v0.1.0 bound nothing: its payloads open everywhere until a setting says that none is left.
func TestUnboundPayloadsOpenUntilASettingSaysNo(t *testing.T) {
	keys := newKeys(t)
	old, err := history.Options(keys).DataConverter.ToPayloads(message{"support:wang"})
	require.NoError(t, err)
	require.Equal(t, "binary/sealed", string(old.Payloads[0].Metadata[converter.MetadataEncoding]))
	for _, boundOnly := range []bool{false, true} {
		codec := history.Codec{Keys: keys, BoundOnly: boundOnly}
		data := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec)
		var got message
		require.NoError(t, data.FromPayloads(old, &got), "a failure belongs to no workflow")
		err := inWorkflow(data, "filing/D1").FromPayloads(old, &got)
		require.Equal(t, boundOnly, err != nil)
	}
}

// addressed is a message that may lack its name.
type addressed struct{ Name string }

func (a *addressed) Addressed() bool { return a.Name != "" }

// A bound message says which it is; one of v0.1.0 can't.
func TestBoundMessagesSayWhichTheyAre(t *testing.T) {
	data := history.Options(newKeys(t)).DataConverter
	bound := inWorkflow(data, "filing/D1")
	for _, c := range []struct {
		sealing converter.DataConverter
		name    string
		refused bool
	}{{bound, "pass", false}, {bound, "", true}, {data, "", false}} {
		sealed, err := c.sealing.ToPayloads(addressed{c.name})
		require.NoError(t, err)
		var got addressed
		require.Equal(t, c.refused, bound.FromPayloads(sealed, &got) != nil)
		require.Equal(t, c.refused, bound.FromPayload(sealed.Payloads[0], &got) != nil)
	}
}

// Nothing that somebody without the key writes is read.
func FuzzDecode(f *testing.F) {
	file, err := seal.Generate()
	require.NoError(f, err)
	keys, err := seal.Load(file)
	require.NoError(f, err)
	data := inWorkflow(history.Options(keys).DataConverter, "filing/D1")
	f.Add("binary/sealed", []byte("x"))
	f.Add("binary/sealed-bound", []byte{})
	f.Add("json/plain", []byte(`{"Actor":"support:mallory"}`))
	f.Fuzz(func(t *testing.T, encoding string, content []byte) {
		var got message
		err := data.FromPayload(&commonpb.Payload{Data: content,
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encoding)}}, &got)
		require.Error(t, err)
		require.Empty(t, got)
	})
}
