// Package testtemporal gives a test a development Temporal server of its own, and a client that seals what it sends.
package testtemporal

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/history"
	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/stack/devserver"
)

// New starts a server, which ends with the test, and connects to it with fresh keys; more changes the client's options.
func New(t testing.TB, more ...func(*client.Options) error) client.Client {
	t.Helper()
	ports, err := devserver.FreePorts(1)
	require.NoError(t, err)
	server, err := devserver.StartTemporal(t.Context(), t.TempDir(), ports[0], 0, "")
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	file, err := seal.Generate()
	require.NoError(t, err)
	keys, err := seal.Load(file)
	require.NoError(t, err)
	c, err := history.Dial(t.Context(), history.Server{Address: server.Address, Namespace: "default"}, keys,
		slog.New(slog.DiscardHandler), more...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}
