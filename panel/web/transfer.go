package web

import (
	"context"
	"errors"
	"time"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// Withdrawer withdraws a filing through its workflow.
type Withdrawer interface {
	Withdraw(ctx context.Context, ref string, in workflows.ByActor) (workflows.State, error)
}

// withdrawnWithin is how long a transfer waits for a withdrawn filing to show it.
const withdrawnWithin = 10 * time.Second

// Transfer gives an order to another customer (store.TransferOrder). With a withdrawer it first withdraws the open
// filing, once nothing else is in the way; it returns workflows.ErrWrongStage if the bureau has it already.
func Transfer(ctx context.Context, db *store.Store, withdraw Withdrawer, number, to, actor string) error {
	err := db.TransferOrder(ctx, number, to)
	if withdraw == nil || !errors.Is(err, store.ErrFilingOpen) {
		return err
	}
	f, err := db.OpenFilingOf(ctx, number)
	if err != nil {
		return err
	}
	if !f.Kind.Withdrawable(f.Stage) {
		return workflows.ErrWrongStage
	}
	if _, err := withdraw.Withdraw(ctx, f.Ref(), workflows.ByActor{Actor: actor}); err != nil {
		return err
	}
	for deadline := time.Now().Add(withdrawnWithin); ; {
		err := db.TransferOrder(ctx, number, to)
		if !errors.Is(err, store.ErrFilingOpen) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(withdrawnWithin / 50):
		}
	}
}
