package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// readyCommand asks a panel or worker whether it is ready, for health checks of containers, which contain no other
// program.
type readyCommand struct {
	URL     string        `help:"address of the readiness endpoint" default:"http://127.0.0.1:9464/readyz"`
	Timeout time.Duration `help:"how long to wait for the answer" default:"4s"`
}

// Help shows an example.
func (readyCommand) Help() string {
	return "Example: beian ready --url http://127.0.0.1:9464/readyz"
}

// maxAnswer bounds how much of an answer is printed.
const maxAnswer = 1 << 10

// Run fails, printing what is lacking, unless the answer is 200.
func (c *readyCommand) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return fmt.Errorf("--url: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	lacking, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", strings.TrimSpace(string(lacking)))
	}
	return nil
}
