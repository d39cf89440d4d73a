package activities_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/activities"
)

type content struct {
	FilingID int64 `json:"filing"`
	Revision int   `json:"revision"`
}

func TestMessagesAreReadWithAndWithoutTheirName(t *testing.T) {
	for text, want := range map[string]activities.Addressed[content]{
		`{"message":"pass","in":{"filing":7,"revision":2}}`: activities.Address("pass", content{7, 2}),
		`{"filing":7,"revision":2}`:                         {In: content{7, 2}},
		`{"message":"pass"}`:                                {Name: "pass"},
	} {
		var got activities.Addressed[content]
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		require.Equal(t, want, got)
		require.Equal(t, want.Name != "", got.Addressed())
	}
	require.True(t, activities.Address("pass", 1).IsFor("pass"))
	require.False(t, activities.Address("pass", 1).IsFor("withdraw"))
}

// What was read is written and read again as the same message.
func FuzzAddressed(f *testing.F) {
	f.Add([]byte(`{"message":"pass","in":{"filing":7}}`))
	f.Add([]byte(`{"filing":7,"IN":null}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var m, again activities.Addressed[content]
		if json.Unmarshal(text, &m) != nil {
			return
		}
		written, err := json.Marshal(m)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(written, &again))
		require.Equal(t, m, again)
	})
}
