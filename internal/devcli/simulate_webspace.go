package devcli

import (
	"context"
	"net"
	"net/http"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/simulate/webspace"
	"github.com/beian/beian/internal/stack"
)

type simulateWebspace struct {
	Dir   string `default:".beian/sites" help:"folder of the accounts"`
	FTP   string `name:"ftp" default:"127.0.0.1:2121" help:"address of the FTP server"`
	Sites string `default:"127.0.0.1:8084" help:"address of the sites"`
	Page  string `default:"127.0.0.1:8085" help:"address of the page"`
}

// Help shows an example.
func (simulateWebspace) Help() string {
	return "The accounts are those of samples/orders.csv. Example: beian simulate webspace"
}

// Run serves until it is stopped.
func (c *simulateWebspace) Run(ctx context.Context) error {
	s, err := webspace.New(webspace.Options{Dir: c.Dir, Accounts: stack.Accounts, Logger: app.NewLogger("info")})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.FTP)
	if err != nil {
		return err
	}
	defer s.Close()
	go func() { _ = s.ServeFTP(l) }()
	return serveAll(ctx, map[string]http.Handler{c.Sites: s, c.Page: s.Control()})
}
