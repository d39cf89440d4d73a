package staff

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const (
	pathQuotas = "/support/quotas"
	// blockedShown bounds the list of those who are blocked: beyond it, it is an attack.
	blockedShown = 200
)

// quotasData is what is spent of the quotas, and who has used one up.
type quotasData struct {
	// Breakers are the quotas that everybody shares.
	Breakers, Quotas []store.QuotaState
	Blocked          []blockedRow
	// More: there are others.
	More bool
}

type blockedRow struct {
	store.QuotaSubject
	// Who is empty if it isn't known.
	Who string
}

// quotasPage shows what is spent and who is blocked until when.
func (p *Pages) quotasPage(c *gin.Context) error {
	ctx := c.Request.Context()
	states, err := p.Store.QuotaStates(ctx)
	if err != nil {
		return err
	}
	var data quotasData
	for _, q := range states {
		if q.Scope == store.Overall {
			data.Breakers = append(data.Breakers, q)
		} else {
			data.Quotas = append(data.Quotas, q)
		}
	}
	blocked, err := p.Store.BlockedSubjects(ctx, blockedShown+1)
	if err != nil {
		return err
	}
	data.More = len(blocked) > blockedShown
	if data.Blocked, err = p.blockedRows(ctx, blocked[:min(blockedShown, len(blocked))]); err != nil {
		return err
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "quotas.title"}, web.With(quotasPage, data))
}

func (p *Pages) blockedRows(ctx context.Context, list []store.QuotaSubject) ([]blockedRow, error) {
	var ids []int64
	for _, b := range list {
		if id := customerOf(b); id != 0 {
			ids = append(ids, id)
		}
	}
	logins, err := p.Store.Logins(ctx, ids...)
	rows := make([]blockedRow, len(list))
	for i, b := range list {
		rows[i] = blockedRow{b, whoIsBlocked(b, logins)}
	}
	return rows, err
}

// customerOf is the customer whose quota it is; 0 if it is nobody's.
func customerOf(b store.QuotaSubject) int64 {
	if b.Quota.Scope != store.ByCustomer {
		return 0
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(b.Subject, "user/"), 10, 64)
	if err != nil {
		return 0 // a code of somebody without an account
	}
	return id
}

// whoIsBlocked names a subject: a customer by the login, a recipient masked, a network or key as it is. Nothing
// names a browser.
func whoIsBlocked(b store.QuotaSubject, logins map[int64]string) string {
	switch b.Quota.Scope {
	case store.ByCustomer:
		return logins[customerOf(b)]
	case store.ByNetwork, store.ByKey:
		return b.Subject
	case store.ByRecipient:
		channel, to, _ := strings.Cut(b.Subject, "/")
		if filing.Channel(channel) == filing.SMS {
			return web.MaskMobile(to)
		}
		return web.MaskEmail(to)
	}
	return ""
}

// resetQuota lets somebody, or with a circuit breaker everybody, start over with a quota.
func (p *Pages) resetQuota(c *gin.Context) error {
	name, id := c.PostForm("quota"), c.PostForm("subject")
	entry := p.AuditEntry(c, "quota.reset", "quota", name, id)
	err := p.Audited(c, entry, func(ctx context.Context) error { return p.Store.ResetQuota(ctx, name, id) })
	return p.Finish(c, err, pathQuotas, "flash.done", web.Refusals{store.ErrNotFound: "flash.quota_over"})
}

// quotaAmount writes an amount of a kind: bytes in MiB, others as they are.
func quotaAmount(kind store.QuotaKind, n int64) string {
	if strings.HasSuffix(string(kind), "_bytes") {
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
	}
	return strconv.FormatInt(n, 10)
}

// breakerState is a key of "quotas.breaker_": off, closed, near or open.
func breakerState(q store.QuotaState) string {
	const nearly = 80 // percent, as BeianQuotaNearlyUsed
	switch {
	case q.Limit == 0:
		return "off"
	case q.Full():
		return "open"
	case 100*q.Used > nearly*q.Limit:
		return "near"
	}
	return "closed"
}
