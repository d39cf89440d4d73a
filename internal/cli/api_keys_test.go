package cli_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/testdb"
)

// An operator makes a key, replaces it and ends it; only its secret goes to standard output, and only once.
func TestAPIKeysFromTheCommandLine(t *testing.T) {
	b := &bench{dir: t.TempDir()}
	t.Setenv("BEIAN_DATABASE", testdb.DSN(t))
	t.Setenv("BEIAN_KEY_FILE", b.file("keys.json"))
	run := func(args ...string) (code int, out, complaints string) {
		t.Helper()
		return b.run(t, args...)
	}
	code, _, complaints := run("keys", "generate", b.file("keys.json"))
	require.Zero(t, code, complaints)
	code, _, complaints = run("migrate")
	require.Zero(t, code, complaints)
	code, first, complaints := run("api-keys", "create", "whmcs", "--panel", "whmcs", "--addresses", "192.0.2.7")
	require.Zero(t, code, complaints)
	require.Regexp(t, `^bk_live_[a-z2-7]{52}\n$`, first)
	code, test, complaints := run("api-keys", "create", "try", "--test", "--scopes", "filings:read")
	require.Zero(t, code, complaints)
	require.Regexp(t, `^bk_test_`, test)
	code, next, complaints := run("api-keys", "rotate", "1")
	require.Zero(t, code, complaints)
	require.NotEqual(t, first, next)
	code, _, complaints = run("api-keys", "rotate", "1")
	require.Equal(t, 1, code)
	require.Contains(t, complaints, "its successor is live beside it")
	code, _, complaints = run("api-keys", "revoke", "1")
	require.Zero(t, code, complaints)
	code, list, _ := run("api-keys", "list")
	require.Zero(t, code)
	require.Equal(t, 4, strings.Count(list, "\n"))
	require.Contains(t, list, "revoked ")
	require.Contains(t, list, "192.0.2.7/32")
	for _, secret := range []string{first, test, next} {
		require.NotContains(t, list, strings.TrimSpace(secret))
	}
	code, _, complaints = run("api-keys", "create", "x", "--panel", "X", "--addresses", "here")
	require.Equal(t, 1, code)
	require.Contains(t, complaints, "namespace: Use 1 to 20 lower-case letters")
	require.Contains(t, complaints, "addresses: Enter addresses")
	code, _, _ = run("api-keys", "revoke", "4711")
	require.Equal(t, 1, code)
	code, out, _ := run("audit", "verify")
	require.Zero(t, code)
	require.Contains(t, out, "5 entries verified")
}
