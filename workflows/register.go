package workflows

import "go.temporal.io/sdk/workflow"

// register puts a number on the order that the customer got elsewhere
// (登记备案号): dossier and number stand in the database before the workflow
// starts, the bureau has no part in it, and only the site is looked at. Until it
// is done it can be withdrawn, whatever is under way.
func (f *run) register(ctx workflow.Context) error {
	installing, stop := workflow.WithCancel(ctx)
	over := false
	workflow.Go(ctx, func(ctx workflow.Context) {
		if workflow.Await(ctx, func() bool { return f.withdrawn || over }) == nil && f.withdrawn {
			stop()
		}
	})
	err := f.install(installing)
	over = true
	if f.withdrawn {
		return errWithdrawn
	}
	if err != nil {
		return err
	}
	return f.record(ctx)
}
