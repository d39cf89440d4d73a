package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
)

// workers runs separate worker processes, one after another.
type workers struct {
	t       *testing.T
	program string
	env     []string
	running *exec.Cmd
}

// program is the product, built once for all tests.
var program = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs("../.beian/bin/beian-e2e")
	if err != nil {
		return "", err
	}
	if out, err := exec.Command("go", "build", "-o", path, "..").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func newWorkers(t *testing.T, s *stack.Stack) *workers {
	t.Helper()
	return workersWith(t, s.Settings)
}

func workersWith(t *testing.T, set app.Settings) *workers {
	t.Helper()
	program, err := program()
	require.NoError(t, err)
	w := &workers{t: t, program: program, env: append(os.Environ(),
		config.Environment(set.Base, set.Provider, set.SMS, set.Mail, set.Bureau, set.Website, set.Worker)...)}
	t.Cleanup(w.kill)
	return w
}

func (w *workers) start() {
	w.t.Helper()
	w.running = exec.Command(w.program, "worker")
	w.running.Env = w.env
	w.running.Stderr = os.Stderr
	require.NoError(w.t, w.running.Start())
}

// kill is kill -9.
func (w *workers) kill() {
	if w.running != nil {
		_ = w.running.Process.Kill()
		_ = w.running.Wait()
		w.running = nil
	}
}

// The worker is killed during each external effect: the other side does the work and nobody gets the answer.
// Nothing is done twice.
func TestWorkerKilledInTheMiddleOfEachEffect(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond, WithoutWorker: true})
	ctx, begin := t.Context(), time.Now()
	workers := newWorkers(t, s)
	slow := func(board *fault.Board, operation string) {
		board.Set(fault.Fault{Operation: operation, Mode: fault.Slow, DelayMS: 1500, Times: 1})
	}
	// killWhenTaken kills the worker once a stand-in is busy with its call.
	killWhenTaken := func(board *fault.Board) {
		require.Eventually(t, board.Clean, 60*time.Second, 20*time.Millisecond, "the stand-in was called")
		workers.kill()
	}
	w := customer(t, s)

	slow(&s.StandIns.SMS.Faults, "SendSms")
	slow(&s.StandIns.Mail.Faults, "MAIL")
	workers.start()
	require.NoError(t, w.Open(ctx, "D20260001"))
	require.NoError(t, w.Contact(ctx, filingtest.Contact(), password))
	killWhenTaken(&s.StandIns.SMS.Faults)
	workers.start()
	require.NoError(t, w.Verify(ctx, filingtest.Contact(), begin))
	wait(t, w, filing.Preparing)

	slow(&s.StandIns.Bureau.Faults, "isp_upload")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	killWhenTaken(&s.StandIns.Bureau.Faults)
	for _, operation := range []string{"isp_download", "isp_downloadack", "certificate"} {
		slow(&s.StandIns.Bureau.Faults, operation)
		workers.start()
		killWhenTaken(&s.StandIns.Bureau.Faults)
	}
	slow(&s.StandIns.Space.Faults, "RNFR")
	workers.start()
	killWhenTaken(&s.StandIns.Space.Faults)
	workers.start()
	wait(t, w, filing.Installing)
	require.NoError(t, demo.PutFooter(ctx, s, w, "web1"))
	require.NoError(t, w.CheckSiteNow(ctx))
	wait(t, w, filing.Filed)

	require.Equal(t, map[int64]int{1: 1}, s.StandIns.Bureau.Accepted(), "submitted once")
	require.Equal(t, 1, s.StandIns.Space.Stores("web1", "wwwroot/cert/bazu.cert"), "installed once")
	sent := map[string]int{}
	for _, m := range s.StandIns.SMS.Messages() {
		sent[m.OutID]++
	}
	for key, n := range sent {
		require.Equal(t, 1, n, "SMS %s", key)
	}
	mails := map[string]string{}
	for _, m := range s.StandIns.Mail.Messages() {
		if first, again := mails[m.MessageID]; again {
			require.Equal(t, first, m.Text, "a mail that comes twice is the same mail")
		}
		mails[m.MessageID] = m.Text
	}
}
