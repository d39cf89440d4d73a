package seal_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/seal"
)

func TestSealedJSONOpensWhole(t *testing.T) {
	k, _ := keys(t)
	type form struct{ Name string }
	sealed, err := k.SealJSON("forms/1", form{"林测试"})
	require.NoError(t, err)
	var back form
	require.NoError(t, k.OpenJSON("forms/1", sealed, &back))
	require.Equal(t, form{"林测试"}, back)
	require.ErrorContains(t, k.OpenJSON("forms/2", sealed, &back), "opening forms/2")
	_, err = k.SealJSON("forms/1", func() {})
	require.Error(t, err, "what JSON can't hold")
	text, err := k.Seal("forms/1", []byte("no JSON"))
	require.NoError(t, err)
	require.Error(t, k.OpenJSON("forms/1", text, &back))
}

// A use and a value can't be divided in another way.
func TestHashesOfUseAndValue(t *testing.T) {
	k, _ := keys(t)
	hash := func(use, value string) string {
		h, err := k.Hash(use, value)
		require.NoError(t, err)
		return string(h)
	}
	require.Equal(t, hash("ab", "c"), hash("ab", "c"))
	require.NotEqual(t, hash("ab", "c"), hash("a", "bc"))
	require.NotEqual(t, hash("", "abc"), hash("abc", ""))
	same, err := k.Same([]byte(hash("ab", "c")), "ab", "c")
	require.NoError(t, err)
	require.True(t, same)
	for _, wrong := range [][]byte{nil, []byte(hash("ab", "c"))[:31], []byte(hash("ab", "d"))} {
		same, err = k.Same(wrong, "ab", "c")
		require.NoError(t, err)
		require.False(t, same)
	}
	other, _ := keys(t)
	same, err = other.Same([]byte(hash("ab", "c")), "ab", "c")
	require.NoError(t, err)
	require.False(t, same, "another key")
}

func TestDigitsOfEachLength(t *testing.T) {
	k, _ := keys(t)
	require.Len(t, seal.Nonce(), 16)
	require.NotEqual(t, seal.Nonce(), seal.Nonce())
	for n := 1; n <= 9; n++ {
		first := map[byte]bool{}
		for range 60 {
			code, err := k.Digits("sms", seal.Nonce(), n)
			require.NoError(t, err)
			require.Len(t, code, n)
			first[code[0]] = true
		}
		require.Greater(t, len(first), 5, "any digit comes first, 0 too: %d", n)
	}
	nonce := seal.Nonce()
	sms, err := k.Digits("sms", nonce, 9)
	require.NoError(t, err)
	mail, err := k.Digits("mail", nonce, 9)
	require.NoError(t, err)
	require.NotEqual(t, sms, mail, "each use has its own")
}

// A key file that can't be used says which part of it is wrong, and never shows a key.
func TestFaultyKeyFiles(t *testing.T) {
	_, good := keys(t)
	var parts map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(good, &parts))
	disabled := strings.ReplaceAll(string(good), "ENABLED", "DISABLED")
	for name, c := range map[string]struct{ file, want string }{
		"no seal":        {`{"hash":` + string(parts["hash"]) + `}`, "seal: missing"},
		"no hash":        {`{"seal":` + string(parts["seal"]) + `}`, "hash: missing"},
		"no keyset":      {`{"seal":{},"hash":` + string(parts["hash"]) + `}`, "seal: not a Tink keyset"},
		"a broken hash":  {`{"seal":` + string(parts["seal"]) + `,"hash":{"key":5}}`, "hash: not a Tink keyset"},
		"disabled keys":  {disabled, "seal: not a Tink keyset"},
		"keys exchanged": {`{"seal":` + string(parts["hash"]) + `,"hash":` + string(parts["seal"]) + `}`, "seal: "},
		"hash by a key for sealing": {`{"seal":` + string(parts["seal"]) + `,"hash":` + string(parts["seal"]) + `}`,
			"hash: "},
	} {
		k, err := seal.Load([]byte(c.file))
		require.ErrorContains(t, err, "key file: "+c.want, name)
		require.Nil(t, k, name)
	}
	_, err := seal.Rotate([]byte("nonsense"))
	require.ErrorContains(t, err, "key file")
	_, err = seal.Rotate([]byte(`{"seal":{}}`))
	require.ErrorContains(t, err, "key file: seal")
	other, err := seal.Generate()
	require.NoError(t, err)
	require.NotEqual(t, good, other, "each file has keys of its own")
}
