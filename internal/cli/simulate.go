package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/beian/beian/internal/simulate/bureau"
)

type simulateCommand struct {
	Bureau simulateBureau `cmd:"" help:"Run the stand-in for the bureau."`
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
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	fmt.Printf("bureau stand-in: http://%s/\n", l.Addr())
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
