package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
)

// Version is a build within a deployment: Temporal gives workflows and their activities to the current build or,
// while the next one is ramped up, a share of them to that.
//
// Every workflow continues on the newest build (AutoUpgrade) instead of being pinned to the one it began with: a
// filing lasts for weeks, and no build should have to run that long next to its successors. Short workflows could
// be pinned, but a pinned run whose workers are gone waits for its timeout, and a waiting exchange blocks the
// account's next one. The price is that changes of workflow code are guarded (workflow.GetVersion) and checked
// before a build goes live (Verify).
type Version struct{ Deployment, BuildID string }

// LogValue is its form in log lines.
func (v *Version) LogValue() slog.Value {
	if v == nil {
		return slog.StringValue("")
	}
	return slog.StringValue(v.Deployment + "." + v.BuildID)
}

func (v *Version) set(o *worker.Options) {
	if v != nil {
		o.DeploymentOptions = worker.DeploymentOptions{
			UseVersioning: true, Version: worker.WorkerDeploymentVersion{DeploymentName: v.Deployment, BuildID: v.BuildID},
		}
	}
}

// VersionState is the state of a deployment's build in Temporal.
type VersionState struct {
	BuildID string
	// Current gets what isn't ramped; Ramp is the percentage that goes to the build being ramped up.
	Current bool
	Ramp    float32
	// Draining builds still have workflows of their own; Drained ones have none, so their workers can stop.
	Draining, Drained bool
	Created           time.Time
	// Queues that its workers serve, or served.
	Queues []string
}

// ErrNoDeployment says that a deployment has never had a versioned worker.
var ErrNoDeployment = errors.New("no worker of the deployment has connected yet with BEIAN_VERSIONING on")

// Versions lists a deployment's builds, newest first.
func Versions(ctx context.Context, c client.Client, deployment string) ([]VersionState, error) {
	handle := c.WorkerDeploymentClient().GetHandle(deployment)
	d, err := describe(ctx, handle, deployment)
	if err != nil {
		return nil, err
	}
	routing := d.Info.RoutingConfig
	var list []VersionState
	for _, v := range d.Info.VersionSummaries {
		s := VersionState{
			BuildID: v.Version.BuildID, Created: v.CreateTime,
			Current:  routing.CurrentVersion != nil && *routing.CurrentVersion == v.Version,
			Draining: v.DrainageStatus == client.WorkerDeploymentVersionDrainageStatusDraining,
			Drained:  v.DrainageStatus == client.WorkerDeploymentVersionDrainageStatusDrained,
		}
		if routing.RampingVersion != nil && *routing.RampingVersion == v.Version {
			s.Ramp = routing.RampingVersionPercentage
		}
		one, err := handle.DescribeVersion(ctx, client.WorkerDeploymentDescribeVersionOptions{BuildID: v.Version.BuildID})
		if err != nil {
			return nil, err
		}
		for _, q := range one.Info.TaskQueuesInfos {
			if !slices.Contains(s.Queues, q.Name) {
				s.Queues = append(s.Queues, q.Name)
			}
		}
		slices.Sort(s.Queues)
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b VersionState) int { return b.Created.Compare(a.Created) })
	return list, nil
}

func describe(ctx context.Context, handle client.WorkerDeploymentHandle,
	deployment string) (d client.WorkerDeploymentDescribeResponse, err error) {
	d, err = handle.Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		err = fmt.Errorf("%s: %w", deployment, ErrNoDeployment)
	}
	return d, err
}

// Promote gives a build all tasks (percent 100) or a share of them. Temporal refuses a build that lacks a queue of
// the current one, or has no worker. It returns the previously current build. Use Routed to wait for the effect.
func Promote(ctx context.Context, c client.Client, v Version, percent float32) (before string, err error) {
	handle := c.WorkerDeploymentClient().GetHandle(v.Deployment)
	now, err := describe(ctx, handle, v.Deployment)
	if err != nil {
		return "", err
	}
	if current := now.Info.RoutingConfig.CurrentVersion; current != nil {
		before = current.BuildID
	}
	// The token makes the change fail if somebody else changed the deployment meanwhile.
	if percent >= 100 {
		_, err = handle.SetCurrentVersion(ctx,
			client.WorkerDeploymentSetCurrentVersionOptions{BuildID: v.BuildID, ConflictToken: now.ConflictToken})
	} else {
		_, err = handle.SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{BuildID: v.BuildID,
			Percentage: percent, ConflictToken: now.ConflictToken})
	}
	if err != nil {
		return before, fmt.Errorf("promoting %s of %s: %w", v.BuildID, v.Deployment, err)
	}
	return before, nil
}

// Routed waits until a change of a deployment's builds (Promote, EndRamp) has reached its queues, which happens
// after Temporal has answered: then the workers of a build that gets nothing any more can be stopped. It doesn't
// wait for a server too old to report that. An error says why the effect isn't known; the change itself was made.
func Routed(ctx context.Context, c client.Client, namespace, deployment string) error {
	ctx, cancel := context.WithTimeout(ctx, routedWithin)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		d, err := c.WorkflowService().DescribeWorkerDeployment(ctx,
			&workflowservice.DescribeWorkerDeploymentRequest{Namespace: namespace, DeploymentName: deployment})
		if err == nil &&
			d.GetWorkerDeploymentInfo().GetRoutingConfigUpdateState() != enums.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: the change may not have reached every queue: %w", deployment, cmp.Or(err, ctx.Err()))
		case <-tick.C:
		}
	}
}

// routedWithin bounds how long Temporal may take to update the queues.
const routedWithin = 30 * time.Second

// EndRamp takes away the share of the build being ramped up.
func EndRamp(ctx context.Context, c client.Client, deployment string) error {
	_, err := c.WorkerDeploymentClient().GetHandle(deployment).SetRampingVersion(ctx,
		client.WorkerDeploymentSetRampingVersionOptions{})
	return err
}

// String is a build's state in a word or two.
func (s VersionState) String() string {
	var words []string
	for word, so := range map[string]bool{"current": s.Current, fmt.Sprintf("ramping %g%%", s.Ramp): s.Ramp > 0,
		"draining": s.Draining, "drained": s.Drained} {
		if so {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return "inactive"
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}
