package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReadyAsks(t *testing.T) {
	status := http.StatusServiceUnavailable
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "draining\n")
	}))
	c := readyCommand{URL: server.URL, Timeout: time.Minute}
	require.EqualError(t, c.Run(t.Context()), "not ready: draining")
	status = http.StatusOK
	require.NoError(t, c.Run(t.Context()))
	server.Close()
	require.Error(t, c.Run(t.Context()), "nobody answers")
	c.URL = "::"
	require.ErrorContains(t, c.Run(t.Context()), "--url")
}
