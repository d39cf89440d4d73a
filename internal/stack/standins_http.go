package stack

import (
	"context"
	"net/http"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/simulate/inbox"
)

// serveHTTP serves the stand-ins that speak HTTP, each on its port.
func (st *StandIns) serveHTTP(ctx context.Context, s *Stack) error {
	p := s.Options.Ports
	for _, stand := range []struct {
		name    string
		port    int
		handler http.Handler
	}{
		{"SMS stand-in", p.SMS, st.SMS},
		{"inbox", p.Inbox, inbox.New(st.SMS, st.Mail)},
		{"bureau stand-in", p.Bureau, st.Bureau},
		{"sites", p.Sites, st.Space},
		{"web space page", p.Space, st.Space.Control()},
	} {
		l, err := listen(stand.port)
		if err != nil {
			return err
		}
		s.run(stand.name, func() error { return app.Serve(ctx, l, stand.handler) })
	}
	return nil
}
