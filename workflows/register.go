package workflows

import "go.temporal.io/sdk/workflow"

// register records a number that the customer got elsewhere (登记备案号). Dossier and number are in the database before
// the workflow starts, the bureau isn't involved, and only the site is checked. It can be withdrawn at any time
// until it is done.
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
