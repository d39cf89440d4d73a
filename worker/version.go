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

// Version is a build among the builds of a deployment: Temporal gives workflows
// and their activities to the current one, or, while it is ramped up, a share of
// them to the next.
//
// Every workflow is of the kind that goes on with the newest version
// (AutoUpgrade), not pinned to the one that it began with: a filing lasts for
// weeks, and no build should have to run for weeks beside its successors. Short
// ones could be pinned, but a pinned run whose workers are gone waits for its
// timeout, and an exchange that waits keeps the account's next from starting.
// The price is that changes of workflow code are guarded (workflow.GetVersion)
// and checked before a build is let in (Verify).
type Version struct{ Deployment, BuildID string }

// LogValue is how log lines name it.
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

// VersionState is a build of a deployment as Temporal knows it.
type VersionState struct {
	BuildID string
	// Current gets what isn't ramped; Ramp is the share in percent that goes to a
	// build that is ramped up.
	Current bool
	Ramp    float32
	// Draining still has workflows of its own, Drained has none: its workers can go.
	Draining, Drained bool
	Created           time.Time
	// Queues that its workers take, or took.
	Queues []string
}

// ErrNoDeployment says that no versioned worker of a deployment ever came.
var ErrNoDeployment = errors.New("no worker of the deployment has come yet with BEIAN_VERSIONING on")

// Versions lists a deployment's builds, newest first.
func Versions(ctx context.Context, c client.Client, deployment string) ([]VersionState, error) {
	handle := c.WorkerDeploymentClient().GetHandle(deployment)
	d, err := handle.Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil, fmt.Errorf("%s: %w", deployment, ErrNoDeployment)
	} else if err != nil {
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

// Promote has a build get everything (percent 100), or a share of it. Temporal
// refuses a build that lacks a queue of the current one, or that no worker has.
// It says the build that was current before. Routed waits until it is so.
func Promote(ctx context.Context, c client.Client, v Version, percent float32) (before string, err error) {
	handle := c.WorkerDeploymentClient().GetHandle(v.Deployment)
	now, err := handle.Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return "", fmt.Errorf("%s: %w", v.Deployment, ErrNoDeployment)
	} else if err != nil {
		return "", err
	}
	if current := now.Info.RoutingConfig.CurrentVersion; current != nil {
		before = current.BuildID
	}
	// The token refuses to go on from what somebody else changed meanwhile.
	if percent >= 100 {
		_, err = handle.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: v.BuildID, ConflictToken: now.ConflictToken})
	} else {
		_, err = handle.SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{BuildID: v.BuildID, Percentage: percent, ConflictToken: now.ConflictToken})
	}
	if err != nil {
		return before, fmt.Errorf("promoting %s of %s: %w", v.BuildID, v.Deployment, err)
	}
	return before, nil
}

// Routed waits until a change of a deployment's builds (Promote, EndRamp) has reached its
// queues, which Temporal sees to after it has answered: then the workers of a build that gets
// nothing any more can be stopped. A server too old to tell isn't waited for. The error says
// why it isn't known to be so after a time; the change itself stands.
func Routed(ctx context.Context, c client.Client, namespace, deployment string) error {
	ctx, cancel := context.WithTimeout(ctx, routedWithin)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		d, err := c.WorkflowService().DescribeWorkerDeployment(ctx, &workflowservice.DescribeWorkerDeploymentRequest{Namespace: namespace, DeploymentName: deployment})
		if err == nil && d.GetWorkerDeploymentInfo().GetRoutingConfigUpdateState() != enums.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not every queue is known to have heard of it: %w", deployment, cmp.Or(err, ctx.Err()))
		case <-tick.C:
		}
	}
}

// routedWithin is how long Temporal may take to tell the queues.
const routedWithin = 30 * time.Second

// EndRamp takes a ramped build's share away.
func EndRamp(ctx context.Context, c client.Client, deployment string) error {
	_, err := c.WorkerDeploymentClient().GetHandle(deployment).SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{})
	return err
}

// String tells where a build stands, in a word or two.
func (s VersionState) String() string {
	var words []string
	for word, so := range map[string]bool{"current": s.Current, fmt.Sprintf("ramping %g%%", s.Ramp): s.Ramp > 0, "draining": s.Draining, "drained": s.Drained} {
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
