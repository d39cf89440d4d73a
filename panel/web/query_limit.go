package web

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/store/memory"

	"github.com/beian/beian/internal/store"
)

const (
	// QueriesPerClient limits queries per minute from one address or account. Each domain may cost a call to a bureau.
	QueriesPerClient = 10
	// QueriesOfAll limits queries per minute from all strangers of this panel together.
	QueriesOfAll = 120
	// FreeQueries is how many queries a stranger's session has within queriesFor before a captcha is required.
	FreeQueries = 3
	queriesFor  = time.Hour

	keyQueries      = "queries"
	keyQueriesSince = "queries_since"
)

// newLimiter counts in memory; a key's count expires after a minute.
func newLimiter(perMinute int64) *limiter.Limiter {
	counts := memory.NewStoreWithOptions(limiter.StoreOptions{CleanUpInterval: time.Minute})
	return limiter.New(counts, limiter.Rate{Period: time.Minute, Limit: perMinute})
}

// within counts a key and reports whether it is within its limit.
func within(c *gin.Context, l *limiter.Limiter, key string) bool {
	count, err := l.Get(c.Request.Context(), key)
	return err == nil && !count.Reached
}

// CountedQuery counts a query and reports whether it is within the limits.
func (k *Kit) CountedQuery(c *gin.Context) bool {
	signedIn := k.Sessions.Exists(c.Request.Context(), KeyUser)
	client := "address/" + network(c.ClientIP())
	if signedIn {
		client = fmt.Sprintf("user/%d", k.UserID(c))
	}
	return within(c, k.clientQueries, client) && (signedIn || within(c, k.allQueries, "all"))
}

// QueryNeedsCaptcha reports whether a stranger's session, or network, has used up its free queries.
func (k *Kit) QueryNeedsCaptcha(c *gin.Context) (bool, error) {
	ctx := c.Request.Context()
	since := time.Unix(k.Sessions.GetInt64(ctx, keyQueriesSince), 0)
	if k.Sessions.Exists(ctx, KeyUser) {
		return false, nil
	}
	if time.Since(since) < queriesFor && k.Sessions.GetInt(ctx, keyQueries) >= FreeQueries {
		return true, nil
	}
	return k.Store.QuotaUsed(ctx, store.QuotaQuery, store.ByNetwork, Network(c))
}

// CountQuery counts a stranger's query in the session and for the network.
func (k *Kit) CountQuery(c *gin.Context) error {
	ctx := c.Request.Context()
	count, since := k.Sessions.GetInt(ctx, keyQueries), time.Unix(k.Sessions.GetInt64(ctx, keyQueriesSince), 0)
	if time.Since(since) >= queriesFor {
		count = 0
		k.Sessions.Put(ctx, keyQueriesSince, time.Now().Unix())
	}
	k.Sessions.Put(ctx, keyQueries, count+1)
	if k.Sessions.Exists(ctx, KeyUser) {
		return nil
	}
	err := k.Store.Spend(ctx, store.QuotaQuery, map[store.QuotaScope]string{store.ByNetwork: Network(c)})
	if errors.Is(err, store.ErrQuota) { // a captcha is required
		return nil
	}
	return err
}

// Network is the network of a request's client.
func Network(c *gin.Context) string { return network(c.ClientIP()) }

// network is the unit by which clients are counted: an IPv4 address, or the /64 of an IPv6 address, since a client can
// use any address in it.
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
