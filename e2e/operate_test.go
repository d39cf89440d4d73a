package e2e_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/stack/devserver"
	"github.com/beian/beian/internal/testdb"
)

// databaseClient runs one of the database's own programs.
func databaseClient(t *testing.T, program, dsn string, arguments ...string) *exec.Cmd {
	t.Helper()
	at, err := mysql.ParseDSN(dsn)
	require.NoError(t, err)
	host, port, err := net.SplitHostPort(at.Addr)
	require.NoError(t, err)
	cmd := exec.Command(program,
		append(append([]string{"--no-defaults", "--host=" + host, "--port=" + port, "--user=" + at.User}, arguments...),
			at.DBName)...)
	cmd.Stderr = os.Stderr
	return cmd
}

// Backup, restore and key rotation as in docs/operate.md, with its own commands: the database is restored to an
// earlier state, Temporal's is lost, and a filing continues from there to its number. The log shows that an older
// copy was restored.
func TestBackUpIsRestored(t *testing.T) {
	// A copy made during an exchange would make the next one wait for its lease.
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond, WithoutWorker: true, ExchangeEvery: seldom})
	ctx := t.Context()
	before := newWorkers(t, s)
	before.start()
	prepared(t, customer(t, s), "D20260001")
	staff := stranger(t, s)
	require.NoError(t, staff.SignIn(ctx, stack.DemoSupport, stack.DemoSupportPassword))
	mark := func(w *workers) string {
		out, err := w.beian("audit", "verify")
		require.NoError(t, err, out)
		found := regexp.MustCompile(`mark: (\d+:[0-9a-f]+)`).FindStringSubmatch(out)
		require.Len(t, found, 2, out)
		return found[1]
	}
	earlier := mark(before)
	backup := filepath.Join(t.TempDir(), "beian.sql")
	copied := databaseClient(t, "mysqldump", s.Settings.Base.Database, "--single-transaction", "--routines", "--hex-blob",
		"--result-file="+backup)
	require.NoError(t, copied.Run())
	// in the log, but not in the copy
	require.NoError(t, stranger(t, s).SignIn(ctx, stack.DemoSupport, stack.DemoSupportPassword))
	later := mark(before)
	require.NotEqual(t, earlier, later)
	before.kill()

	// rotate the keys, load the copy, and start an empty Temporal
	set := s.Settings
	keys, err := os.ReadFile(set.Base.KeyFile)
	require.NoError(t, err)
	set.Base.KeyFile = filepathWith(t, "keys.json", keys)
	set.Base.Database = testdb.DSN(t)
	load := databaseClient(t, "mysql", set.Base.Database)
	load.Stdin, err = os.Open(backup)
	require.NoError(t, err)
	require.NoError(t, load.Run())
	ports, err := devserver.FreePorts(1)
	require.NoError(t, err)
	temporal, err := devserver.StartTemporal(ctx, t.TempDir(), ports[0], 0, "")
	require.NoError(t, err)
	t.Cleanup(temporal.Stop)
	set.Base.Temporal = temporal.Address
	set.Bureau.Every = time.Second
	after := workersWith(t, set)
	for _, command := range [][]string{{"keys", "rotate", set.Base.KeyFile}, {"migrate", "status"},
		{"audit", "verify", "--mark", earlier}} {
		out, err := after.beian(command...)
		require.NoError(t, err, "%s: %s", command, out)
	}
	rotated, err := os.ReadFile(set.Base.KeyFile)
	require.NoError(t, err)
	require.NotEqual(t, keys, rotated)
	out, err := after.beian("audit", "verify", "--mark", later)
	require.Error(t, err, "an older copy was restored: %s", out)

	after.start()
	out, err = after.beian("filings", "restart")
	require.Error(t, err, "--vetting or --no-vetting is required: %s", out)
	for _, more := range [][]string{nil, {"--from-scratch"}} {
		out, err = after.beian(append([]string{"filings", "restart", "--no-vetting"}, more...)...)
		require.NoError(t, err, out)
		require.Contains(t, out, "1 filings have a workflow.")
	}
	_, at := after.panelProcess(set.Panel)
	w, err := demo.NewWalker(at.String(), fmt.Sprintf("http://127.0.0.1:%d", s.Options.Ports.Inbox))
	require.NoError(t, err)
	require.NoError(t, w.SignIn(ctx, stack.DemoCustomer, stack.DemoCustomerPassword))
	w.Use("D20260001")
	stage, err := w.Stage(ctx)
	require.NoError(t, err)
	require.Equal(t, filing.Preparing, stage)
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	wait(t, w, filing.Installing)
	require.NoError(t, demo.PutFooter(ctx, s, w, "web1"))
	require.NoError(t, w.CheckSiteNow(ctx))
	wait(t, w, filing.Filed)
	require.Equal(t, map[int64]int{1: 1}, s.StandIns.Bureau.Accepted())
}
