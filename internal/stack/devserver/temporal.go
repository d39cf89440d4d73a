package devserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
)

// drainPolls makes the server answer a stopping worker's polls, so that it gives no task to one that no longer
// listens; otherwise such a task waits for its heartbeat timeout. It isn't Temporal's default: see docs/fleet.md.
const drainPolls = "frontend.enableCancelWorkerPollsOnShutdown=true"

// reportProblems makes the server report runs after two failed workflow tasks in a row; the default is five.
const reportProblems = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2"

// onePartition keeps a task queue in one place: with little to do, tasks and polls of the default's four mostly look
// for each other.
var onePartition = []string{"matching.numTaskqueueReadPartitions=1", "matching.numTaskqueueWritePartitions=1"}

// The services of the built server talk to each other at ports of their own; Temporal's own command finds some itself.
const (
	servicePorts    = 7
	servicePortsEnv = "BEIAN_TEMPORAL_PORTS="
)

// Temporal is a development server on SQLite.
type Temporal struct {
	process *process
	Address string
	// inMemory: there is nothing to save.
	inMemory bool
}

// TemporalProgram finds the development server: BEIAN_TEMPORAL_SERVER, or .beian/bin/temporal in this folder or
// one above it, or Temporal's own command on the PATH. The built one comes before the PATH, so that tests run on
// the pinned version.
func TemporalProgram() (string, error) {
	if path := os.Getenv("BEIAN_TEMPORAL_SERVER"); path != "" {
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, ".beian", "bin", "temporal")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	path, err := exec.LookPath("temporal")
	if err != nil {
		return "", errors.New("no Temporal server found: run `make tools`, install Temporal's command line, " +
			"or name a program with BEIAN_TEMPORAL_SERVER")
	}
	return path, nil
}

// StartTemporal runs a server; uiPort 0 omits the web UI, and an empty database file keeps everything in memory.
func StartTemporal(ctx context.Context, dir string, port, uiPort int, database string) (*Temporal, error) {
	program, err := TemporalProgram()
	if err != nil {
		return nil, err
	}
	args := []string{"server", "start-dev", "--port", strconv.Itoa(port), "--log-level", "error"}
	for _, value := range append([]string{drainPolls, reportProblems}, onePartition...) {
		args = append(args, "--dynamic-config-value", value)
	}
	if database != "" {
		args = append(args, "--db-filename", database)
	}
	if uiPort == 0 {
		args = append(args, "--headless")
	} else {
		args = append(args, "--ui-port", strconv.Itoa(uiPort))
	}
	ports, err := FreePorts(servicePorts)
	if err != nil {
		return nil, err
	}
	env := []string{servicePortsEnv + strings.Trim(strings.ReplaceAll(fmt.Sprint(ports), " ", ","), "[]")}
	logFile := filepath.Join(dir, "temporal.log")
	p, err := start("Temporal", logFile, env, program, args...)
	if err != nil {
		return nil, err
	}
	t := &Temporal{process: p, inMemory: database == "", Address: fmt.Sprintf("127.0.0.1:%d", port)}
	if err := p.ready(ctx, logFile, t.ping); err != nil {
		p.stop()
		return nil, err
	}
	return t, nil
}

func (t *Temporal) ping(ctx context.Context) error {
	c, err := client.DialContext(ctx, client.Options{HostPort: t.Address, Logger: quiet})
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	return err
}

// Stop ends the server, at once if it kept everything in memory.
func (t *Temporal) Stop() {
	if t.inMemory {
		t.process.kill()
		return
	}
	t.process.stop()
}

// quiet discards the SDK's log while the server isn't up yet.
var quiet = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
