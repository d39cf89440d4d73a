package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/history"
	"github.com/beian/beian/worker"
)

type workerCommand struct {
	Run      workerRunCommand      `cmd:"" default:"withargs" help:"Run a worker."`
	Versions workerVersionsCommand `cmd:"" help:"List the builds whose workers have connected, and which get tasks."`
	Promote  workerPromoteCommand  `cmd:"" help:"Give a build's workers every task, or a share."`
	Verify   workerVerifyCommand   `cmd:"" help:"Replay a sample of live histories, to see whether this build may go live."`
}

type workerRunCommand struct {
	config.Base      `embed:""`
	config.Provider  `embed:"" prefix:"provider-"`
	config.SMS       `embed:"" prefix:"sms-"`
	config.Mail      `embed:"" prefix:"mail-"`
	config.Staff     `embed:"" prefix:"staff-"`
	config.Bureau    `embed:"" prefix:"bureau-"`
	config.Retention `embed:"" prefix:"keep-"`
	config.Website   `embed:"" prefix:"website-"`
	config.Worker    `embed:""`
	config.Status    `embed:"" prefix:"status-"`
}

// Help shows an example.
func (workerRunCommand) Help() string {
	return "Example: BEIAN_DATABASE=… BEIAN_BUREAU_PASSWORD=… beian worker --key-file keys.json --queues filing,bureau --slots filing=200,workflows=400"
}

// Run works until it is stopped.
func (c *workerRunCommand) Run(ctx context.Context) error {
	set := app.Settings{
		Base: c.Base, Provider: c.Provider, SMS: c.SMS, Mail: c.Mail, Staff: c.Staff, Bureau: c.Bureau,
		Retention: c.Retention, Website: c.Website, Worker: c.Worker, Status: c.Status,
	}
	if err := set.LoadWorkerSecrets(); err != nil {
		return err
	}
	p, closeAll, err := app.Connect(ctx, "beian-worker", &set.Base)
	if err != nil {
		return err
	}
	defer closeAll()
	return app.RunWorker(ctx, set, p)
}

type workerVersionsCommand struct {
	config.Base `embed:""`
	Deployment  string `env:"BEIAN_DEPLOYMENT" default:"beian" help:"name of the deployment"`
}

// Help shows an example.
func (workerVersionsCommand) Help() string {
	return "Example: BEIAN_DATABASE=… beian worker versions --key-file keys.json"
}

// Run lists the builds.
func (c *workerVersionsCommand) Run(ctx context.Context) error {
	temporal, _, err := app.Dial(ctx, &c.Base)
	if err != nil {
		return err
	}
	defer temporal.Close()
	list, err := worker.Versions(ctx, temporal, c.Deployment)
	if err != nil {
		return err
	}
	return printVersions(os.Stdout, list)
}

func printVersions(to io.Writer, list []worker.VersionState) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "BUILD\tSTATE\tSINCE\tQUEUES")
	for _, v := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", v.BuildID, v, v.Created.UTC().Format(time.RFC3339), strings.Join(v.Queues, ","))
	}
	return w.Flush()
}

type workerPromoteCommand struct {
	config.Base `embed:""`
	Deployment  string  `env:"BEIAN_DEPLOYMENT" default:"beian" help:"name of the deployment"`
	BuildID     string  `name:"build-id" env:"BEIAN_BUILD_ID" help:"the build; beian worker versions lists them"`
	Ramp        float32 `default:"100" help:"share of tasks in percent: 100 makes it current, 0 ends a ramp"`
}

// Help shows an example.
func (workerPromoteCommand) Help() string {
	return "Example: beian worker promote --build-id 3f2a9c1d0b7e --ramp 10, then without --ramp. To roll back, promote the previous build."
}

// Validate checks the arguments.
func (c *workerPromoteCommand) Validate() error {
	switch {
	case c.Ramp < 0 || c.Ramp > 100:
		return errors.New("--ramp: want 0 to 100")
	case c.BuildID == "" && c.Ramp != 0:
		return errors.New("--build-id is missing: beian worker versions lists the builds")
	}
	return nil
}

// Run promotes a build.
func (c *workerPromoteCommand) Run(ctx context.Context) error {
	temporal, _, err := app.Dial(ctx, &c.Base)
	if err != nil {
		return err
	}
	defer temporal.Close()
	if err := promote(ctx, os.Stdout, temporal, worker.Version{Deployment: c.Deployment, BuildID: c.BuildID},
		c.Ramp); err != nil {
		return err
	}
	return worker.Routed(ctx, temporal, c.Namespace, c.Deployment)
}

func promote(ctx context.Context, to io.Writer, temporal client.Client, v worker.Version, ramp float32) error {
	if ramp == 0 {
		if err := worker.EndRamp(ctx, temporal, v.Deployment); err != nil {
			return err
		}
		fmt.Fprintln(to, "The ramp has ended.")
		return nil
	}
	before, err := worker.Promote(ctx, temporal, v, ramp)
	if err != nil {
		return err
	}
	if ramp < 100 {
		fmt.Fprintf(to, "%s now gets %g%%. To undo: beian worker promote --ramp 0\n", v.BuildID, ramp)
		return nil
	}
	fmt.Fprintf(to, "%s is current.", v.BuildID)
	if before != "" && before != v.BuildID {
		fmt.Fprintf(to, " To roll back: beian worker promote --build-id %s", before)
	}
	fmt.Fprintln(to)
	return nil
}

type workerVerifyCommand struct {
	config.Base `embed:""`
	Sample      int `default:"20" help:"histories of each workflow type: this many running and this many ended ones"`
}

// Help shows an example.
func (workerVerifyCommand) Help() string {
	return "Exits with status 1 if a history doesn't match. Example: BEIAN_DATABASE=… beian worker verify --key-file keys.json --sample 50"
}

// Run replays histories.
func (c *workerVerifyCommand) Run(ctx context.Context) error {
	temporal, keys, err := app.Dial(ctx, &c.Base)
	if err != nil {
		return err
	}
	defer temporal.Close()
	report, err := worker.Verify(ctx, temporal, history.Options(keys),
		worker.VerifyOptions{Namespace: c.Namespace, Sample: c.Sample})
	if err != nil {
		return err
	}
	return printReport(os.Stdout, report)
}

func printReport(to io.Writer, r worker.Report) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WORKFLOW\tRUNNING\tENDED\tMISMATCHES")
	for _, k := range r.Kinds {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", k.Type, k.Running, k.Ended, k.Failed)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, m := range r.Misfits {
		fmt.Fprintf(to, "\n%s  %s  run %s\n  %s\n", m.Type, m.WorkflowID, m.RunID, m.Why)
	}
	if n := len(r.Misfits); n > 0 {
		return fmt.Errorf("%d of %d histories don't match this build: don't deploy it", n, r.Replayed())
	}
	fmt.Fprintf(to, "%d histories match.\n", r.Replayed())
	return nil
}
