package app_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/observe"
	"github.com/beian/beian/internal/testdb"
)

// A stopping panel reports that it isn't ready while it still serves.
func TestPanelIsUnreadyBeforeItCloses(t *testing.T) {
	temporal, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	defer temporal.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := app.Process{Store: testdb.New(t), Temporal: temporal, Observed: observe.New(),
		Logger: slog.New(slog.DiscardHandler)}
	set := app.Settings{Panel: config.Panel{UnreadyFor: 3 * time.Second}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.RunPanel(ctx, l, set, p) }()
	get := func(path string) (int, string) {
		response, err := http.Get("http://" + l.Addr().String() + path)
		if err != nil {
			return 0, err.Error()
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(body)
	}
	require.Eventually(t, func() bool {
		status, _ := get("/readyz")
		return status == http.StatusOK
	}, 30*time.Second, 20*time.Millisecond)
	stop()
	require.Eventually(t, func() bool {
		status, lacking := get("/readyz")
		return status == http.StatusServiceUnavailable && lacking == observe.Draining
	}, 3*time.Second, 10*time.Millisecond)
	status, _ := get("/sign-in")
	require.Equal(t, http.StatusOK, status, "it still serves")
	require.NoError(t, <-ended)
	status, _ = get("/readyz")
	require.Zero(t, status, "and then no longer")
}
