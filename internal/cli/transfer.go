package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/beian/beian/panel/web"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

type transferCommand struct {
	config.Base `embed:""`
	Number      string `arg:"" help:"the order"`
	To          string `required:"" help:"login of the customer who gets it"`
	Withdraw    bool   `help:"withdraw the order's open filing first; this needs Temporal and a running worker"`
	Reason      string `help:"why, for the audit log"`
}

// Help shows an example.
func (transferCommand) Help() string {
	return "Filings stay with the customer who made them. Example: beian orders transfer D20260001 --to wang --key-file keys.json"
}

// Run transfers the order, with an audit entry.
func (c *transferCommand) Run(ctx context.Context) error {
	db, withdraw, closeAll, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	entry := store.AuditEntry{By: commandLine, Action: "order.transfer", Kind: "order", Object: c.Number,
		Reason: "→ " + c.To + " " + c.Reason}
	err = web.Transfer(store.WithAudit(ctx, &entry), db, withdraw, c.Number, c.To, "support:"+commandLine.Login)
	switch {
	case errors.Is(err, store.ErrFilingOpen):
		return fmt.Errorf("a filing of order %s is open: withdraw it with --withdraw, or wait until it is complete", c.Number)
	case errors.Is(err, workflows.ErrWrongStage):
		return fmt.Errorf("the bureau has the filing of order %s, so it can't be withdrawn: wait for the bureau's decision",
			c.Number)
	case errors.Is(err, store.ErrNotCustomer):
		return fmt.Errorf("--to: %s is a login of staff, who can't have orders", c.To)
	case err != nil:
		return err
	}
	fmt.Printf("order %s belongs to %s\n", c.Number, c.To)
	return nil
}

// connect opens the database and, to withdraw filings, Temporal.
func (c *transferCommand) connect(ctx context.Context) (db *store.Store, withdraw web.Withdrawer, closeAll func(),
	err error) {
	if !c.Withdraw {
		db, err := app.OpenStore(ctx, &c.Base)
		if err != nil {
			return nil, nil, nil, err
		}
		return db, nil, func() { _ = db.Close() }, nil
	}
	if err := config.LoadSecrets(&c.Base); err != nil {
		return nil, nil, nil, err
	}
	p, closeAll, err := app.Connect(ctx, "beian-orders", &c.Base)
	if err != nil {
		return nil, nil, nil, err
	}
	return p.Store, workflows.NewClient(p.Temporal, false), closeAll, nil
}
