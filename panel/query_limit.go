package panel

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/store/memory"
)

const (
	// queriesPerClient and queriesOfAll bound what is asked in a minute: by one
	// address or account, and by all strangers of this panel together. Each
	// domain may cost a call to a bureau.
	queriesPerClient = 10
	queriesOfAll     = 120
	// freeQueries is how many a stranger's session has before a captcha, within
	// queriesFor.
	freeQueries = 3
	queriesFor  = time.Hour

	keyQueries      = "queries"
	keyQueriesSince = "queries_since"
)

// queryLimits count in memory, each client for a minute: what is kept of a
// client is gone then.
type queryLimits struct{ client, all *limiter.Limiter }

func newQueryLimits() *queryLimits {
	counts := memory.NewStoreWithOptions(limiter.StoreOptions{Prefix: "query", CleanUpInterval: time.Minute})
	return &queryLimits{
		client: limiter.New(counts, limiter.Rate{Period: time.Minute, Limit: queriesPerClient}),
		all:    limiter.New(counts, limiter.Rate{Period: time.Minute, Limit: queriesOfAll}),
	}
}

// typedPerClient bounds how often in a minute what a stranger typed is kept for
// the other language.
const typedPerClient = 20

func newTypedLimit() *limiter.Limiter {
	counts := memory.NewStoreWithOptions(limiter.StoreOptions{Prefix: "typed", CleanUpInterval: time.Minute})
	return limiter.New(counts, limiter.Rate{Period: time.Minute, Limit: typedPerClient})
}

// mayQuery counts a query and tells whether it is within the limits.
func (s *Server) mayQuery(c *gin.Context) bool {
	signedIn := s.sessions.Exists(c.Request.Context(), keyUser)
	client := "address/" + network(c.ClientIP())
	if signedIn {
		client = fmt.Sprintf("user/%d", s.userID(c))
	}
	within := func(l *limiter.Limiter, key string) bool {
		count, err := l.Get(c.Request.Context(), key)
		return err == nil && !count.Reached
	}
	return within(s.queries.client, client) && (signedIn || within(s.queries.all, "all"))
}

// network is what one client can be taken for: an IPv4 address, or the /64 of an
// IPv6 address, of which a client has as many as it likes.
func network(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	if address = address.Unmap(); address.Is6() {
		if prefix, err := address.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}

// queryNeedsCaptcha: of strangers whose session asked often within an hour.
func (s *Server) queryNeedsCaptcha(c *gin.Context) bool {
	ctx := c.Request.Context()
	since := time.Unix(s.sessions.GetInt64(ctx, keyQueriesSince), 0)
	return !s.sessions.Exists(ctx, keyUser) && time.Since(since) < queriesFor && s.sessions.GetInt(ctx, keyQueries) >= freeQueries
}

func (s *Server) countQuery(c *gin.Context) {
	ctx := c.Request.Context()
	count, since := s.sessions.GetInt(ctx, keyQueries), time.Unix(s.sessions.GetInt64(ctx, keyQueriesSince), 0)
	if time.Since(since) >= queriesFor {
		count = 0
		s.sessions.Put(ctx, keyQueriesSince, time.Now().Unix())
	}
	s.sessions.Put(ctx, keyQueries, count+1)
}
