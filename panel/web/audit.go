package web

import (
	"context"
	"errors"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// Everything that staff do, and everything personal that they look at, stands in the
// audit log. A handler uses one of three:
//
//	did    what changes rows: the entry is in the effect's transaction
//	asked  what happens elsewhere, such as an Update of a workflow: an entry before, and
//	       one after of what became of it
//	saw    a look at personal data: the entry is there before anything is sent

// AuditEntry is something that the reader does to an object, with their reason, if they gave one.
func (k *Kit) AuditEntry(c *gin.Context, action, kind, object, reason string) store.AuditEntry {
	return store.AuditEntry{
		By: store.Actor{ID: k.UserID(c), Login: k.Sessions.GetString(c.Request.Context(), KeyLogin),
			Role: k.staffRole(c)},
		Action: action, Kind: kind, Object: object, Reason: reason,
	}
}

// Audited runs what changes rows. Act must use the context that it gets: the first
// transaction that commits under it writes the entry. An act that succeeds without a
// transaction, because somebody was quicker, is noted after it.
func (k *Kit) Audited(c *gin.Context, d store.AuditEntry, act func(context.Context) error) error {
	err := act(store.WithAudit(c.Request.Context(), &d))
	if err == nil && !d.Written() {
		_, err = k.Store.Audit(context.WithoutCancel(c.Request.Context()), d)
	}
	return err
}

// Asked runs what happens elsewhere. A crash in between leaves the entry that asks, and
// none that tells: nobody knows then what became of it, and the log says so.
func (k *Kit) Asked(c *gin.Context, d store.AuditEntry, act func() error) error {
	ctx := context.WithoutCancel(c.Request.Context()) // who leaves the page doesn't leave a gap
	d.Outcome = store.OutcomeAsked
	seq, err := k.Store.Audit(ctx, d)
	if err != nil {
		return err
	}
	err = act()
	d.Of, d.Reason = seq, ""
	switch {
	case err == nil:
		d.Outcome = store.OutcomeDone
	case errors.Is(err, workflows.ErrWrongStage), errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound):
		d.Outcome = store.OutcomeRefused
	default:
		d.Outcome = store.OutcomeFailed
	}
	_, auditErr := k.Store.Audit(ctx, d)
	return errors.Join(err, auditErr)
}

// AuditView notes a look.
func (k *Kit) AuditView(c *gin.Context, action, kind, object string) error {
	_, err := k.Store.Audit(c.Request.Context(), k.AuditEntry(c, action, kind, object, ""))
	return err
}

// IdText is an ID as the log names objects.
func IdText(id int64) string { return strconv.FormatInt(id, 10) }
