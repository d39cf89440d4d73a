package web

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// Everything staff do, and every look at personal data, goes into the audit log. A handler uses one of three:
//
//	Audited    for a change of rows: the entry is in the same transaction
//	Asked      for effects elsewhere, such as an Update of a workflow: one entry before, one with the outcome after
//	AuditView  for a look at personal data: nothing is sent before the entry is written

// AuditEntry describes an action of the reader on an object, with the reason if the form gave one.
func (k *Kit) AuditEntry(c *gin.Context, action, kind, object, reason string) store.AuditEntry {
	return store.AuditEntry{
		By: store.Actor{ID: k.UserID(c), Login: k.Sessions.GetString(c.Request.Context(), KeyLogin),
			Role: k.staffRole(c)},
		Action: action, Kind: kind, Object: object, Reason: reason,
	}
}

// Audited runs a change of rows. act must use the context it gets: the first transaction that commits under it also
// writes the entry. If act succeeds without a transaction, because somebody else was faster, the entry is written
// afterwards.
func (k *Kit) Audited(c *gin.Context, d store.AuditEntry, act func(context.Context) error) error {
	err := act(store.WithAudit(c.Request.Context(), &d))
	if err == nil && !d.Written() {
		_, err = k.Store.Audit(context.WithoutCancel(c.Request.Context()), d)
	}
	return err
}

// Asked runs an effect outside the database. After a crash in between, the log has the request without an outcome,
// because nobody knows the outcome.
func (k *Kit) Asked(c *gin.Context, d store.AuditEntry, act func() error) error {
	ctx := context.WithoutCancel(c.Request.Context()) // leaving the page must not leave a gap in the log
	d.Outcome = store.OutcomeAsked
	seq, err := k.Store.Audit(ctx, d)
	if err != nil {
		return err
	}
	err = act()
	d.Of, d.Reason = seq, ""
	switch {
	case errors.Is(err, workflows.ErrSlow):
		return err // nobody knows the outcome yet
	case err == nil:
		d.Outcome = store.OutcomeDone
	case errors.Is(err, workflows.ErrWrongStage), errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound):
		d.Outcome = store.OutcomeRefused
	default:
		d.Outcome = store.OutcomeFailed
	}
	if _, auditErr := k.Store.Audit(ctx, d); auditErr != nil {
		// Without err in its chain: a form that was refused would answer as if all were in order.
		return fmt.Errorf("recording the outcome %s (%v): %w", d.Outcome, err, auditErr)
	}
	return err
}

// AuditView records that the reader looks at personal data, while the page reads them: the answer waits for the entry,
// and is an error page if that can't be written.
func (k *Kit) AuditView(c *gin.Context, action, kind, object string) error {
	entry := k.AuditEntry(c, action, kind, object, "")
	// leaving the page must not leave a gap in the log
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), pageTime)
	write := func() error {
		defer cancel()
		_, err := k.Store.Audit(ctx, entry)
		return err
	}
	if w := answerOf(c.Request.Context()); w != nil {
		w.awaits(write)
		return nil
	}
	return write()
}

// IdText formats an ID the way the log names objects.
func IdText(id int64) string { return strconv.FormatInt(id, 10) }
