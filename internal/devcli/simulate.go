package devcli

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Simulate runs a single stand-in.
type Simulate struct {
	Bureau   simulateBureau   `cmd:"" help:"Run the stand-in for the bureau."`
	Messages simulateMessages `cmd:"" help:"Run the stand-ins for Aliyun SMS and the mail server."`
	Webspace simulateWebspace `cmd:"" help:"Run the stand-in for customers' web spaces."`
}

// serveAll serves handlers by address until ctx ends or one of them fails.
func serveAll(ctx context.Context, handlers map[string]http.Handler) error {
	failed := make(chan error, len(handlers))
	for address, handler := range handlers {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		defer server.Close()
		fmt.Printf("http://%s/\n", l.Addr())
		go func() { failed <- server.Serve(l) }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}
