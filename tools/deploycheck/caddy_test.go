package deploycheck

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A real Caddy takes our Caddyfile, and passes on pages, a panel's 503 and events as they come.
func TestCaddyLeadsToThePanel(t *testing.T) {
	program, err := exec.LookPath("caddy")
	require.NoError(t, err, "install Debian's package caddy")
	next := make(chan struct{})
	panel := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/events":
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, "data: first\n\n")
			w.(http.Flusher).Flush()
			select {
			case <-next:
			case <-r.Context().Done():
			}
		default:
			fmt.Fprint(w, r.Header.Get("X-Forwarded-For"))
		}
	}))
	t.Cleanup(panel.Close)
	t.Cleanup(func() { close(next) })
	upstream, err := url.Parse(panel.URL)
	require.NoError(t, err)
	site := "http://" + freeAddress(t)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, program, "run", "--config", "../../deploy/caddy/Caddyfile",
		"--adapter", "caddyfile")
	command.Env = append(os.Environ(), "BEIAN_SITE="+site,
		"BEIAN_PANEL_NAME=localhost", "BEIAN_PANEL_PORT="+upstream.Port(),
		"XDG_CONFIG_HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir(), "CADDY_ADMIN="+freeAddress(t))
	stderr, err := command.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		cancel()
		_ = command.Wait()
	})
	go func() { _, _ = io.Copy(io.Discard, stderr) }()

	get := func(path string) (*http.Response, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, site+path, nil)
		require.NoError(t, err)
		return http.DefaultClient.Do(request)
	}
	require.Eventually(t, func() bool {
		answer, err := get("/")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		return answer.StatusCode == http.StatusOK && string(body) == "127.0.0.1"
	}, 30*time.Second, 50*time.Millisecond, "caddy doesn't lead to the panel")

	away, err := get("/away")
	require.NoError(t, err)
	defer away.Body.Close()
	require.Equal(t, http.StatusServiceUnavailable, away.StatusCode)

	events, err := get("/events")
	require.NoError(t, err)
	defer events.Body.Close()
	line, err := bufio.NewReader(events.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "data: first\n", line, "an event waits in the proxy")
}

// freeAddress is a port of the loopback that nobody listens on.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}
