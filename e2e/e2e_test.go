// Package e2e runs whole filings on the real stack: MariaDB, Temporal, the
// panel over HTTP, SMTP, the Aliyun SDK's calls, SOAP, FTP.
package e2e_test

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/orderfile"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/testdb"
)

// seldom is the pause between exchanges in tests that submit nothing: each exchange costs time.
const seldom = time.Hour

// start starts a throwaway stack with the sample orders; log is the file with everything that this stack logs.
// Tests run in parallel, because each has its own stack and mostly waits.
func start(t *testing.T, o stack.Options) (s *stack.Stack, log string) {
	t.Helper()
	t.Parallel()
	return startAlone(t, o)
}

// startAlone is start for a test that must not wait for others, changes something process-wide, or keeps the
// machine busy on its own.
func startAlone(t *testing.T, o stack.Options) (s *stack.Stack, log string) {
	t.Helper()
	log = filepath.Join(t.TempDir(), "log")
	f, err := os.Create(log)
	require.NoError(t, err)
	o.Dir, o.Throwaway, o.Database = filepath.Join(t.TempDir(), "stack"), true, testdb.DSN(t)
	o.Logger = slog.New(slog.NewJSONHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if o.ExchangeEvery == 0 {
		o.ExchangeEvery = time.Second
	}
	if dir := os.Getenv("BEIAN_RECORD"); dir != "" { // histories are sealed with the key next to them
		require.NoError(t, os.MkdirAll(o.Dir, 0o700))
		keys, err := os.ReadFile(filepath.Join(dir, "keys.json"))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(o.Dir, "keys.json"), keys, 0o600))
	}
	s, err = stack.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		s.Stop()
		require.NoError(t, f.Close())
	})
	samples, err := os.Open("../samples/orders.csv")
	require.NoError(t, err)
	defer samples.Close()
	sum, err := orderfile.Import(t.Context(), s.Store, demo.WithPort(samples, s.Options.Ports.FTP), true)
	require.NoError(t, err)
	require.Zero(t, sum.Refused, sum.Errors)
	return s, log
}

func customer(t *testing.T, s *stack.Stack) *demo.Walker {
	t.Helper()
	w, err := demo.NewWalker(s.PanelURL, fmt.Sprintf("http://127.0.0.1:%d", s.Options.Ports.Inbox))
	require.NoError(t, err)
	require.NoError(t, w.SignIn(t.Context(), stack.DemoCustomer, stack.DemoCustomerPassword))
	return w
}

// staff is an administrator in the support console.
func staff(t *testing.T, s *stack.Stack) *demo.Walker {
	t.Helper()
	w, err := demo.NewWalker(s.PanelURL, "")
	require.NoError(t, err)
	require.NoError(t, w.SignIn(t.Context(), stack.DemoSupport, stack.DemoSupportPassword))
	return w
}

// retry is the form with which staff retry the step that a filing, its order's first, is stuck at.
func retry(t *testing.T, s *stack.Stack, order string) url.Values {
	t.Helper()
	f, err := s.Store.FilingBySerial(t.Context(), order, 1)
	require.NoError(t, err)
	return url.Values{"resolution": {"retry"}, "serial": {"1"}, "stuck_seq": {strconv.FormatInt(f.StuckSeq, 10)}}
}

// prepared leads to the forms.
func prepared(t *testing.T, w *demo.Walker, order string) {
	t.Helper()
	preparedSite(t, w, order, "")
}

// preparedSite is prepared for one of an order's several sites.
func preparedSite(t *testing.T, w *demo.Walker, order, domain string) {
	t.Helper()
	ctx, begin := t.Context(), time.Now()
	require.NoError(t, w.OpenSite(ctx, order, domain))
	require.NoError(t, w.Contact(ctx, filingtest.Contact(), password))
	require.NoError(t, w.Verify(ctx, filingtest.Contact(), begin))
	wait(t, w, filing.Preparing)
}

const password = "geheim-密码-77"

func wait(t *testing.T, w *demo.Walker, stage filing.Stage) {
	t.Helper()
	_, err := w.WaitStage(t.Context(), stage)
	require.NoError(t, err)
}
