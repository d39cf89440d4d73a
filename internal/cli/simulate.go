package cli

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/beian/beian/internal/simulate/bureau"
)

type simulateCommand struct {
	Bureau   simulateBureau   `cmd:"" help:"Run the stand-in for the bureau."`
	Messages simulateMessages `cmd:"" help:"Run the stand-ins for Aliyun SMS and the mail server."`
	Webspace simulateWebspace `cmd:"" help:"Run the stand-in for customers' web spaces."`
}

type simulateBureau struct {
	Listen      string        `default:"127.0.0.1:8082" help:"address to listen on"`
	State       string        `default:".beian/bureau.json" help:"file that keeps its state"`
	ISPID       int64         `name:"isp-id" default:"310001" help:"the provider's number"`
	User        string        `default:"provider" help:"the provider's user name"`
	ReviewAfter time.Duration `default:"-1s" help:"how long a review takes; negative leaves it to the page"`
}

// Help shows an example.
func (simulateBureau) Help() string {
	return "The provider's password comes from BEIAN_BUREAU_PASSWORD. Example: BEIAN_BUREAU_PASSWORD=… beian simulate bureau --review-after 10s"
}

// Run serves until it is told to stop.
func (c *simulateBureau) Run(ctx context.Context) error {
	password := os.Getenv("BEIAN_BUREAU_PASSWORD")
	if password == "" {
		return errors.New("BEIAN_BUREAU_PASSWORD is not set: the password that the provider will use")
	}
	s, err := bureau.New(bureau.Options{ISPID: c.ISPID, UserName: c.User, Password: password, ReviewAfter: c.ReviewAfter, StateFile: c.State, Logger: newLogger("info")})
	if err != nil {
		return err
	}
	return serveAll(ctx, map[string]http.Handler{c.Listen: s})
}
