package workflows

import "go.temporal.io/sdk/workflow"

// register records a number that the customer got elsewhere (登记备案号). Dossier and number are in the database before
// the workflow starts, the bureau isn't involved, and only the site is checked. It can be withdrawn at any time
// until it is done.
func (f *run) register(ctx workflow.Context) error {
	if err := f.untilAbandoned(ctx, f.install); err != nil {
		return err
	}
	return f.record(ctx)
}
