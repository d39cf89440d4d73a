package e2e_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/stack/devserver"
)

// panelProcess runs a separate panel and waits until it is ready.
func (w *workers) panelProcess(set config.Panel) (*exec.Cmd, *url.URL) {
	w.t.Helper()
	ports, err := devserver.FreePorts(1)
	require.NoError(w.t, err)
	set.Listen = fmt.Sprintf("127.0.0.1:%d", ports[0])
	cmd := exec.Command(w.program, "panel")
	cmd.Env, cmd.Stderr = append(w.env, config.Environment(set)...), os.Stderr
	require.NoError(w.t, cmd.Start())
	w.t.Cleanup(func() { _ = cmd.Process.Kill() })
	at := &url.URL{Scheme: "http", Host: set.Listen}
	require.Eventually(w.t, func() bool {
		response, err := http.Get(at.String() + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, 60*time.Second, 50*time.Millisecond)
	return cmd, at
}

// balancer is a proxy before panels: each request goes to the next one that accepts its connection; what was in
// progress at one that dies is lost, as with any proxy.
func balancer(t *testing.T, panels ...*url.URL) (address string, taken func(i int) int64) {
	t.Helper()
	var turn atomic.Int64
	counts := make([]atomic.Int64, len(panels))
	proxy := httputil.NewSingleHostReverseProxy(panels[0])
	proxy.ErrorLog = log.New(io.Discard, "", 0) // the dead panel's
	proxy.Transport = &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (c net.Conn, err error) {
			first := int(turn.Add(1))
			for n := range panels {
				i := (first + n) % len(panels)
				if c, err = new(net.Dialer).DialContext(ctx, network, panels[i].Host); err == nil {
					counts[i].Add(1)
					return c, nil
				}
			}
			return nil, err
		}}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL, func(i int) int64 { return counts[i].Load() }
}

// walks is a customer who files an order and retries what fails, as people do, unless the filing has visibly moved
// on.
func walks(ctx context.Context, s *stack.Stack, w *demo.Walker, i int) error {
	order, begin := demo.Orders[i], time.Now()
	contact, holder := filingtest.Contact(), filingtest.PersonHolder()
	contact.UserName, contact.Mobile, contact.Email = fmt.Sprintf("walker_%d", i), fmt.Sprintf("1390000567%d", i),
		fmt.Sprintf("walker%d@example.com", i)
	// the bureau files a holder only once
	holder.DocumentType, holder.DocumentNumber = filing.DocumentPassport, fmt.Sprintf("E1234567%d", i)
	w.Use(order.Number)
	waits := func(stage filing.Stage) func() error {
		return func() error { _, err := w.WaitStage(ctx, stage); return err }
	}
	for _, step := range []struct {
		do func() error
		// beyond are stages in which it is already done.
		beyond []filing.Stage
	}{
		{func() error { return w.SignIn(ctx, stack.DemoCustomer, stack.DemoCustomerPassword) }, nil},
		{func() error { return w.Open(ctx, order.Number) }, []filing.Stage{filing.Contact}},
		{func() error { return w.Contact(ctx, contact, password) }, []filing.Stage{filing.Verifying}},
		{func() error { return w.Verify(ctx, contact, begin) }, []filing.Stage{filing.Preparing}},
		{waits(filing.Preparing), nil},
		{func() error { return w.SubmitDossier(ctx, holder, "读书笔记") },
			[]filing.Stage{filing.Submitting, filing.Reviewing, filing.Installing}},
		{waits(filing.Installing), nil},
		{func() error { return demo.PutFooter(ctx, s, w, order.SpaceUser) }, nil},
		{func() error { return w.CheckSiteNow(ctx) }, []filing.Stage{filing.Filed}},
		{waits(filing.Filed), nil},
	} {
		err := step.do()
		for tries := 0; err != nil && tries < 3; tries++ {
			if stage, stageErr := w.Stage(ctx); stageErr == nil && slices.Contains(step.beyond, stage) {
				err = nil
				break
			}
			err = step.do()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", order.Number, err)
		}
	}
	return nil
}

// Two panels behind a proxy and two workers carry filings; one of each is killed in the middle of calls and stays
// dead. The others carry on: every filing gets its number, and every SMS, data file and certificate goes out once.
func TestTwoPanelsAndTwoWorkersOneOfEachKilled(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond, WithoutWorker: true})
	ws := newWorkers(t, s)
	two := newWorkers(t, s)
	doomed, at := ws.panelProcess(s.Settings.Panel)
	own, err := url.Parse(s.PanelURL)
	require.NoError(t, err)
	address, taken := balancer(t, at, own)
	s.StandIns.SMS.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Slow, DelayMS: 1500, Times: len(demo.Orders)})
	ws.start()
	two.start()

	group, ctx := errgroup.WithContext(t.Context())
	for i := range demo.Orders {
		w, err := demo.NewWalker(address, fmt.Sprintf("http://127.0.0.1:%d", s.Options.Ports.Inbox))
		require.NoError(t, err)
		group.Go(func() error { return walks(ctx, s, w, i) })
	}
	require.Eventually(t, s.StandIns.SMS.Faults.Clean, 90*time.Second, 20*time.Millisecond, "each code was being sent")
	ws.kill()
	require.Positive(t, taken(0), "the panel took part")
	require.NoError(t, doomed.Process.Kill())
	_ = doomed.Wait()
	served := taken(1)
	require.NoError(t, group.Wait())
	require.Greater(t, taken(1), served)

	for id, n := range s.StandIns.Bureau.Accepted() {
		require.Equal(t, 1, n, "record %d", id)
	}
	require.Len(t, s.StandIns.Bureau.Accepted(), len(demo.Orders))
	for _, o := range demo.Orders {
		require.Equal(t, 1, certificates(s, o.SpaceUser), o.Number)
	}
	sent := map[string]int{}
	for _, m := range s.StandIns.SMS.Messages() {
		sent[m.OutID]++
	}
	require.GreaterOrEqual(t, len(sent), 2*len(demo.Orders), "codes and approvals")
	for key, n := range sent {
		require.Equal(t, 1, n, "SMS %s", key)
	}
}
