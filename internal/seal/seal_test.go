package seal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/seal"
)

func keys(t *testing.T) (*seal.Keys, []byte) {
	t.Helper()
	file, err := seal.Generate()
	require.NoError(t, err)
	k, err := seal.Load(file)
	require.NoError(t, err)
	return k, file
}

func TestSealedOpensOnlyWithItsAAD(t *testing.T) {
	k, _ := keys(t)
	sealed, err := k.Seal("contacts/1", []byte("13800138000"))
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "13800138000")

	plain, err := k.Open("contacts/1", sealed)
	require.NoError(t, err)
	require.Equal(t, "13800138000", string(plain))

	_, err = k.Open("contacts/2", sealed)
	require.Error(t, err, "a row's ciphertext moved to another row must not open")
}

func TestRotationOpensOldAndHashesAlike(t *testing.T) {
	k, file := keys(t)
	sealed, err := k.Seal("p", []byte("old"))
	require.NoError(t, err)
	hash, err := k.Hash("mobile", "13800138000")
	require.NoError(t, err)

	file, err = seal.Rotate(file)
	require.NoError(t, err)
	rotated, err := seal.Load(file)
	require.NoError(t, err)

	plain, err := rotated.Open("p", sealed)
	require.NoError(t, err)
	require.Equal(t, "old", string(plain))
	same, err := rotated.Same(hash, "mobile", "13800138000")
	require.NoError(t, err)
	require.True(t, same)

	fresh, err := rotated.Seal("p", []byte("new"))
	require.NoError(t, err)
	_, err = k.Open("p", fresh)
	require.Error(t, err, "the rotated keyset seals with its new key")
}

func TestHashKeepsUsesApart(t *testing.T) {
	k, _ := keys(t)
	a, err := k.Hash("mobile", "x")
	require.NoError(t, err)
	same, err := k.Same(a, "email", "x")
	require.NoError(t, err)
	require.False(t, same)
	require.Len(t, a, seal.HashSize)
}

func TestDigitsAreStableForANonceAndDifferBetweenNonces(t *testing.T) {
	k, _ := keys(t)
	seen := map[string]bool{}
	for range 50 {
		nonce := seal.Nonce()
		a, err := k.Digits("sms", nonce, 8)
		require.NoError(t, err)
		b, err := k.Digits("sms", nonce, 8)
		require.NoError(t, err)
		require.Equal(t, a, b)
		require.Regexp(t, `^\d{8}$`, a)
		seen[a] = true
	}
	require.Greater(t, len(seen), 45)
}

func TestLoadNamesWhatIsWrong(t *testing.T) {
	_, err := seal.Load([]byte("nonsense"))
	require.ErrorContains(t, err, "beian keys generate")
	_, err = seal.Load([]byte(`{"seal":{}}`))
	require.ErrorContains(t, err, "seal")
}
