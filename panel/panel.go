// Package panel is the web panel: customers' orders with their 备案 button, the steps of a filing, help, and the staff
// console. It wires its parts together: each has its own pages and routes, and all build on the kit in panel/web.
package panel

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/panel/account"
	"github.com/beian/beian/panel/api"
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
	api      *api.API
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
	if s.api, err = api.New(kit); err != nil {
		return nil, err
	}
	s.api.PageRoutes(all)
	s.api.StaffRoutes(support)
	s.routes = slices.Concat(g.Routes(), s.api.Routes())
	pages := kit.Handler(g)
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if api.Serves(r.URL.Path) { // without sessions and pages
			s.api.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
	return s, nil
}

// API is the API for the provider's own panel.
func (s *Server) API() *api.API { return s.api }

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
