package cli_test

import (
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/cli"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/stack/devserver"
)

// bench is a database and a Temporal server for commands run as an operator runs them.
type bench struct {
	db  *devserver.MariaDB
	dir string
	// temporal is the address of a server.
	temporal string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir()}
	ports, err := devserver.FreePorts(2)
	require.NoError(t, err)
	b.db, err = devserver.StartMariaDB(t.Context(), filepath.Join(b.dir, "mariadb"), ports[0], true)
	require.NoError(t, err)
	t.Cleanup(b.db.Stop)
	server, err := devserver.StartTemporal(t.Context(), b.dir, ports[1], 0, "")
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	b.temporal = server.Address
	require.NoError(t, b.db.CreateDatabase(t.Context(), "beian"))
	t.Setenv("BEIAN_DATABASE", b.db.DSN("beian"))
	t.Setenv("BEIAN_KEY_FILE", b.file("keys.json"))
	t.Setenv("BEIAN_TEMPORAL", b.temporal)
	t.Setenv("BEIAN_LISTEN", "127.0.0.1:0")
	t.Setenv("BEIAN_VETTING", "false")
	for name, value := range map[string]string{"SMS_ACCESS_KEY_ID": "id", "SMS_ACCESS_KEY_SECRET": "secret",
		"SMS_TEMPLATES": templates(), "BUREAU_PASSWORD": "p", "BUREAU_URL": "http://127.0.0.1:9", "BUREAU_ISP_ID": "1",
		"BUREAU_USER": "u"} {
		t.Setenv("BEIAN_"+name, value)
	}
	code, _, said := b.run(t, "keys", "generate", b.file("keys.json"))
	require.Zero(t, code, said)
	return b
}

func templates() string {
	var list []string
	for _, name := range message.SMSTemplates {
		list = append(list, fmt.Sprintf("%s=SMS_%s", name, name))
	}
	return strings.Join(list, ",")
}

func (b *bench) file(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) write(t *testing.T, name, text string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(b.file(name), []byte(text), 0o600))
	return b.file(name)
}

// run runs a command with a password on its standard input, and returns its exit code, output and complaints.
func (b *bench) run(t *testing.T, args ...string) (code int, out, complaints string) {
	t.Helper()
	return b.runWith(t, "a-long-password-1\n", args...)
}

func (b *bench) runWith(t *testing.T, typed string, args ...string) (code int, out, complaints string) {
	t.Helper()
	in, err := os.Open(b.write(t, "stdin", typed))
	require.NoError(t, err)
	defer in.Close()
	stdout, err := os.Create(b.file("stdout"))
	require.NoError(t, err)
	defer stdout.Close()
	stderr, err := os.Create(b.file("stderr"))
	require.NoError(t, err)
	defer stderr.Close()
	defer func(i, o, e *os.File) { os.Stdin, os.Stdout, os.Stderr = i, o, e }(os.Stdin, os.Stdout, os.Stderr)
	os.Stdin, os.Stdout, os.Stderr = in, stdout, stderr
	code = cli.Main(args)
	read := func(f *os.File) string {
		raw, err := os.ReadFile(f.Name())
		require.NoError(t, err)
		return string(raw)
	}
	return code, read(stdout), read(stderr)
}

// onDatabase are the commands that need only a database; onBoth need Temporal too.
func (b *bench) onDatabase() [][]string {
	return [][]string{{"migrate"}, {"migrate", "status"}, {"orders", "import", b.file("orders.csv")},
		{"users", "password", "wang"}, {"users", "role", "wang", "agent"}, {"users", "reset-totp", "wang"},
		{"audit", "verify"}, {"customers", "export", "wang"}, {"customers", "erase", "wang"},
		{"api-keys", "create", "panel"}, {"api-keys", "list"}, {"api-keys", "rotate", "1"}, {"api-keys", "revoke", "1"}}
}

func (b *bench) onBoth() [][]string {
	return [][]string{{"panel"}, {"worker"}, {"worker", "versions"}, {"worker", "promote", "--build-id", "b"},
		{"worker", "verify"}, {"filings", "restart"}, {"history", "show", "D1"}}
}

// Every command says in one sentence what is wrong with a dependency, and which setting would mend it.
func TestEveryCommandNamesWhatFails(t *testing.T) {
	b := newBench(t)
	b.write(t, "orders.csv", "number,customer,product,domains\n")
	require.NoError(t, b.db.CreateDatabase(t.Context(), "unmigrated"))
	root, err := sql.Open("mysql", b.db.DSN(""))
	require.NoError(t, err)
	defer root.Close()
	for _, statement := range []string{`CREATE USER locked@'%' IDENTIFIED BY 'right'`} {
		_, err := root.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	code, _, said := b.run(t, "keys", "generate", b.file("other.json"))
	require.Zero(t, code, said)
	code, _, said = b.run(t, "migrate")
	require.Zero(t, code, said)
	taken, err := devserver.FreePorts(1)
	require.NoError(t, err)
	nobody := fmt.Sprintf("127.0.0.1:%d", taken[0])
	server := strings.TrimSuffix(strings.TrimPrefix(b.db.DSN(""), "root:@tcp("), ")/")

	all := append(b.onDatabase(), b.onBoth()...)
	migrated := all[2:]
	for name, c := range map[string]struct {
		set, to  string
		commands [][]string
		want     string
	}{
		"malformed DSN":     {"DATABASE", "localhost", all, "BEIAN_DATABASE is malformed: want user:password@tcp("},
		"no database named": {"DATABASE", b.db.DSN(""), all, "BEIAN_DATABASE names no database"},
		"wrong password": {"DATABASE", "locked:wrong-secret@tcp(" + server + ")/beian", all,
			`BEIAN_DATABASE: the server at ` + server + ` refuses the user "locked" or its password`},
		"no right": {"DATABASE", "locked:right@tcp(" + server + ")/beian", all,
			`BEIAN_DATABASE: the user "locked" may not use the database "beian"`},
		"database down":     {"DATABASE", "root:@tcp(" + nobody + ")/beian", all, "BEIAN_DATABASE: no database answers at " + nobody},
		"database absent":   {"DATABASE", b.db.DSN("absent"), all, `has no database "absent"`},
		"not migrated":      {"DATABASE", b.db.DSN("unmigrated"), migrated, "BEIAN_DATABASE: the database is empty; run `beian migrate`"},
		"key file missing":  {"KEY_FILE", b.file("nowhere.json"), all, "BEIAN_KEY_FILE: there is no file "},
		"key file a folder": {"KEY_FILE", b.dir, all, "BEIAN_KEY_FILE: read "},
		"key file damaged":  {"KEY_FILE", b.write(t, "bad.json", "{}"), all, "BEIAN_KEY_FILE: " + b.file("bad.json")},
		"another key file": {"KEY_FILE", b.file("other.json"), append(all[:1:1], migrated...),
			"BEIAN_KEY_FILE: " + b.file("other.json") + " isn't the key file that this database's data is sealed with"},
		"Temporal down":           {"TEMPORAL", nobody, b.onBoth(), "BEIAN_TEMPORAL: no Temporal answers at " + nobody},
		"another namespace":       {"TEMPORAL_NAMESPACE", "absent", b.onBoth(), `BEIAN_TEMPORAL_NAMESPACE: Temporal at ` + b.temporal + ` has no namespace "absent"`},
		"Temporal without TLS":    {"TEMPORAL_TLS", "true", b.onBoth(), "BEIAN_TEMPORAL_TLS: Temporal at "},
		"no certificates":         {"TEMPORAL_CA_FILE", b.file("orders.csv"), b.onBoth(), "BEIAN_TEMPORAL_CA_FILE: "},
		"certificate without key": {"TEMPORAL_CERT_FILE", b.file("orders.csv"), b.onBoth(), "BEIAN_TEMPORAL_CERT_FILE and BEIAN_TEMPORAL_KEY_FILE belong together"},
	} {
		for _, command := range c.commands {
			t.Run(name+"/"+strings.Join(command[:min(2, len(command))], " "), func(t *testing.T) {
				t.Setenv("BEIAN_"+c.set, c.to)
				code, _, said := b.run(t, command...)
				require.Equal(t, 1, code, said)
				require.Contains(t, said, c.want)
				last := said[strings.LastIndex(said, "beian: "):]
				require.Equal(t, 1, strings.Count(last, "\n"), "one sentence: %s", said)
				require.NotContains(t, said, "wrong-secret")
			})
		}
	}
}

// Temporal's TLS is checked before anything is sent: a server that wants it or whose certificate is a stranger's.
func TestTemporalsTLSIsNamed(t *testing.T) {
	b := newBench(t)
	code, _, said := b.run(t, "migrate")
	require.Zero(t, code, said)
	frontend := httptest.NewUnstartedServer(http.NotFoundHandler())
	frontend.EnableHTTP2 = true
	frontend.StartTLS()
	defer frontend.Close()
	t.Setenv("BEIAN_TEMPORAL", frontend.Listener.Addr().String())
	_, _, said = b.run(t, "worker", "versions")
	require.Contains(t, said, "BEIAN_TEMPORAL_TLS: what answers at ")
	t.Setenv("BEIAN_TEMPORAL_TLS", "true")
	_, _, said = b.run(t, "worker", "versions")
	require.Contains(t, said, "BEIAN_TEMPORAL_CA_FILE, BEIAN_TEMPORAL_SERVER_NAME: TLS with Temporal at ")
}

// A database or Temporal that takes connections and never answers is given up in time.
func TestSilentServersAreGivenUp(t *testing.T) {
	b := newBench(t)
	code, _, said := b.run(t, "migrate")
	require.Zero(t, code, said)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	go func() {
		for {
			c, err := silent.Accept()
			if err != nil {
				return
			}
			defer c.Close()
		}
	}()
	for set, to := range map[string]string{"TEMPORAL": silent.Addr().String(),
		"DATABASE": "root:@tcp(" + silent.Addr().String() + ")/beian"} {
		t.Run(set, func(t *testing.T) {
			t.Setenv("BEIAN_"+set, to)
			begin := time.Now()
			code, _, said := b.run(t, "filings", "restart")
			require.Equal(t, 1, code)
			require.Contains(t, said, "BEIAN_"+set+": ")
			require.Less(t, time.Since(begin), 40*time.Second)
		})
	}
}

// The command line sets passwords by the pages' rules, and says what it did.
func TestPasswordsFollowTheRulesOfThePages(t *testing.T) {
	b := newBench(t)
	code, _, said := b.run(t, "migrate")
	require.Zero(t, code, said)
	for _, c := range []struct {
		typed, want string
		args        []string
		code        int
	}{
		{"123", "beian: the password: At least 12 characters.", []string{"wang", "--role", "administrator"}, 1},
		{"password1234", "beian: the password: Too easy to guess", []string{"wang", "--role", "agent"}, 1},
		{"k7-Wq9zx", "beian: the password: At least 12 characters.", []string{"wang", "--role", "support"}, 1},
		{"", "no password on standard input", []string{"wang"}, 1},
		{"k7-Wq9zxHu2t", "The account wang was created with the role agent", []string{"wang", "--role", "agent"}, 0},
		{"k7-Wq9zx", "At least 12 characters.", []string{"wang"}, 1}, // the account's own role counts
		{"k7-Wq9zxHu2u", "The password of the account wang (agent) was set", []string{"wang"}, 0},
		{"k7-Wq9zx", "The account li was created with the role customer", []string{"li"}, 0},
	} {
		code, out, said := b.runWith(t, c.typed+"\n", append([]string{"users", "password"}, c.args...)...)
		require.Equal(t, c.code, code, said)
		require.Contains(t, out+said, c.want)
	}
}
