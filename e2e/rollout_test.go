package e2e_test

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/stack/devserver"
	"github.com/beian/beian/worker"
)

// build is a worker process of a build, ready to work.
type build struct {
	t   *testing.T
	cmd *exec.Cmd
	url string
}

// build starts one and waits until it is ready.
func (w *workers) build(id string) *build {
	w.t.Helper()
	ports, err := devserver.FreePorts(1)
	require.NoError(w.t, err)
	address := fmt.Sprintf("127.0.0.1:%d", ports[0])
	b := &build{t: w.t, cmd: exec.Command(w.program, "worker"), url: "http://" + address}
	b.cmd.Env = append(w.env, "BEIAN_VERSIONING=true", "BEIAN_BUILD_ID="+id, "BEIAN_STATUS_LISTEN="+address,
		"BEIAN_STOP_TIMEOUT=30s")
	b.cmd.Stderr = os.Stderr
	require.NoError(w.t, b.cmd.Start())
	w.t.Cleanup(func() { _ = b.cmd.Process.Kill() })
	require.Eventually(w.t, func() bool { return b.status("/readyz") == http.StatusOK }, 60*time.Second,
		50*time.Millisecond, "build %s", id)
	return b
}

func (b *build) status(path string) int {
	response, err := http.Get(b.url + path)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// term sends SIGTERM: the worker is no longer ready, stays alive while it drains, and exits cleanly.
func (b *build) term() (ended <-chan error) {
	b.t.Helper()
	require.NoError(b.t, b.cmd.Process.Signal(syscall.SIGTERM))
	done := make(chan error, 1)
	go func() { done <- b.cmd.Wait() }()
	return done
}

// beian runs the command line.
func (w *workers) beian(args ...string) (string, error) {
	cmd := exec.Command(w.program, args...)
	cmd.Env = w.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// promote gives a build all tasks, or a share given in more, as soon as Temporal knows its queues.
func (w *workers) promote(id string, more ...string) {
	w.t.Helper()
	require.EventuallyWithT(w.t, func(c *assert.CollectT) {
		out, err := w.beian(append([]string{"worker", "promote", "--build-id", id}, more...)...)
		assert.NoError(c, err, out)
	}, 60*time.Second, 100*time.Millisecond)
}

// Filings run while builds of the workers are rolled out, back, and out again: each time the next one becomes
// ready and current, and then the last one gets SIGTERM in the middle of calls. Every SMS, mail, data file and
// certificate is sent once, and no activity times out.
func TestRollOutAndBackUnderLoad(t *testing.T) {
	s, _ := startAlone(t, stack.Options{ReviewAfter: 100 * time.Millisecond, WithoutWorker: true})
	ctx, begin := t.Context(), time.Now()
	ws := newWorkers(t, s)
	slow := func(board *fault.Board, operation string, times int) {
		board.Set(fault.Fault{Operation: operation, Mode: fault.Slow, DelayMS: 2500, Times: times})
	}
	// replace follows docs/fleet.md while a stand-in is busy with calls: a build that gets nothing new is stopped.
	replace := func(last *build, next string, board *fault.Board) {
		t.Helper()
		require.EventuallyWithT(t, func(c *assert.CollectT) { // its queues are usually known by now
			require.True(c, board.Clean(), "the stand-in was called")
			_, err := worker.Promote(ctx, s.Temporal, worker.Version{Deployment: "beian", BuildID: next}, 100)
			require.NoError(c, err)
		}, 3*time.Minute, 10*time.Millisecond)
		require.NoError(t, worker.Routed(ctx, s.Temporal, s.Settings.Base.Namespace, "beian"))
		require.NoError(t, <-last.term())
	}
	one := ws.build("one")
	ws.promote("one")
	out, err := ws.beian("worker", "promote", "--build-id", "nobody")
	require.Error(t, err, out)

	orders := demo.Orders
	contacts, walkers := make([]filing.ContactDetails, len(orders)), make([]*demo.Walker, len(orders))
	slow(&s.StandIns.SMS.Faults, "SendSms", len(orders))
	slow(&s.StandIns.Mail.Faults, "MAIL", len(orders))
	two := ws.build("two")
	ws.promote("two", "--ramp", "30")
	out, err = ws.beian("worker", "versions")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^two +ramping 30% .*bureau,filing,message,website$`, out)
	require.Regexp(t, `(?m)^one +current `, out)
	for i, o := range orders {
		contacts[i] = filingtest.Contact()
		contacts[i].UserName, contacts[i].Mobile, contacts[i].Email = fmt.Sprintf("walker_%d", i),
			fmt.Sprintf("1390000567%d", i), fmt.Sprintf("walker%d@example.com", i)
		walkers[i] = customer(t, s)
		require.NoError(t, walkers[i].Open(ctx, o.Number))
		require.NoError(t, walkers[i].Contact(ctx, contacts[i], password))
	}
	replace(one, "two", &s.StandIns.SMS.Faults)

	for i, w := range walkers {
		require.NoError(t, w.Verify(ctx, contacts[i], begin))
		wait(t, w, filing.Preparing)
	}
	submits := func(i int) {
		t.Helper()
		h := filingtest.PersonHolder()
		h.DocumentType, h.DocumentNumber = filing.DocumentPassport, fmt.Sprintf("E1234567%d", i)
		require.NoError(t, walkers[i].SubmitDossier(ctx, h, "读书笔记"))
	}
	// Two dossiers follow once a stand-in is slow: those before may have passed it already.
	last := len(walkers) - 1
	for i := range walkers[:last-1] {
		submits(i)
	}
	back := ws.build("one")
	slow(&s.StandIns.Bureau.Faults, "isp_upload", 1)
	submits(last - 1)
	replace(two, "one", &s.StandIns.Bureau.Faults) // back

	again := ws.build("two")
	slow(&s.StandIns.Space.Faults, "RNFR", 1)
	submits(last)
	replace(back, "two", &s.StandIns.Space.Faults)
	require.Equal(t, http.StatusOK, again.status("/healthz"))
	for i, w := range walkers {
		wait(t, w, filing.Installing)
		require.NoError(t, demo.PutFooter(ctx, s, w, orders[i].SpaceUser))
		require.NoError(t, w.CheckSiteNow(ctx))
		wait(t, w, filing.Filed)
	}
	out, err = ws.beian("worker", "verify", "--sample", "3")
	require.NoError(t, err, out)
	require.Contains(t, out, "histories match.")
	require.NoError(t, <-again.term())

	for id, n := range s.StandIns.Bureau.Accepted() {
		require.Equal(t, 1, n, "record %d", id)
	}
	require.Len(t, s.StandIns.Bureau.Accepted(), len(orders))
	for _, o := range orders {
		require.Equal(t, 1, certificates(s, o.SpaceUser), o.Number)
	}
	sent := map[string]int{}
	for _, m := range s.StandIns.SMS.Messages() {
		sent["SMS "+m.OutID]++
	}
	for _, m := range s.StandIns.Mail.Messages() {
		sent["mail "+m.MessageID]++
	}
	require.Greater(t, len(sent), 4*len(orders))
	for key, n := range sent {
		require.Equal(t, 1, n, key)
	}
	builds := nothingTimedOut(t, s)
	require.Subset(t, builds, []string{"one", "two"}, "both builds carried filings")
}

// certificates counts how often a certificate was put on a web space.
func certificates(s *stack.Stack, user string) int {
	root := map[string]string{"web3": "htdocs"}[user]
	return s.StandIns.Space.Stores(user, cmp.Or(root, "wwwroot")+"/cert/bazu.cert")
}

// nothingTimedOut searches every history for activities that timed out, and returns the builds that carried
// filings.
func nothingTimedOut(t *testing.T, s *stack.Stack) (builds []string) {
	t.Helper()
	list, err := s.Temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1000})
	require.NoError(t, err)
	seen := map[string]bool{}
	scheduled := map[int64]string{}
	for _, e := range list.GetExecutions() {
		id := e.GetExecution().GetWorkflowId()
		events := s.Temporal.GetWorkflowHistory(t.Context(), id, e.GetExecution().GetRunId(), false,
			enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(t, err)
			require.NotEqual(t, enums.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, event.GetEventType(), id)
			if a := event.GetActivityTaskScheduledEventAttributes(); a != nil {
				scheduled[event.GetEventId()] = a.GetActivityType().GetName()
			}
			begun := event.GetActivityTaskStartedEventAttributes()
			require.Nil(t, begun.GetLastFailure().GetTimeoutFailureInfo(), "%s: %s, try %d", id,
				scheduled[begun.GetScheduledEventId()], begun.GetAttempt())
			if strings.HasPrefix(id, "filing/") {
				if b := event.GetWorkflowTaskCompletedEventAttributes().GetDeploymentVersion().GetBuildId(); b != "" && !seen[b] {
					seen[b] = true
					builds = append(builds, b)
				}
			}
		}
	}
	return builds
}
