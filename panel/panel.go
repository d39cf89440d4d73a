// Package panel is the web panel: customers' orders with their 备案 button, the steps of a filing, help, and the staff
// console. It wires its parts together: each has its own pages and routes, and all build on the kit in panel/web.
package panel

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/panel/account"
	"github.com/beian/beian/panel/customer"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/help"
	"github.com/beian/beian/panel/reports"
	"github.com/beian/beian/panel/staff"
	"github.com/beian/beian/panel/web"
)

// Types of package web that callers of this package need.
type (
	Config   = web.Config
	Filings  = web.Filings
	Provider = web.Provider
)

// Server is the web panel.
type Server struct {
	*web.Kit
	customer *customer.Pages
	routes   gin.RoutesInfo
	handler  http.Handler
}

// New makes the panel; Close stops it.
func New(cfg Config) (*Server, error) {
	kit, err := web.New(cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{Kit: kit}
	g, err := s.Engine()
	if err != nil {
		return nil, err
	}
	g.GET("/healthz", s.health)
	g.GET("/readyz", gin.WrapF(s.Process.Ready))
	dossiers := dossierview.New(kit)
	accounts := account.New(kit)
	s.customer = customer.New(kit, dossiers)
	all := kit.Root(g)
	in := all.Group("/", s.customer.ReadAhead, accounts.SignedIn)
	support := in.Staff()
	accounts.Routes(all, in)
	s.customer.Routes(in)
	staff.New(kit, dossiers).Routes(support)
	help.New(kit).Routes(all, in, support)
	reports.New(kit).Routes(all)
	s.routes = g.Routes()
	s.handler = kit.Handler(g)
	return s, nil
}

// Handler serves the panel.
func (s *Server) Handler() http.Handler { return s.handler }

// Close stops the panel's background work.
func (s *Server) Close() {
	s.EndStreams()
	s.Kit.Close()
}

// EndStreams ends the event streams, which otherwise last for minutes. Call it first when shutting down.
func (s *Server) EndStreams() { s.customer.EndStreams() }

// health says that the process lives. It asks nobody, so it answers at once; /readyz asks.
func (s *Server) health(c *gin.Context) { c.String(http.StatusOK, "ok") }
