package cli_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/cli"
	"github.com/beian/beian/internal/stack/devserver"
)

// Creates the first administrator, changes roles and verifies the log as an operator does.
func TestStaffFromTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	ports, err := devserver.FreePorts(1)
	require.NoError(t, err)
	server, err := devserver.StartMariaDB(t.Context(), filepath.Join(dir, "mariadb"), ports[0], true)
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	require.NoError(t, server.CreateDatabase(t.Context(), "beian"))
	t.Setenv("BEIAN_DATABASE", server.DSN("beian"))
	t.Setenv("BEIAN_KEY_FILE", filepath.Join(dir, "keys.json"))
	require.Zero(t, cli.Main([]string{"keys", "generate", filepath.Join(dir, "keys.json")}))
	require.Zero(t, cli.Main([]string{"migrate"}))
	require.Zero(t, cli.Main([]string{"audit", "verify"}), "only the entry that begins it")

	typed := filepath.Join(dir, "password")
	require.NoError(t, os.WriteFile(typed, []byte("a-long-password-1\n"), 0o600))
	password := func(args ...string) int {
		file, err := os.Open(typed)
		require.NoError(t, err)
		defer file.Close()
		stdin := os.Stdin
		os.Stdin = file
		defer func() { os.Stdin = stdin }()
		return cli.Main(append([]string{"users", "password"}, args...))
	}
	require.Zero(t, password("wang", "--role", "administrator"))
	require.Zero(t, password("li", "--role", "agent"))
	require.Zero(t, cli.Main([]string{"users", "role", "li", "reviewer"}))
	require.Equal(t, 1, cli.Main([]string{"users", "role", "wang", "viewer"}), "the last administrator")
	require.Equal(t, 1, cli.Main([]string{"users", "reset-totp", "nobody"}))
	require.Zero(t, cli.Main([]string{"users", "reset-totp", "li"}))
	require.Zero(t, cli.Main([]string{"audit", "verify"}))

	db, err := sql.Open("mysql", server.DSN("beian"))
	require.NoError(t, err)
	defer db.Close()
	var role string
	require.NoError(t, db.QueryRow(`SELECT staff_role FROM users WHERE login = 'li'`).Scan(&role))
	require.Equal(t, "reviewer", role)
	var entries int
	require.NoError(t, db.QueryRow(`SELECT COUNT(*) FROM audit_entries`).Scan(&entries))
	require.Equal(t, 5, entries, "with the one that begins the log")
	_, err = db.Exec(`UPDATE audit_entries SET object = 'zhao' WHERE seq = 3`)
	require.NoError(t, err)
	require.Equal(t, 1, cli.Main([]string{"audit", "verify"}))
	require.Equal(t, 1, cli.Main([]string{"audit", "verify", "--mark", "x"}))
}
